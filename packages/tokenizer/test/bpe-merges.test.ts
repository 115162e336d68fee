import { array, assert, constantFrom, property } from 'fast-check'
import { expect, test } from 'vitest'
import { seeded } from '@shardmill/core/random'
import { byteLevelBpe } from '../src/bpe.ts'
import { Merges, type MergeList } from '../src/bpe-merges.ts'
import { byteIdsOf, modelFromRanks } from '../src/load-tiktoken.ts'
import { Vocabulary } from '../src/vocabulary.ts'

/** The definition: join the leftmost pair of lowest rank until there is none. */
function plainMerge(symbols: readonly number[], rankOf: Map<string, [number, number]>): number[] {
  const left = [...symbols]
  for (;;) {
    let best: [number, number] | undefined
    let at = -1
    for (let i = 0; i + 1 < left.length; i++) {
      const found = rankOf.get(`${left[i]},${left[i + 1]}`)
      if (found && (!best || found[0] < best[0])) [best, at] = [found, i]
    }
    if (!best) return left
    left.splice(at, 2, best[1])
  }
}

/** Random merges over a few symbols; ranks are shuffled when `isTrained` is false. */
function randomMerges(seed: number, isTrained: boolean): MergeList {
  const random = seeded(seed)
  const alphabet = 2 + random.below(4)
  const lefts: number[] = []
  const rights: number[] = []
  const seen = new Set<string>()
  for (let id = alphabet; id < alphabet + 30; id++) {
    const [left, right] = [random.below(id), random.below(id)]
    const key = `${left},${right}`
    if (seen.has(key)) continue
    seen.add(key)
    lefts.push(left)
    rights.push(right)
  }
  const ids = lefts.map((_, i) => alphabet + i)
  const ranks = lefts.map((_, i) => i)
  if (!isTrained) ranks.sort((a, b) => ((a * 7919 + seed) % 31) - ((b * 7919 + seed) % 31))
  const of = (values: number[]): Int32Array => Int32Array.from(values)
  return { lefts: of(lefts), rights: of(rights), ids: of(ids), ranks: of(ranks) }
}

test.each([
  ['trained order', true],
  ['any order of ranks', false],
])('short and long runs equal the definition: %s', (_, isTrained) => {
  for (let seed = 1; seed <= 60; seed++) {
    const list = randomMerges(seed, isTrained)
    const merges = Merges.from(list)
    const rankOf = new Map(
      Array.from(list.ids, (id, i) => [
        `${list.lefts[i]},${list.rights[i]}`,
        [list.ranks[i]!, id] as [number, number],
      ]),
    )
    const random = seeded(seed + 1000)
    for (const length of [1, 2, 3, 17, 48, 49, 120, 300]) {
      const symbols = Array.from({ length }, () => random.below(3))
      const work = Int32Array.from([99, ...symbols, 98])
      const count = merges.apply(work, 1, length)
      expect([...work.subarray(1, 1 + count)]).toEqual(plainMerge(symbols, rankOf))
      expect([work[0], work[length + 1]]).toEqual([99, 98])
    }
  }
})

test.each([
  ['trained order', true],
  ['any order of ranks', false],
])('very long repetitive runs equal their parts: %s', (_, isTrained) => {
  const border = 999
  for (let seed = 1; seed <= 60; seed++) {
    const merges = Merges.from(randomMerges(seed, isTrained))
    const random = seeded(seed + 2000)
    const parts = Array.from({ length: 30 }, () => {
      const period = Array.from({ length: 1 + random.below(3) }, () => random.below(3))
      return Int32Array.from({ length: 150 + random.below(300) }, (__, i) =>
        random.below(100) === 0 ? random.below(3) : period[i % period.length]!,
      )
    })
    const joined = Int32Array.from(parts.flatMap((part) => [...part, border]))
    const count = merges.apply(joined, 0, joined.length)
    const expected = parts.flatMap((part) => {
      const left = merges.apply(part, 0, part.length)
      return [...part.subarray(0, left), border]
    })
    expect([...joined.subarray(0, count)]).toEqual(expected)
  }
})

/** Ranks of a byte-level BPE trained the plain way on a text. */
function trainRanks(text: string, size: number): Uint8Array[] {
  const tokens = Array.from({ length: 256 }, (_, byte) => [byte])
  let words = text.split(/(?=[ ，。])/).map((word) => [...Buffer.from(word, 'utf8')])
  while (tokens.length < size) {
    const counts = new Map<string, number>()
    for (const word of words) {
      for (let i = 0; i + 1 < word.length; i++) {
        const key = `${word[i]},${word[i + 1]}`
        counts.set(key, (counts.get(key) ?? 0) + 1)
      }
    }
    const [best] = [...counts].toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    if (!best) break
    const [left, right] = best[0].split(',').map(Number) as [number, number]
    const id = tokens.push([...tokens[left]!, ...tokens[right]!]) - 1
    words = words.map((word) => {
      const merged: number[] = []
      for (let i = 0; i < word.length; i++) {
        if (word[i] === left && word[i + 1] === right) {
          merged.push(id)
          i++
        } else merged.push(word[i]!)
      }
      return merged
    })
  }
  return tokens.map((token) => Uint8Array.from(token))
}

const sample =
  '中文的字，一个一个的字。中国的国，国的中。 the cat sat，the 中文 cat。 привет 中文 été 文中，中的一。'

test('starting from characters gives what starting from bytes gives', () => {
  const alphabet = [
    ...new Set(Array.from(sample)),
    '龘',
    '字',
    '\u00e9',
    '𠀀',
    'x',
    '丁',
    '万',
    '丂',
  ]
  for (const size of [262, 280, 300, 340, 400]) {
    const ranks = trainRanks(sample.repeat(2), size)
    const model = modelFromRanks(ranks)
    const piece = byteLevelBpe({ ...model, ignoresMerges: false })
    const rankOf = new Map(
      Array.from(model.mergeList.ids, (id, i) => [
        `${model.mergeList.lefts[i]},${model.mergeList.rights[i]}`,
        [model.mergeList.ranks[i]!, id] as [number, number],
      ]),
    )
    const text = array(constantFrom(...alphabet), { maxLength: 40 })
    assert(
      property(text, (characters) => {
        const bytes = Buffer.from(characters.join(''), 'utf8')
        const ids = new Int32Array(bytes.length + 1)
        const count = piece.encodePiece(bytes, 0, bytes.length, ids, 0)
        const symbols = [...bytes].map((byte) => model.byteIds[byte]!)
        expect([...ids.subarray(0, count)]).toEqual(plainMerge(symbols, rankOf))
      }),
      { numRuns: 300, seed: size },
    )
  }
})

test('one merge per token is enough for ranks', () => {
  // The definition of tiktoken: any two neighbours whose bytes are a token may join.
  const ranks = trainRanks(sample.repeat(2), 380)
  const model = modelFromRanks(ranks)
  const vocabulary = new Vocabulary(ranks)
  const byteIds = byteIdsOf(vocabulary)
  const piece = byteLevelBpe({ ...model, ignoresMerges: false })
  const random = seeded(4)
  const letters = Array.from(sample)
  for (let run = 0; run < 400; run++) {
    const length = 1 + random.below(20)
    const text = Array.from({ length }, () => letters[random.below(letters.length)]).join('')
    const bytes = Buffer.from(text, 'utf8')
    let parts = [...bytes].map((byte) => ({ bytes: [byte], id: byteIds[byte]! }))
    for (;;) {
      let best = Infinity
      let at = -1
      for (let i = 0; i + 1 < parts.length; i++) {
        const joined = Uint8Array.from([...parts[i]!.bytes, ...parts[i + 1]!.bytes])
        const id = vocabulary.find(joined, 0, joined.length)
        if (id >= 0 && id < best) [best, at] = [id, i]
      }
      if (at < 0) break
      const joined = [...parts[at]!.bytes, ...parts[at + 1]!.bytes]
      parts = parts.toSpliced(at, 2, { bytes: joined, id: best })
    }
    const ids = new Int32Array(bytes.length)
    const count = piece.encodePiece(bytes, 0, bytes.length, ids, 0)
    expect([...ids.subarray(0, count)]).toEqual(parts.map(({ id }) => id))
  }
})

test('a million equal letters take a million steps', () => {
  const tokens = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte))
  for (let length = 2; length <= 16; length *= 2) tokens.push(new Uint8Array(length).fill(97))
  const piece = byteLevelBpe(modelFromRanks(tokens))
  const bytes = new Uint8Array(1_000_007).fill(97)
  const ids = new Int32Array(bytes.length)
  const count = piece.encodePiece(bytes, 0, bytes.length, ids, 0)
  expect(count).toBe(62_500 + 3)
  expect([...ids.subarray(62_499, count)]).toEqual([259, 257, 256, 97])
})

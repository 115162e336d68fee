import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { seeded } from '@shardmill/core/random'
import { preTokenizer } from '../src/pretokenize/index.ts'
import { orderSuffixes } from '../src/suffix-order.ts'
import { findSeeds } from '../src/unigram-seeds.ts'
import { UnigramLattice } from '../src/unigram-lattice.ts'
import { trainUnigram } from '../src/unigram-train.ts'
import { symbolsOf } from '../src/word-symbols.ts'
import { WordCounter, type WordTable } from '../src/word-table.ts'

function count(texts: readonly string[]): WordTable {
  const { prepare, split } = preTokenizer('metaspace')
  const counter = new WordCounter()
  for (const text of texts) {
    const bytes = Buffer.from(prepare!(text))
    counter.addText(split, bytes, 0, bytes.length)
  }
  return counter.table()
}

const shortText = fc
  .array(fc.string({ unit: fc.constantFrom('a', 'b', 'c', '中'), minLength: 1, maxLength: 9 }), {
    minLength: 1,
    maxLength: 12,
  })
  .map((words) => words.join(' '))

test('suffixes are ordered by their first symbols', () => {
  const symbols = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 200 })
  fc.assert(
    fc.property(symbols, (list) => {
      const text = Int32Array.from([...list, 0])
      const depth = 5
      const key = (start: number): string => {
        const end = text.indexOf(0, start)
        return text.subarray(start, Math.min(end, start + depth)).join('')
      }
      const { suffixes, shared } = orderSuffixes(text, 5, depth)
      const keys = Array.from(suffixes, key)
      expect(keys).toEqual(keys.toSorted())
      expect(new Set(suffixes).size).toBe(list.filter((symbol) => symbol !== 0).length)
      for (let i = 1; i < keys.length; i++) {
        let length = 0
        while (length < keys[i]!.length && keys[i]![length] === keys[i - 1]![length]) length++
        expect(shared[i]).toBe(length)
      }
    }),
    { seed: 5, numRuns: 100 },
  )
})

test('expected counts sum over all ways to cut a word', () => {
  fc.assert(
    fc.property(shortText, (sample) => {
      const words = symbolsOf(count([sample]), 1, [])
      const seeds = findSeeds(words, 1000)
      const lattice = new UnigramLattice(words, seeds)
      const scores = Float64Array.from(seeds.lengths, (length, i) => -1 - length / 3 - (i % 5))
      lattice.setScores(scores)
      const actual = lattice.expectedCounts()
      const expected = new Float64Array(seeds.size)
      let logLikelihood = 0
      for (let word = 0; word < words.counts.length; word++) {
        const start = words.starts[word]!
        const end = words.starts[word + 1]! - 1
        const ways: { pieces: number[]; weight: number }[] = []
        const cut = (at: number, pieces: number[], sum: number): void => {
          if (at === end) {
            ways.push({ pieces, weight: Math.exp(sum) })
            return
          }
          const from = seeds.edgeStarts[at]!
          for (const piece of seeds.edges.subarray(from, seeds.edgeStarts[at + 1])) {
            cut(at + seeds.lengths[piece]!, [...pieces, piece], sum + scores[piece]!)
          }
        }
        cut(start, [], 0)
        const total = ways.reduce((all, { weight }) => all + weight, 0)
        logLikelihood += words.counts[word]! * Math.log(total)
        for (const { pieces, weight } of ways) {
          for (const piece of pieces) expected[piece]! += (words.counts[word]! * weight) / total
        }
      }
      expect(lattice.logLikelihood).toBeCloseTo(logLikelihood, 6)
      expected.forEach((value, piece) => expect(actual[piece]).toBeCloseTo(value, 6))
    }),
    { seed: 6, numRuns: 15 },
  )
})

test('a word too long for plain products is summed with logarithms', () => {
  const words = symbolsOf(count(['ab'.repeat(2000), 'a b ab']), 1, [])
  const seeds = findSeeds(words, 1000)
  const lattice = new UnigramLattice(words, seeds)
  lattice.setScores(Float64Array.from(seeds.lengths, () => -40))
  const counts = lattice.expectedCounts()
  expect(counts.every(Number.isFinite)).toBe(true)
  const symbols = counts.reduce((sum, value, piece) => sum + value * seeds.lengths[piece]!, 0)
  expect(symbols).toBeCloseTo(lattice.symbols, 6)
})

const written = fileURLToPath(new URL('../../../corpora/written', import.meta.url))

/** Log-likelihood of the words under the best cuts; a character without a piece costs 10 more. */
function score(words: WordTable, pieces: ReadonlyMap<string, number>): number {
  const unknown = Math.min(...pieces.values()) - 10
  let total = 0
  for (let word = 0; word < words.size; word++) {
    const bytes = words.bytes.subarray(words.offsets[word], words.offsets[word + 1])
    const characters = Array.from(Buffer.from(bytes).toString())
    const best = [0]
    for (let end = 1; end <= characters.length; end++) {
      best[end] = best[end - 1]! + unknown
      for (let start = Math.max(0, end - 16); start < end; start++) {
        const piece = pieces.get(characters.slice(start, end).join(''))
        if (piece !== undefined) best[end] = Math.max(best[end]!, best[start]! + piece)
      }
    }
    total += words.counts[word]! * best.at(-1)!
  }
  return total
}

test('words whose sums leave the range of numbers half way lose no count', () => {
  // Every symbol is covered once in every cut, so expected counts times lengths are the symbols. Long
  // frequent stretches beside long rare ones, as in Chinese, where a word may be a paragraph.
  const random = seeded(5)
  const rare = (): string => String.fromCodePoint(0x4e00 + random.below(3000))
  const long = Array.from({ length: 40 }, (_, i) => {
    const half = Array.from({ length: 20 + 20 * i }, rare).join('')
    const other = '的'.repeat(10 + 30 * i)
    return i % 2 === 0 ? half + other : other + half
  })
  const words = symbolsOf(count(long), 1, [])
  const seeds = findSeeds(words, 1000)
  const lattice = new UnigramLattice(words, seeds)
  lattice.setScores(seeds.scores.map((seen) => Math.log(Math.max(seen, 1e-9) / 1e6)))
  const symbols = long.reduce((sum, text) => sum + Array.from(text).length + 1, 0)
  for (let round = 0; round < 2; round++) {
    const expected = lattice.expectedCounts()
    const covered = expected.reduce((sum, share, piece) => sum + share * seeds.lengths[piece]!, 0)
    expect(covered).toBeCloseTo(symbols, 3)
    expect(lattice.logLikelihood).toBeGreaterThan(-Infinity)
  }
})

test.each([
  ['en', 1000],
  ['zh', 2000],
] as const)('%s pieces agree with sentencepiece', async (lang, vocabSize) => {
  const folder = join(written, lang)
  const lines = readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'))
    .map((line) => line.normalize('NFKC').replace(/\s+/g, ' ').trim())
    .filter((line) => line !== '')
  const words = count(lines)
  const model = await trainUnigram(words, { vocabSize, specialTokens: ['<unk>', '<s>', '</s>'] })
  expect(model.tokens).toHaveLength(vocabSize)
  const ours = new Map(model.tokens.map((token, i) => [token, model.scores[i]!] as const).slice(3))
  const file = readFileSync(new URL(`./oracle/unigram-${lang}.vocab`, import.meta.url), 'utf8')
  const rows = file.trimEnd().split('\n').slice(3)
  const theirs = new Map(rows.map((row) => [row.split('\t')[0]!, Number(row.split('\t')[1])]))
  const common = [...ours.keys()].filter((piece) => theirs.has(piece)).length
  expect(common / theirs.size).toBeGreaterThan(0.95)
  expect(score(words, ours) / score(words, theirs)).toBeLessThan(1.001)
})

test('characters beyond the coverage become unknown, required ones stay', async () => {
  const words = count(['aaaa bbbb aabb abab ab ba'.repeat(50), 'z'])
  const rules = { vocabSize: 12, characterCoverage: 0.99, initialAlphabet: ['y'] }
  const { tokens } = await trainUnigram(words, rules)
  expect(tokens[0]).toBe('<unk>')
  expect(tokens).toContain('y')
  expect(tokens).not.toContain('z')
})

test('nothing to train on', async () => {
  const { tokens } = await trainUnigram(count([]), { vocabSize: 10 })
  expect(tokens).toEqual(['<unk>'])
})

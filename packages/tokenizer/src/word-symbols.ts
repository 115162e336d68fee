// Counted words as one array of symbols, in an order that depends on the words alone: sums of
// floating-point numbers over them then come out the same whatever files or workers the counts came
// from. Symbol 0 ends a word, 1 stands for characters outside the alphabet, the rest are characters.
import { codePointAt, utf8Width } from './pretokenize/utf8.ts'
import type { WordTable } from './word-table.ts'

export interface WordSymbols {
  /** Words one behind the other, each ended by 0. */
  readonly text: Int32Array
  /** Word w is `text[starts[w], starts[w + 1] - 1)`. */
  readonly starts: Uint32Array
  readonly counts: Float64Array
  /** Code point of each symbol; of 0 and 1 it is 0. */
  readonly characters: Int32Array
  /** How often each symbol was seen. */
  readonly frequencies: Float64Array
}

/** The symbol of a character that the alphabet does not cover. */
export const unknownSymbol = 1

/**
 * Lays out words. The alphabet is the most frequent characters that together make up `coverage` of
 * the text (of equally frequent ones the smaller first), plus `required`.
 */
export function symbolsOf(
  words: WordTable,
  coverage: number,
  required: readonly string[],
): WordSymbols {
  const { bytes, offsets } = words
  const seen = new Float64Array(0x110000)
  let length = 0
  let total = 0
  for (let word = 0; word < words.size; word++) {
    const count = words.counts[word]!
    for (let at = offsets[word]!; at < offsets[word + 1]!; length++) {
      const codePoint = codePointAt(bytes, at)
      seen[codePoint]! += count
      total += count
      at += utf8Width(codePoint)
    }
  }
  const characters = chooseCharacters(seen, total * coverage, required)
  const symbolOf = new Int32Array(0x110000).fill(unknownSymbol)
  characters.forEach((codePoint, i) => {
    symbolOf[codePoint] = i + 2
  })
  const frequencies = Float64Array.from([0, 0, ...characters.map((codePoint) => seen[codePoint]!)])
  const text = new Int32Array(length + words.size)
  const starts = new Uint32Array(words.size + 1)
  const counts = new Float64Array(words.size)
  let filled = 0
  orderWords(words).forEach((word, i) => {
    starts[i] = filled
    counts[i] = words.counts[word]!
    for (let at = offsets[word]!; at < offsets[word + 1]!;) {
      const codePoint = codePointAt(bytes, at)
      at += utf8Width(codePoint)
      text[filled++] = symbolOf[codePoint]!
    }
    text[filled++] = 0
  })
  starts[words.size] = filled
  return { text, starts, counts, characters: Int32Array.from([0, 0, ...characters]), frequencies }
}

function chooseCharacters(
  seen: Float64Array,
  enough: number,
  required: readonly string[],
): number[] {
  const ranked: number[] = []
  for (let c = 0; c < seen.length; c++) if (seen[c]! > 0) ranked.push(c)
  ranked.sort((a, b) => seen[b]! - seen[a]! || a - b)
  const chosen = new Set(required.map((character) => character.codePointAt(0)!))
  let covered = 0
  for (const codePoint of ranked) {
    if (covered >= enough) break
    covered += seen[codePoint]!
    chosen.add(codePoint)
  }
  return [...chosen].toSorted((a, b) => a - b)
}

/** Word numbers by 27 bits of a hash, then by bytes: a native sort of doubles, ties put right after. */
function orderWords(words: WordTable): Uint32Array {
  const { size, bytes, offsets } = words
  const indexRange = 2 ** 26
  if (size > indexRange) throw new Error(`unigram: at most ${indexRange} distinct words`)
  const keys = new Float64Array(size)
  for (let word = 0; word < size; word++) {
    let hash = 0x811c9dc5 | 0
    for (let i = offsets[word]!; i < offsets[word + 1]!; i++) {
      hash = Math.imul(hash ^ bytes[i]!, 0x01000193)
    }
    keys[word] = (hash >>> 5) * indexRange + word
  }
  keys.sort()
  const order = new Uint32Array(size)
  for (let i = 0; i < size; i++) order[i] = keys[i]! % indexRange
  for (let i = 1; i < size; i++) {
    const word = order[i]!
    const group = Math.floor(keys[i]! / indexRange)
    let to = i
    while (to > 0 && Math.floor(keys[to - 1]! / indexRange) === group) {
      if (compareWords(words, order[to - 1]!, word) <= 0) break
      order[to] = order[to - 1]!
      to--
    }
    order[to] = word
  }
  return order
}

function compareWords({ bytes, offsets }: WordTable, a: number, b: number): number {
  return Buffer.compare(
    bytes.subarray(offsets[a], offsets[a + 1]),
    bytes.subarray(offsets[b], offsets[b + 1]),
  )
}

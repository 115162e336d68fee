// From counted words to the cells that are merged: the alphabet is found, words become rows of
// symbols, sorted by falling count with a counting sort (only the distinct counts are compared).
// Words of one symbol take no part. Cost: two passes over the words' bytes.
import { byteCharacters } from './byte-characters.ts'
import { Cells, separator } from './cells.ts'
import { codePointAt, utf8Width } from './pretokenize/utf8.ts'
import type { BpeVocabulary } from './bpe-vocabulary.ts'
import type { WordTable } from './word-table.ts'

export interface AlphabetRules {
  /** Symbols are bytes in GPT-2's spelling, or characters. */
  readonly unit: 'byte' | 'character'
  /** Characters that are in the vocabulary whether seen or not. */
  readonly initialAlphabet: readonly string[]
  /** The most frequent characters are kept, of equal ones the smaller; 0 keeps all. */
  readonly limitAlphabet: number
  readonly continuingPrefix: string
  /** Added to the last symbol of every word. */
  readonly endOfWordSuffix: string
}

/** Adds the alphabet to `vocabulary` and lays out the words. */
export function layOutWords(
  words: WordTable,
  rules: AlphabetRules,
  vocabulary: BpeVocabulary,
): Cells {
  const kept = chooseAlphabet(words, rules)
  const symbols = kept.map((codePoint) => String.fromCodePoint(codePoint))
  // A special token of one character keeps that character in the words, as HF has it.
  const special = vocabulary.tokens.filter((token) => Array.from(token).length === 1)
  for (const symbol of symbols) vocabulary.add(symbol)
  const known = [...new Set([...kept, ...special.map((token) => token.codePointAt(0)!)])]
  known.sort((a, b) => a - b)
  const cells =
    rules.continuingPrefix === '' && rules.endOfWordSuffix === ''
      ? layOut(words, plainSpeller(rules, known, vocabulary))
      : layOut(words, affixSpeller(rules, known, vocabulary, words))
  vocabulary.closeAlphabet()
  return cells
}

/** The code points of the alphabet, ascending. */
function chooseAlphabet(words: WordTable, rules: AlphabetRules): number[] {
  const counts = rules.unit === 'byte' ? countBytes(words) : countCharacters(words)
  for (const character of rules.initialAlphabet) counts.set(character.codePointAt(0)!, Infinity)
  const seen = [...counts.keys()].toSorted((a, b) => a - b)
  if (rules.limitAlphabet === 0 || seen.length <= rules.limitAlphabet) return seen
  const ranked = seen.toSorted((a, b) => {
    const countA = counts.get(a)!
    const countB = counts.get(b)!
    return countA === countB ? a - b : countB - countA
  })
  return ranked.slice(0, rules.limitAlphabet).toSorted((a, b) => a - b)
}

function countBytes(words: WordTable): Map<number, number> {
  const counts = new Float64Array(256)
  addUpBytes(words, counts)
  return present(counts, (byte) => byteCharacters[byte]!)
}

function addUpBytes({ size, bytes, offsets, counts }: WordTable, sums: Float64Array): void {
  for (let word = 0; word < size; word++) {
    const count = counts[word]!
    const end = offsets[word + 1]!
    for (let at = offsets[word]!; at < end; at++) sums[bytes[at]!]! += count
  }
}

function countCharacters(words: WordTable): Map<number, number> {
  const { bytes, offsets } = words
  const counts = new Float64Array(0x110000)
  for (let word = 0; word < words.size; word++) {
    const count = words.counts[word]!
    for (let at = offsets[word]!; at < offsets[word + 1]!;) {
      const codePoint = codePointAt(bytes, at)
      counts[codePoint]! += count
      at += utf8Width(codePoint)
    }
  }
  return present(counts, (codePoint) => codePoint)
}

function present(counts: Float64Array, name: (index: number) => number): Map<number, number> {
  const found = new Map<number, number>()
  for (let i = 0; i < counts.length; i++) if (counts[i]! > 0) found.set(name(i), counts[i]!)
  return found
}

/** Writes the symbols of a word to `out` from `to`; answers where they end. */
type Speller = (bytes: Uint8Array, from: number, end: number, out: Int32Array, to: number) => number

function plainSpeller(rules: AlphabetRules, kept: number[], vocabulary: BpeVocabulary): Speller {
  // As long as the alphabet reaches: 1 KB for bytes, up to 4 MB for characters.
  const symbolOf = new Int32Array(Math.max(0x200, (kept.at(-1) ?? 0) + 1)).fill(-1)
  for (const codePoint of kept) {
    symbolOf[codePoint] = vocabulary.addSymbol(String.fromCodePoint(codePoint))
  }
  if (rules.unit === 'byte') {
    const byByte = Int32Array.from(byteCharacters, (codePoint) => symbolOf[codePoint]!)
    return (bytes, from, end, out, to) => {
      let filled = to
      for (let at = from; at < end; at++) {
        const symbol = byByte[bytes[at]!]!
        if (symbol >= 0) out[filled++] = symbol
      }
      return filled
    }
  }
  return (bytes, from, end, out, to) => {
    let filled = to
    for (let at = from; at < end;) {
      const codePoint = codePointAt(bytes, at)
      at += utf8Width(codePoint)
      const symbol = codePoint < symbolOf.length ? symbolOf[codePoint]! : -1
      // HF drops a character outside the alphabet; its neighbours then touch.
      if (symbol >= 0) out[filled++] = symbol
    }
    return filled
  }
}

/** With a prefix or suffix a character has up to four symbols, by its place in the word. */
function affixSpeller(
  rules: AlphabetRules,
  kept: number[],
  vocabulary: BpeVocabulary,
  words: WordTable,
): Speller {
  const characterAt = rules.unit === 'byte' ? byteCharacterAt : codePointAt
  const widthAt = rules.unit === 'byte' ? () => 1 : utf8Width
  const placeCount = 4
  const symbolOf = new Int32Array(0x110000 * placeCount).fill(-1)
  const isKept = new Uint8Array(0x110000)
  for (const codePoint of kept) isKept[codePoint] = 1
  const each = (
    bytes: Uint8Array,
    from: number,
    end: number,
    visit: (index: number) => void,
  ): void => {
    for (let at = from; at < end;) {
      const codePoint = characterAt(bytes, at)
      const place = at === from ? 0 : 1
      at += widthAt(codePoint)
      if (isKept[codePoint]) visit(codePoint * placeCount + place + (at >= end ? 2 : 0))
    }
  }
  // HF makes these symbols in the order of a hash map, which differs from run to run; ours are made
  // in code point order, first all of one spelling, then all of the next.
  const seen = new Uint8Array(symbolOf.length)
  for (let word = 0; word < words.size; word++) {
    each(words.bytes, words.offsets[word]!, words.offsets[word + 1]!, (index) => {
      seen[index] = 1
    })
  }
  const spellings = [0, 1, 2, 3].map((place) => ({
    place,
    prefix: place & 1 ? rules.continuingPrefix : '',
    suffix: place & 2 ? rules.endOfWordSuffix : '',
  }))
  for (const { prefix, suffix } of spellings) {
    const places = spellings.filter((other) => other.prefix === prefix && other.suffix === suffix)
    for (const codePoint of kept) {
      for (const { place } of places) {
        const index = codePoint * placeCount + place
        if (!seen[index]) continue
        const symbol = prefix + String.fromCodePoint(codePoint) + suffix
        symbolOf[index] = vocabulary.addSymbol(symbol)
      }
    }
  }
  return (bytes, from, end, out, to) => {
    let filled = to
    each(bytes, from, end, (index) => {
      out[filled++] = symbolOf[index]!
    })
    return filled
  }
}

function byteCharacterAt(bytes: Uint8Array, at: number): number {
  return byteCharacters[bytes[at]!]!
}

function layOut(words: WordTable, spell: Speller): Cells {
  const weights = distinctFalling(words.counts)
  const { firstOf, order } = sortByWeight(words.counts, weights)
  const cells = new Int32Array(words.bytes.length + words.size + 1)
  const starts = new Int32Array(Math.max(1, weights.length))
  let filled = 0
  cells[filled++] = separator
  for (let run = 0; run < weights.length; run++) {
    // The separator in front of a run belongs to the run before; nobody asks for its weight.
    starts[run] = run === 0 ? 0 : filled
    filled = spellWords(words, order, firstOf[run]!, firstOf[run + 1]!, spell, cells, filled)
  }
  const used = filled < cells.length * 0.75 ? cells.slice(0, filled) : cells.subarray(0, filled)
  return new Cells(used, starts, weights.length === 0 ? Float64Array.of(1) : weights)
}

/** Every count once. Typed all the way: a `Set` of a million doubles is as many objects. */
function distinctFalling(counts: Float64Array): Float64Array {
  const sorted = counts.toSorted().toReversed()
  let size = 0
  for (let i = 0; i < sorted.length; i++) {
    if (i === 0 || sorted[i] !== sorted[i - 1]) sorted[size++] = sorted[i]!
  }
  return sorted.slice(0, size)
}

/** Words by falling weight: those of run r are `order[firstOf[r], firstOf[r + 1])`. */
function sortByWeight(
  counts: Float64Array,
  weights: Float64Array,
): { readonly firstOf: Uint32Array; readonly order: Uint32Array } {
  const runs = new Uint32Array(counts.length)
  const firstOf = new Uint32Array(weights.length + 1)
  for (let word = 0; word < counts.length; word++) {
    const run = findFalling(weights, counts[word]!)
    runs[word] = run
    firstOf[run + 1]!++
  }
  for (let run = 0; run < weights.length; run++) firstOf[run + 1]! += firstOf[run]!
  const cursors = firstOf.slice()
  const order = new Uint32Array(counts.length)
  for (let word = 0; word < counts.length; word++) order[cursors[runs[word]!]!++] = word
  return { firstOf, order }
}

/** Where a weight that is among falling `weights` stands. */
function findFalling(weights: Float64Array, weight: number): number {
  let low = 0
  let high = weights.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (weights[middle]! > weight) low = middle + 1
    else high = middle
  }
  return low
}

/** Writes words of two symbols and more behind each other; answers where they end. */
function spellWords(
  { bytes, offsets }: WordTable,
  order: Uint32Array,
  first: number,
  last: number,
  spell: Speller,
  cells: Int32Array,
  to: number,
): number {
  let filled = to
  for (let i = first; i < last; i++) {
    const word = order[i]!
    const end = spell(bytes, offsets[word]!, offsets[word + 1]!, cells, filled)
    if (end - filled < 2) continue
    cells[end] = separator
    filled = end + 1
  }
  return filled
}

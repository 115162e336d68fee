// From counted words to the cells that are merged: the alphabet is found and spelt, the rest is
// assembly/layout.ts. Cost: two passes over the words' bytes.
import { byteCharacters } from './byte-characters.ts'
import { Cells } from './cells.ts'
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
  const special = [...vocabulary.tokens].filter((token) => Array.from(token).length === 1)
  for (const symbol of symbols) vocabulary.add(symbol)
  const known = [...new Set([...kept, ...special.map((token) => token.codePointAt(0)!)])]
  known.sort((a, b) => a - b)
  const hasPlaces = rules.continuingPrefix !== '' || rules.endOfWordSuffix !== ''
  const symbolOf = hasPlaces
    ? affixSymbols(rules, known, vocabulary, words)
    : plainSymbols(known, vocabulary)
  vocabulary.closeAlphabet()
  return layOut(words, symbolOf, rules.unit === 'byte', hasPlaces)
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

/** Symbol by code point, as far as the alphabet reaches; -1 for none. */
function plainSymbols(kept: readonly number[], vocabulary: BpeVocabulary): Int32Array {
  const symbolOf = new Int32Array((kept.at(-1) ?? 0) + 1).fill(-1)
  for (const codePoint of kept) {
    symbolOf[codePoint] = vocabulary.addSymbol(String.fromCodePoint(codePoint))
  }
  return symbolOf
}

const placeCount = 4

/** With a prefix or suffix a character has up to four symbols, by its place in the word. */
function affixSymbols(
  rules: AlphabetRules,
  kept: readonly number[],
  vocabulary: BpeVocabulary,
  words: WordTable,
): Int32Array {
  const characterAt = rules.unit === 'byte' ? byteCharacterAt : codePointAt
  const widthAt = rules.unit === 'byte' ? () => 1 : utf8Width
  const symbolOf = new Int32Array(((kept.at(-1) ?? 0) + 1) * placeCount).fill(-1)
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
  return symbolOf
}

function byteCharacterAt(bytes: Uint8Array, at: number): number {
  return byteCharacters[bytes[at]!]!
}

function layOut(
  { memory }: WordTable,
  symbolOf: Int32Array,
  isByte: boolean,
  hasPlaces: boolean,
): Cells {
  const places = hasPlaces ? placeCount : 1
  const symbols = isByte ? byByte(symbolOf, places) : symbolOf
  const address = memory.call((kernel) => kernel.symbolBuffer(symbols.length)) >>> 0
  new Int32Array(memory.buffer, address, symbols.length).set(symbols)
  const length = memory.call((kernel) => kernel.layOut(isByte, hasPlaces)) >>> 0
  return new Cells(memory, length)
}

/** From code points to the bytes that they stand for. */
function byByte(symbolOf: Int32Array, places: number): Int32Array {
  return Int32Array.from({ length: 256 * places }, (_, index) => {
    const codePoint = byteCharacters[Math.floor(index / places)]!
    return symbolOf[codePoint * places + (index % places)] ?? -1
  })
}

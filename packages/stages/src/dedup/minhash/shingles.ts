// The shingles of a document: hashes of every five words in a row (segmented where the script has no
// spaces), or of every 8 to 13 letters in a row. Short character shingles join unrelated Chinese
// pages, which is why words are the default and fewer than 8 characters are refused.
//
// Words are folded before hashing: case and width do not count, punctuation and symbols are left
// out. Marks, accents and digits stay: without its marks Hindi or Thai is other words, and pages that
// differ in their numbers are told apart by as many shingles as hold one.
//
// Cost: one pass over the characters of the words and a rolling hash, no allocation per shingle.
import type { Document } from '@shardmill/core/document'
import { hashTextInto } from '@shardmill/core/hash'
import { mix32 } from '@shardmill/core/random'
import { categories, category } from '@shardmill/core/unicode'
import { wordKind } from '@shardmill/core/words'

export interface Shingling {
  readonly unit: 'words' | 'characters'
  /** Words or characters per shingle. */
  readonly size: number
}

/** Shingles of words, or of letters when `characters` says of how many. */
export function shinglingOf(words: number, characters: number | undefined): Shingling {
  return characters === undefined
    ? { unit: 'words', size: words }
    : { unit: 'characters', size: characters }
}

export interface Shingles {
  /** Hashes in text order, repeats included; valid until the next call. */
  readonly hashes: Uint32Array
  readonly count: number
}

// Odd, and 3 modulo 4: then no two orders of the same two words have equal hashes.
const base = 0x9e37_79b3

const fold = new Uint16Array(0x1_0000)
const isCounted = new Uint8Array(0x1_0000)
for (let unit = 0; unit < 0x1_0000; unit++) {
  const character = String.fromCharCode(unit)
  const folded = character.normalize('NFKC').toLowerCase()
  fold[unit] = folded.length === 1 ? folded.charCodeAt(0) : unit
  const kind = categories[unit]!
  const isLetter = kind >= category['Lu']! && kind <= category['No']!
  isCounted[unit] = isLetter || (unit >= 0xd800 && unit < 0xe000) ? 1 : 0
}

let units = new Uint32Array(4096)
let hashes = new Uint32Array(4096)

/**
 * The shingles of a document. None when it has fewer than `2 * size` words or characters: a change of
 * one in the middle would touch every shingle, so that similarity means nothing (see `textKey`).
 */
export function shinglesOf(document: Document, { unit, size }: Shingling): Shingles {
  const used = unit === 'words' ? hashWords(document) : takeCharacters(document.text)
  if (used < 2 * size) return { hashes, count: 0 }
  if (hashes.length < used) hashes = new Uint32Array(units.length)
  let leaving = 1
  for (let i = 1; i < size; i++) leaving = Math.imul(leaving, base)
  let rolling = 0
  for (let i = 0; i < size - 1; i++) rolling = (Math.imul(rolling, base) + units[i]!) | 0
  for (let i = size - 1; i < used; i++) {
    rolling = (Math.imul(rolling, base) + units[i]!) | 0
    hashes[i - size + 1] = mix32(rolling)
    rolling = (rolling - Math.imul(leaving, units[i - size + 1]!)) | 0
  }
  return { hashes, count: used - size + 1 }
}

/**
 * Writes the 64-bit key of a text too short for shingles: XXH64 of its folded words, or of all that is
 * not white space when it has none. False for an empty text.
 */
export function textKey(document: Document, key: Uint32Array): boolean {
  const { words, text } = document
  const parts: string[] = []
  for (let i = 0; i < words.count; i++) {
    if (words.kinds[i] === wordKind.symbol) continue
    parts.push(text.slice(words.starts[i], words.ends[i]).normalize('NFKC').toLowerCase())
  }
  const folded = parts.length > 0 ? parts.join(' ') : text.replaceAll(/\s+/g, '')
  if (folded === '') return false
  hashTextInto(folded, key)
  return true
}

/** Hashes of all words but symbols, into `units`; answers how many. */
function hashWords({ words, text }: Document): number {
  const { count, starts, ends, kinds } = words
  if (units.length < count) units = new Uint32Array(count + (count >> 1))
  let used = 0
  for (let i = 0; i < count; i++) {
    if (kinds[i] === wordKind.symbol) continue
    let hash = 0x811c_9dc5
    const end = ends[i]!
    for (let at = starts[i]!; at < end; at++) {
      hash = Math.imul(hash ^ fold[text.charCodeAt(at)]!, 0x0100_0193)
    }
    units[used++] = mix32(hash)
  }
  return used
}

function takeCharacters(text: string): number {
  if (units.length < text.length) units = new Uint32Array(text.length + (text.length >> 1))
  let used = 0
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (isCounted[unit]) units[used++] = mix32(fold[unit]!)
  }
  return used
}

/** Distinct shingles in ascending order, as `jaccard` takes them. */
export function shingleSet({ hashes: all, count }: Shingles): Uint32Array {
  const sorted = all.subarray(0, count).toSorted()
  let used = 0
  for (let i = 0; i < count; i++) {
    if (i === 0 || sorted[i] !== sorted[i - 1]) sorted[used++] = sorted[i]!
  }
  return sorted.subarray(0, used)
}

/** Jaccard similarity of two ascending sets; 0 as soon as it cannot reach `least`. */
export function jaccard(a: Uint32Array, b: Uint32Array, least = 0): number {
  const [small, large] = a.length < b.length ? [a.length, b.length] : [b.length, a.length]
  if (large === 0 || small < least * large) return 0
  let shared = 0
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const [x, y] = [a[i]!, b[j]!]
    if (x === y) shared++
    if (x <= y) i++
    if (y <= x) j++
  }
  return shared / (a.length + b.length - shared)
}

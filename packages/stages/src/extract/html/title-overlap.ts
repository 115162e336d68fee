// How much of a text the page's titles say too. The headline says all of it, a teaser of another article
// nothing. Words are compared by hash in one pass over the page where a block is plain Latin text;
// other texts are cut into words by a regular expression, Chinese ones into characters.
import type { Blocks } from './blocks.ts'
import { hashStart, hashStep } from './fnv.ts'

const titleWord = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[\p{L}\p{N}]+/gu

/** Words of the page's titles, lower-cased; Chinese ones by character. */
export function wordsOfTitle(...titles: readonly string[]): ReadonlySet<string> {
  return new Set(titles.flatMap((title) => title.toLowerCase().match(titleWord) ?? []))
}

/** Share of the text's words that the title has, times how much of the title they are. */
export function titleOverlap(text: string, titleWords: ReadonlySet<string>): number {
  if (titleWords.size === 0) return 0
  const lower = text.toLowerCase()
  if (!mayShare(lower, titleWords)) return 0
  const words = new Set(lower.match(titleWord))
  let shared = 0
  for (const word of words) if (titleWords.has(word)) shared++
  return overlapOf(shared, words.size, titleWords.size)
}

/** First code units of the words of the title at hand: most menus have none of them, so they are not cut. */
const isStart = new Uint8Array(1 << 16)
let startsOf: ReadonlySet<string> = new Set()

function mayShare(text: string, titleWords: ReadonlySet<string>): boolean {
  if (titleWords !== startsOf) {
    for (const word of startsOf) isStart[word.charCodeAt(0)] = 0
    for (const word of titleWords) isStart[word.charCodeAt(0)] = 1
    startsOf = titleWords
  }
  for (let i = 0; i < text.length; i++) if (isStart[text.charCodeAt(i)] === 1) return true
  return false
}

const overlapOf = (shared: number, distinct: number, titleSize: number): number =>
  shared === 0 ? 0 : (shared / distinct) * Math.min(1, shared / Math.min(8, titleSize))

/** Latin letters and digits in lower case, by code; 0 for what is in no word, 1 for what the table cannot tell. */
export const lowerCase = new Uint16Array(0x250)
for (let code = 0; code < lowerCase.length; code++) {
  const char = String.fromCharCode(code)
  if (!/[\p{L}\p{N}]/u.test(char)) continue
  const lower = char.toLowerCase()
  lowerCase[code] = lower.length === 1 && lower.charCodeAt(0) < 0x250 ? lower.charCodeAt(0) : 1
}
/** 1 for the punctuation and symbols from U+2000 on: neither letters nor numbers. */
const isSymbol = new Uint8Array(0x1000)
for (let i = 0; i < isSymbol.length; i++) {
  isSymbol[i] = /[\p{L}\p{N}]/u.test(String.fromCharCode(0x2000 + i)) ? 0 : 1
}

/** Hashes of the title's words that `titleOverlapIn` can meet. */
export function titleHashes(titleWords: ReadonlySet<string>): ReadonlySet<number> {
  return new Set(
    Array.from(titleWords, (word) => {
      let hash = hashStart
      for (let i = 0; i < word.length; i++) hash = hashStep(hash, word.charCodeAt(i))
      return hash
    }),
  )
}

const seen = new Int32Array(256)

/** `titleOverlap` of a range of text without entities; -1 when it has letters that are not Latin. */
export function titleOverlapIn(
  codes: Uint16Array,
  from: number,
  to: number,
  hashes: ReadonlySet<number>,
): number {
  let count = 0
  let shared = 0
  let hash = hashStart
  let length = 0
  for (let i = from; i <= to; i++) {
    const code = i < to ? (codes[i] as number) : 32
    const lower = code < 0x250 ? (lowerCase[code] as number) : 0
    if (lower > 1) {
      hash = hashStep(hash, lower)
      length++
      continue
    }
    const isForeign = code >= 0x250 && isSymbol[code - 0x2000] !== 1
    if (lower === 1 || isForeign || count === seen.length) return -1
    if (length === 0) continue
    let other = 0
    while (other < count && seen[other] !== hash) other++
    if (other === count) {
      seen[count++] = hash
      if (hashes.has(hash)) shared++
    }
    hash = hashStart
    length = 0
  }
  return overlapOf(shared, count, hashes.size)
}

/** The first short block that says what the page's title says, or -1. */
export function blockOfTitle(
  blocks: Blocks,
  overlaps: Float32Array,
  titleWords: ReadonlySet<string>,
): number {
  if (titleWords.size < 2) return -1
  let best = -1
  let most = 0.5
  for (let block = 0; block < blocks.count; block++) {
    const words = blocks.words[block] ?? 0
    const overlap = overlaps[block] ?? 0
    if (words < 2 || words > 40 || overlap <= most * 1.05) continue
    most = overlap
    best = block
  }
  return best
}

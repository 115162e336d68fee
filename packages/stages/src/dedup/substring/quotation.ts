// A quotation: the stretch of a document's text that holds all windows of one anchor, as 32-bit words:
// where it begins in the text, how many windows begin in it, the document's quality, its length, then
// its UTF-16 units, two to a word. What a 50-word window needs is about 70 words of text, 0.8 KB.
import type { Units } from '../units.ts'

const headWords = 4
let scratch = new Uint32Array(1024)

/**
 * The quotation of units `from` to `to` (exclusive), in whose first `windows` units windows begin, of a
 * document of this quality as of `orderedQuality`. Valid until the next call.
 */
export function writeQuotation(
  { text, starts, ends }: Units,
  from: number,
  to: number,
  windows: number,
  quality: number,
): Uint32Array {
  const start = starts[from]!
  const length = ends[to - 1]! - start
  const words = headWords + ((length + 1) >>> 1)
  if (words > scratch.length) scratch = new Uint32Array(words * 2)
  scratch[0] = start
  scratch[1] = windows
  scratch[2] = quality
  scratch[3] = length
  scratch[words - 1] = 0
  const target = new Uint16Array(scratch.buffer, headWords * 4, length)
  target.set(text.subarray(start, start + length))
  return scratch.subarray(0, words)
}

export interface Quotation {
  /** Where it begins in its document, in UTF-16 units. */
  readonly offset: number
  readonly windows: number
  readonly text: Uint16Array
}

/** The quality word of a quotation. */
export function qualityOf(words: Uint32Array): number {
  return words[2]!
}

/** Reads a quotation; its text is a view of `words`. */
export function readQuotation(words: Uint32Array): Quotation {
  const text = new Uint16Array(words.buffer, words.byteOffset + headWords * 4, words[3])
  return { offset: words[0]!, windows: words[1]!, text }
}

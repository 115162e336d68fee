// One scanner for the split patterns of GPT-2, cl100k, Llama-3, Qwen2, o200k and DeepSeek-V3.
//
// All of them are alternations of the same few ideas, tried in this order at every position:
//   contraction ('s, 'll) · letters with one character in front · digits · other characters with a
//   space in front · white space, which leaves its last character to the word that follows.
// They differ in which characters take part (a table of flags per code point) and in six switches
// (`ScannerRules`). A regular-expression engine walks that alternation for every piece; here the
// flags of the first character choose the branch, so a byte is looked at once, rarely twice.
//
// Cost: about 10 ns per piece plus 1 ns per byte; the flag table is 1.1 MB per pattern.
// Equality with the regular expressions: test/pretokenize.test.ts, on every script.
import { codePointAt, utf8Width } from './utf8.ts'

/** Bits of a flag table entry. */
export const flag = {
  /** Goes into a run of letters. */
  letter: 1,
  /** A letter that may stand in the capital part of a word (o200k). */
  upper: 2,
  /** A letter that may stand in the small part of a word (o200k). */
  lower: 4,
  digit: 8,
  /** Goes into a run of punctuation and symbols. */
  other: 16,
  space: 32,
  newline: 64,
  /** May stand directly in front of letters, inside their piece. */
  prefix: 128,
} as const

/** Han and kana as DeepSeek sees them: their runs are cut out first, then split like other text. */
export const isolated = {
  any: flag.upper,
  letter: flag.upper | flag.lower,
  other: flag.upper | flag.prefix,
}

export interface ScannerRules {
  /** Leading contractions: case-sensitive (GPT-2), any case, or only as the end of a word (o200k). */
  readonly contractions: 'none' | 'lower-case' | 'any-case' | 'suffix'
  /** Longest run of digits in one piece. */
  readonly maxDigits: number
  /** A space may stand in front of digits (GPT-2). */
  readonly spaceBeforeDigits: boolean
  /** Line ends follow punctuation and end white space pieces (all but GPT-2). */
  readonly keepsNewlines: boolean
  /** A slash may end a punctuation piece (o200k). */
  readonly keepsSlash: boolean
  /** Words are cut where small letters end (o200k). */
  readonly splitsCase: boolean
  /** DeepSeek: digits and `isolated` runs are cut out first, and cannot be seen past. */
  readonly cutsFirst: boolean
}

/**
 * Writes the borders of the pieces of `bytes[from, to)` to `spans` as pairs (start, end) and returns
 * the number of pieces: as many as `spans` holds, or fewer at the end of the text. Call again from
 * the last end until it answers 0. `bytes` must be valid UTF-8.
 */
export type Split = (bytes: Uint8Array, from: number, to: number, spans: Int32Array) => number

/** A splitter for one table of flags and one set of rules. */
export function createScanner(flags: Uint8Array, rules: ScannerRules): Split {
  const { contractions, maxDigits, spaceBeforeDigits, keepsNewlines } = rules
  const { keepsSlash, splitsCase, cutsFirst } = rules
  const anyCase = contractions !== 'lower-case'
  const leadsContraction = contractions === 'lower-case' || contractions === 'any-case'
  const endsContraction = contractions === 'suffix'

  return function split(bytes, from, to, spans) {
    const capacity = spans.length & ~1
    let filled = 0
    let at = from
    while (at < to && filled < capacity) {
      const start = at
      at = pieceEnd(bytes, start, to)
      if (at > to) at = to
      spans[filled++] = start
      spans[filled++] = at
    }
    return filled >> 1
  }

  function pieceEnd(bytes: Uint8Array, start: number, to: number): number {
    if (leadsContraction && bytes[start] === 0x27) {
      const length = contractionLength(bytes, start, to, anyCase)
      if (length > 0) return start + length
    }
    const first = codePointAt(bytes, start)
    const kind = flags[first]!
    const next = start + utf8Width(first)
    if ((kind & flag.letter) !== 0) return wordEnd(bytes, start, to)
    if (cutsFirst) {
      if ((kind & isolated.any) !== 0) return isolatedEnd(bytes, start, to)
      // ASCII punctuation takes ASCII letters only, even when accented ones follow.
      if (first < 0x80 && (kind & flag.other) !== 0) {
        let end = next
        while (end < to && isAsciiLetter(bytes[end]!)) end++
        if (end > next) return end
      }
    }
    const following = next < to ? flags[codePointAt(bytes, next)]! : 0
    if ((kind & flag.prefix) !== 0 && (following & flag.letter) !== 0) {
      return wordEnd(bytes, next, to)
    }
    if ((kind & flag.digit) !== 0) return digitsEnd(bytes, start, to)
    if (first === 0x20) {
      if ((following & flag.other) !== 0) return otherEnd(bytes, next, to)
      if (spaceBeforeDigits && (following & flag.digit) !== 0) return digitsEnd(bytes, next, to)
    }
    if ((kind & (flag.space | flag.newline)) !== 0) return spaceEnd(bytes, start, to)
    if ((kind & flag.other) !== 0) return otherEnd(bytes, start, to)
    return gapEnd(bytes, next, to)
  }

  /** End of the run of characters that have a bit of `mask`. */
  function skip(bytes: Uint8Array, from: number, to: number, mask: number): number {
    let at = from
    while (at < to) {
      const byte = bytes[at]!
      // ASCII and three-byte characters (Chinese) by the shortest way; a sixth of the time on English.
      if (byte < 0x80) {
        if ((flags[byte]! & mask) === 0) break
        at++
        continue
      }
      if (byte >= 0xe0 && byte < 0xf0) {
        const three = ((byte & 15) << 12) | ((bytes[at + 1]! & 63) << 6) | (bytes[at + 2]! & 63)
        if ((flags[three]! & mask) === 0) break
        at += 3
        continue
      }
      const codePoint = codePointAt(bytes, at)
      if ((flags[codePoint]! & mask) === 0) break
      at += utf8Width(codePoint)
    }
    return at
  }

  /** End of the word whose first letter is at `from`. */
  function wordEnd(bytes: Uint8Array, from: number, to: number): number {
    if (!splitsCase) return skip(bytes, from, to, flag.letter)
    // `[upper]*[lower]+` with backtracking: after the longest capital part comes a small letter, or
    // else the match ends behind the last capital-part character that is also a small-part one.
    let at = from
    let lastBoth = -1
    while (at < to) {
      const codePoint = codePointAt(bytes, at)
      const kind = flags[codePoint]!
      if ((kind & flag.upper) === 0) break
      at += utf8Width(codePoint)
      if ((kind & flag.lower) !== 0) lastBoth = at
    }
    const small = skip(bytes, at, to, flag.lower)
    // Otherwise `[upper]+[lower]*`: capitals only.
    const end = small > at ? small : lastBoth >= 0 ? lastBoth : at
    return endsContraction && end < to && bytes[end] === 0x27
      ? end + contractionLength(bytes, end, to, anyCase)
      : end
  }

  function digitsEnd(bytes: Uint8Array, from: number, to: number): number {
    let at = from
    for (let digits = 0; digits < maxDigits && at < to; digits++) {
      const codePoint = codePointAt(bytes, at)
      if ((flags[codePoint]! & flag.digit) === 0) break
      at += utf8Width(codePoint)
    }
    return at
  }

  function otherEnd(bytes: Uint8Array, from: number, to: number): number {
    let at = skip(bytes, from, to, flag.other)
    if (!keepsNewlines) return at
    while (at < to) {
      const byte = bytes[at]!
      if (byte !== 0x0a && byte !== 0x0d && !(keepsSlash && byte === 0x2f)) break
      at++
    }
    return at
  }

  function spaceEnd(bytes: Uint8Array, start: number, to: number): number {
    let at = start
    let last = start
    let afterNewline = -1
    while (at < to) {
      const codePoint = codePointAt(bytes, at)
      const kind = flags[codePoint]!
      if ((kind & (flag.space | flag.newline)) === 0) break
      last = at
      at += utf8Width(codePoint)
      if ((kind & flag.newline) !== 0) afterNewline = at
    }
    if (keepsNewlines && afterNewline >= 0) return afterNewline
    // `\s+(?!\S)`: a longer run leaves its last character to what follows. What DeepSeek cut out
    // before ends the text for this test.
    if (at === to || last === start) return at
    if (cutsFirst && (flags[codePointAt(bytes, at)]! & (flag.digit | isolated.any)) !== 0) return at
    return last
  }

  /** One piece inside a run of `isolated` characters: letters, or symbols, or unassigned ones. */
  function isolatedEnd(bytes: Uint8Array, start: number, to: number): number {
    // The whole zone is inside the three-byte range.
    let kind = flags[codePointAt(bytes, start)]!
    let at = start + 3
    while (at < to) {
      const next = flags[codePointAt(bytes, at)]!
      // An unassigned character leads the letters behind it, but no other unassigned one.
      if (kind === isolated.any && next === isolated.letter) {
        if (at > start + 3) return at - 3
        kind = next
      }
      if (next !== kind) break
      at += 3
    }
    return at
  }

  /** DeepSeek leaves some characters unmatched; what lies between two matches is one piece. */
  function gapEnd(bytes: Uint8Array, from: number, to: number): number {
    let at = from
    while (at < to) {
      const codePoint = codePointAt(bytes, at)
      const kind = flags[codePoint]!
      if ((kind & ~flag.prefix) !== 0) break
      const next = at + utf8Width(codePoint)
      if (next < to && (flags[codePointAt(bytes, next)]! & flag.letter) !== 0) break
      at = next
    }
    return at
  }
}

function isAsciiLetter(byte: number): boolean {
  const small = byte | 0x20
  return small >= 0x61 && small <= 0x7a
}

/** Length in bytes of 's 't 'm 'd 're 've 'll at `at` (which holds the apostrophe), or 0. */
function contractionLength(bytes: Uint8Array, at: number, to: number, anyCase: boolean): number {
  if (at + 1 >= to) return 0
  const fold = anyCase ? 0x20 : 0
  const first = bytes[at + 1]! | fold
  if (first === 0x73 || first === 0x74 || first === 0x6d || first === 0x64) return 2
  // U+017F, the long s, is a case variant of s.
  if (anyCase && bytes[at + 1] === 0xc5 && bytes[at + 2] === 0xbf && at + 2 < to) return 3
  if (at + 2 >= to) return 0
  const second = bytes[at + 2]! | fold
  if ((first === 0x72 || first === 0x76) && second === 0x65) return 3
  return first === 0x6c && second === 0x6c ? 3 : 0
}

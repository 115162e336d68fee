// src/pretokenize/scanner.ts once more, rule by rule, for counting: there the pieces of a text are
// wanted, here they go straight into the table. The comments that explain the rules are there; the
// two are compared on random texts of all patterns in test/word-table.test.ts.

// Bits of a flag table entry, as in src/pretokenize/scanner.ts.
const LETTER: u32 = 1
const UPPER: u32 = 2
const LOWER: u32 = 4
const DIGIT: u32 = 8
const OTHER: u32 = 16
const SPACE: u32 = 32
const NEWLINE: u32 = 64
const PREFIX: u32 = 128

const ISOLATED: u32 = UPPER
const ISOLATED_LETTER: u32 = UPPER | LOWER

/** Kinds of contractions, as numbered by src/word-table.ts. */
const LOWER_CASE: i32 = 1
const ANY_CASE: i32 = 2
const SUFFIX: i32 = 3

let flags: usize = 0
let contractions: i32 = 0
let maxDigits: i32 = 0
let spaceBeforeDigits: bool = false
let keepsNewlines: bool = false
let keepsSlash: bool = false
let splitsCase: bool = false
let cutsFirst: bool = false

/** Takes the rules of a pattern; answers where its 0x110000 flags go. */
export function useRules(
  contractionKind: i32,
  mostDigits: i32,
  takesSpaceBeforeDigits: bool,
  takesNewlines: bool,
  takesSlash: bool,
  cutsAtCase: bool,
  isolates: bool,
): usize {
  if (flags == 0) flags = heap.alloc(0x110000)
  contractions = contractionKind
  maxDigits = mostDigits
  spaceBeforeDigits = takesSpaceBeforeDigits
  keepsNewlines = takesNewlines
  keepsSlash = takesSlash
  splitsCase = cutsAtCase
  cutsFirst = isolates
  return flags
}

@inline
export function codePointAt(at: usize): u32 {
  const lead = <u32>load<u8>(at)
  if (lead < 0x80) return lead
  if (lead < 0xe0) return ((lead & 0x1f) << 6) | (<u32>load<u8>(at, 1) & 0x3f)
  if (lead < 0xf0) {
    return ((lead & 0x0f) << 12) | ((<u32>load<u8>(at, 1) & 0x3f) << 6) | (<u32>load<u8>(at, 2) & 0x3f)
  }
  return (
    ((lead & 0x07) << 18) |
    ((<u32>load<u8>(at, 1) & 0x3f) << 12) |
    ((<u32>load<u8>(at, 2) & 0x3f) << 6) |
    (<u32>load<u8>(at, 3) & 0x3f)
  )
}

@inline
export function utf8Width(codePoint: u32): u32 {
  return codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4
}

@inline
function flagsOf(codePoint: u32): u32 {
  return load<u8>(flags + codePoint)
}

/** Gives back the flags. */
export function closeRules(): void {
  if (flags != 0) heap.free(flags)
  flags = 0
}

/** End of the piece that starts at `start`. */
export function pieceEnd(start: usize, to: usize): usize {
  const end = unclippedEnd(start, to)
  return min(end, to)
}

function unclippedEnd(start: usize, to: usize): usize {
  if ((contractions == LOWER_CASE || contractions == ANY_CASE) && load<u8>(start) == 0x27) {
    const length = contractionLength(start, to, contractions != LOWER_CASE)
    if (length > 0) return start + length
  }
  const first = codePointAt(start)
  const kind = flagsOf(first)
  const next = start + utf8Width(first)
  if (kind & LETTER) return wordEnd(start, to)
  if (cutsFirst) {
    if (kind & ISOLATED) return isolatedEnd(start, to)
    if (first < 0x80 && kind & OTHER) {
      let end = next
      while (end < to && isAsciiLetter(load<u8>(end))) end++
      if (end > next) return end
    }
  }
  const following = next < to ? flagsOf(codePointAt(next)) : 0
  if (kind & PREFIX && following & LETTER) return wordEnd(next, to)
  if (kind & DIGIT) return digitsEnd(start, to)
  if (first == 0x20) {
    if (following & OTHER) return otherEnd(next, to)
    if (spaceBeforeDigits && following & DIGIT) return digitsEnd(next, to)
  }
  if (kind & (SPACE | NEWLINE)) return spaceEnd(start, to)
  if (kind & OTHER) return otherEnd(start, to)
  return gapEnd(next, to)
}

function skip(from: usize, to: usize, mask: u32): usize {
  let at = from
  while (at < to) {
    const codePoint = codePointAt(at)
    if (!(flagsOf(codePoint) & mask)) break
    at += utf8Width(codePoint)
  }
  return at
}

function wordEnd(from: usize, to: usize): usize {
  if (!splitsCase) return skip(from, to, LETTER)
  let at = from
  let lastBoth: usize = 0
  while (at < to) {
    const codePoint = codePointAt(at)
    const kind = flagsOf(codePoint)
    if (!(kind & UPPER)) break
    at += utf8Width(codePoint)
    if (kind & LOWER) lastBoth = at
  }
  const small = skip(at, to, LOWER)
  const end = small > at ? small : lastBoth != 0 ? lastBoth : at
  return contractions == SUFFIX && end < to && load<u8>(end) == 0x27
    ? end + contractionLength(end, to, true)
    : end
}

function digitsEnd(from: usize, to: usize): usize {
  let at = from
  for (let digits = 0; digits < maxDigits && at < to; digits++) {
    const codePoint = codePointAt(at)
    if (!(flagsOf(codePoint) & DIGIT)) break
    at += utf8Width(codePoint)
  }
  return at
}

function otherEnd(from: usize, to: usize): usize {
  let at = skip(from, to, OTHER)
  if (!keepsNewlines) return at
  while (at < to) {
    const byte = load<u8>(at)
    if (byte != 0x0a && byte != 0x0d && !(keepsSlash && byte == 0x2f)) break
    at++
  }
  return at
}

function spaceEnd(start: usize, to: usize): usize {
  let at = start
  let last = start
  let afterNewline: usize = 0
  while (at < to) {
    const codePoint = codePointAt(at)
    const kind = flagsOf(codePoint)
    if (!(kind & (SPACE | NEWLINE))) break
    last = at
    at += utf8Width(codePoint)
    if (kind & NEWLINE) afterNewline = at
  }
  if (keepsNewlines && afterNewline != 0) return afterNewline
  if (at == to || last == start) return at
  if (cutsFirst && flagsOf(codePointAt(at)) & (DIGIT | ISOLATED)) return at
  return last
}

function isolatedEnd(start: usize, to: usize): usize {
  let kind = flagsOf(codePointAt(start))
  let at = start + 3
  while (at < to) {
    const next = flagsOf(codePointAt(at))
    if (kind == ISOLATED && next == ISOLATED_LETTER) {
      if (at > start + 3) return at - 3
      kind = next
    }
    if (next != kind) break
    at += 3
  }
  return at
}

function gapEnd(from: usize, to: usize): usize {
  let at = from
  while (at < to) {
    const codePoint = codePointAt(at)
    if (flagsOf(codePoint) & ~PREFIX) break
    const next = at + utf8Width(codePoint)
    if (next < to && flagsOf(codePointAt(next)) & LETTER) break
    at = next
  }
  return at
}

@inline
function isAsciiLetter(byte: u32): bool {
  const small = byte | 0x20
  return small >= 0x61 && small <= 0x7a
}

function contractionLength(at: usize, to: usize, anyCase: bool): usize {
  if (at + 1 >= to) return 0
  const fold: u32 = anyCase ? 0x20 : 0
  const first = <u32>load<u8>(at, 1) | fold
  if (first == 0x73 || first == 0x74 || first == 0x6d || first == 0x64) return 2
  // U+017F, the long s, is a case variant of s.
  if (anyCase && at + 2 < to && load<u8>(at, 1) == 0xc5 && load<u8>(at, 2) == 0xbf) return 3
  if (at + 2 >= to) return 0
  const second = <u32>load<u8>(at, 2) | fold
  if ((first == 0x72 || first == 0x76) && second == 0x65) return 3
  return first == 0x6c && second == 0x6c ? 3 : 0
}

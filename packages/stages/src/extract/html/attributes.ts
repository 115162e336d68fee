// The attributes of one tag, read for their hints (hints.ts) and passed over otherwise. Nothing is allocated
// but for role, itemprop, style and the like, which are rare.
import { findCode } from './codes.ts'
import { attributeBit, hints, readHints } from './hints.ts'

/** Attributes of one tag that are read; the rest is only skipped. */
const maxAttributes = 256

export const isSpace = (code: number): boolean =>
  code <= 32 && (code === 32 || (code >= 9 && code <= 13))

/** Set by the last `readAttributes`: the tag ends in `/>`. */
export const tagEnd = { isSelfClosing: false }

/** Where the last value lies. */
const value = { from: 0, to: 0 }
/** Quotes that were looked for in vain need not be looked for again on this page. */
let hasDoubleQuote = true
let hasSingleQuote = true

/** Forgets the page before. */
export function startAttributes(): void {
  hasDoubleQuote = true
  hasSingleQuote = true
}

/** Reads from behind the tag's name; `hints` has the result. Returns where `>` stands, or the page ends. */
export function readAttributes(html: string, codes: Uint16Array, start: number): number {
  const { length } = html
  hints.bits = 0
  hints.weight = 0
  hints.look = 0
  tagEnd.isSelfClosing = false
  let attributes = 0
  let next = start
  while (next < length) {
    const code = codes[next] as number
    if (code === 62) break
    if (isSpace(code)) {
      next++
      continue
    }
    if (code === 47) {
      tagEnd.isSelfClosing = codes[next + 1] === 62
      next++
      continue
    }
    const nameFrom = next
    next = nameEnd(codes, next + 1, length)
    const nameLength = next - nameFrom
    while (next < length && isSpace(codes[next] as number)) next++
    value.from = 0
    value.to = 0
    if (codes[next] === 61) next = readValue(html, codes, next + 1)
    if (++attributes <= maxAttributes) readAttribute(html, codes, nameFrom, nameLength)
  }
  return next
}

function nameEnd(codes: Uint16Array, start: number, length: number): number {
  let next = start
  while (next < length) {
    const code = codes[next] as number
    if (code === 61 || code === 62 || code === 47 || isSpace(code)) break
    next++
  }
  return next
}

/** Reads a value from behind its `=` into `value`; returns where to go on. */
function readValue(html: string, codes: Uint16Array, start: number): number {
  const { length } = html
  let next = start
  while (next < length && isSpace(codes[next] as number)) next++
  const code = codes[next] as number
  if ((code === 34 && hasDoubleQuote) || (code === 39 && hasSingleQuote)) {
    value.from = next + 1
    value.to = findCode(html, codes, code === 34 ? '"' : "'", code, next + 1)
    if (value.to < length) return value.to + 1
    // No such quote in the rest of the page: the value ends where the tag seems to end.
    if (code === 34) hasDoubleQuote = false
    else hasSingleQuote = false
    value.to = findCode(html, codes, '>', 62, next + 1)
    return value.to
  }
  value.from = next
  while (next < length && codes[next] !== 62 && !isSpace(codes[next] as number)) next++
  value.to = next
  return next
}

/** Adds what one attribute says to `hints`. */
function readAttribute(
  html: string,
  codes: Uint16Array,
  nameFrom: number,
  nameLength: number,
): void {
  const first = (codes[nameFrom] as number) | 32
  if (nameLength === 5 && first === 99 && ((codes[nameFrom + 4] as number) | 32) === 115) {
    hints.look = readHints(codes, value.from, value.to) // class
  } else if (nameLength === 2 && first === 105) {
    readHints(codes, value.from, value.to) // id
  } else if (
    (first === 114 && nameLength === 4) || // role
    (first === 105 && nameLength === 8) || // itemprop
    (first === 104 && nameLength === 6) || // hidden
    (first === 97 && nameLength === 11) || // aria-hidden
    (first === 115 && nameLength === 5 && mayHide(codes, value.from, value.to)) // style
  ) {
    const { from, to } = value
    hints.bits |= attributeHint(first, html.slice(from, Math.min(to, from + 200)))
  }
}

/** Quick test of a style: a property that ends in `y`, like `display` and `visibility`. */
function mayHide(codes: Uint16Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (((codes[i] as number) | 32) === 121) return true
  return false
}

function attributeHint(first: number, source: string): number {
  const text = source.toLowerCase().trim()
  if (first === 114) {
    if (text === 'main' || text === 'article') return attributeBit.isContent
    if (
      /^(?:navigation|banner|contentinfo|complementary|search|dialog|menu|menubar|alert|alertdialog|toolbar|tablist)$/.test(
        text,
      )
    ) {
      return attributeBit.isBoilerplate
    }
    return 0
  }
  if (first === 105) {
    const isContent = text === 'articlebody' || text === 'text'
    return attributeBit.isProperty | (isContent ? attributeBit.isContent : 0)
  }
  if (first === 104) return text === 'until-found' ? 0 : attributeBit.isHidden
  if (first === 97) return text === 'true' ? attributeBit.isHidden : 0
  return /display\s*:\s*none|visibility\s*:\s*hidden/.test(text) ? attributeBit.isHidden : 0
}

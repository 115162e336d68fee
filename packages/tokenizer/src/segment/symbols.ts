// Text to the symbols a segmenter decides about. A symbol is a Han character (simplified one to one,
// so traditional text uses the same weights), a whole run of Latin letters (`a`), a whole run of
// digits (`0`), or any other single unit folded from full width. Runs are therefore never cut and
// mixed text costs less to decode. Offsets into the original text are kept beside the symbols.
import { hanTables } from '../language/han.ts'

/** Character classes, after the type features of LTP's and THULAC's perceptrons. */
export const symbolTypes = {
  pad: 0, digit: 1, latin: 2, numeral: 3, date: 4, han: 5, punctuation: 6, other: 7,
} as const // prettier-ignore

const latinSymbol = 0x61
const digitSymbol = 0x30
const lowSurrogate = 0xffff

interface Tables {
  readonly fold: Uint16Array
  readonly type: Uint8Array
}

let tables: Tables | undefined

export interface Symbols {
  count: number
  /** Folded symbol. */
  codes: Uint16Array
  types: Uint8Array
  /** Offset of each symbol in the text; starts[count] is the end. */
  starts: Uint32Array
}

export function createSymbols(capacity: number): Symbols {
  return {
    count: 0,
    codes: new Uint16Array(capacity),
    types: new Uint8Array(capacity),
    starts: new Uint32Array(capacity + 1),
  }
}

/** Reads the symbols of text[from, to) into `out`, which must have room for to - from of them. */
export function readSymbols(text: string, from: number, to: number, out: Symbols): void {
  const { fold, type } = (tables ??= buildTables())
  const { codes, types, starts } = out
  let count = 0
  let previous = 0
  for (let i = from; i < to; i++) {
    const unit = text.charCodeAt(i)
    const code = fold[unit]!
    const joined =
      (code === previous && (code === latinSymbol || code === digitSymbol)) || code === lowSurrogate
    if (joined && count > 0) continue
    previous = code
    codes[count] = code
    types[count] = type[code]!
    starts[count++] = i
  }
  starts[count] = to
  out.count = count
}

function buildTables(): Tables {
  const { simplify } = hanTables()
  const fold = new Uint16Array(0x10000)
  const type = new Uint8Array(0x10000).fill(symbolTypes.other)
  for (let unit = 0; unit < 0x10000; unit++) {
    let code = unit >= 0xff01 && unit <= 0xff5e ? unit - 0xfee0 : simplify[unit]!
    if (code >= 0x30 && code <= 0x39) code = digitSymbol
    else if (isLatin(code)) code = latinSymbol
    // The second half of a pair belongs to the first; a half alone is a symbol like any other.
    else if (code >= 0xdc00 && code < 0xe000) code = lowSurrogate
    fold[unit] = code
  }
  // Marks that one corpus writes in half width and another in full behave alike.
  for (const [mark, plain] of ['。.', '「“', '」”', '『“', '』”'])
    fold[mark!.charCodeAt(0)] = plain!.charCodeAt(0)
  type.fill(symbolTypes.punctuation, 0x21, 0x7f)
  type.fill(symbolTypes.punctuation, 0x2000, 0x2070)
  type.fill(symbolTypes.punctuation, 0x3000, 0x3040)
  type.fill(symbolTypes.han, 0x3400, 0xa000)
  type.fill(symbolTypes.han, 0xf900, 0xfb00)
  type.fill(symbolTypes.han, 0xd840, 0xd8c0)
  for (const char of '一二三四五六七八九十百千万亿零○两〇')
    type[char.charCodeAt(0)] = symbolTypes.numeral
  for (const char of '年月日时分秒') type[char.charCodeAt(0)] = symbolTypes.date
  type[digitSymbol] = symbolTypes.digit
  type[latinSymbol] = symbolTypes.latin
  return { fold, type }
}

function isLatin(code: number): boolean {
  const lower = code | 0x20
  return (
    (lower >= 0x61 && lower <= 0x7a) ||
    (code >= 0xc0 && code < 0x250 && code !== 0xd7 && code !== 0xf7)
  )
}

// The characters of a page as numbers. Everything that looks at each character reads them from one
// typed array: V8 asks a string at every `charCodeAt` how it is stored, which costs about three times
// the read from an array and ten times the copy.

/** Arrays for longer pages are not kept for the next page. */
const maxKept = 1 << 22
/** Zeros behind the text, so that looking a few characters ahead needs no test. */
const slack = 16

let kept = new Uint16Array(1 << 16)

/** UTF-16 code units of a page, then zeros, then what was there before; valid until the next call. */
export function codesOf(text: string): Uint16Array {
  const size = text.length + slack
  let codes = kept
  if (size > kept.length) {
    codes = new Uint16Array(size > maxKept ? size : Math.min(maxKept, size * 2))
    if (size <= maxKept) kept = codes
  }
  Buffer.from(codes.buffer).write(text, 'utf16le')
  codes.fill(0, text.length, size)
  return codes
}

let short = new Uint16Array(1 << 10)

/** The same of a text beside the page. */
export function shortCodes(text: string): Uint16Array {
  if (short.length < text.length) short = new Uint16Array(text.length * 2)
  for (let i = 0; i < text.length; i++) short[i] = text.charCodeAt(i)
  return short
}

/** What is looked for is mostly near, where a loop is faster than a call of `indexOf`. */
const near = 64

/** Where `char`, whose code is `code`, stands next in `text`; its length when nowhere. */
export function findCode(
  text: string,
  codes: Uint16Array,
  char: string,
  code: number,
  from: number,
): number {
  const { length } = text
  const stop = from + near < length ? from + near : length
  for (let i = from; i < stop; i++) if (codes[i] === code) return i
  if (stop === length) return length
  const at = text.indexOf(char, stop)
  return at < 0 ? length : at
}

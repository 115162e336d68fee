// What a code point is, as far as pre-tokenisers care: one byte for each of 0x110000 code points,
// decoded from the run-length table in data/ (2 ms, 1.1 MB). The table was asked from the very
// engine behind HF tokenizers, so `\p{L}`, `\p{N}` and `\s` mean here what they mean there: Unicode
// 16.0 whatever Node's version knows, and `\s` is White_Space (U+0085 in, U+FEFF out).
import { characterClassRuns } from '../data/character-classes-16.0.ts'

/** The low four bits of a class. `lower` is Ll, `upper` Lu and Lt, `letter` Lm and Lo. */
export const group = {
  other: 0,
  lower: 1,
  upper: 2,
  letter: 3,
  mark: 4,
  number: 5,
  /** General category P or S. */
  punctuation: 6,
  /** White_Space without the two below. */
  space: 7,
  /** CR and LF. */
  newline: 8,
} as const

export const groupMask = 15
/** Set when HF's `Whitespace` counts the character as `\w`. */
export const wordBit = 16
/** Set when HF's `BertPreTokenizer` isolates the character. */
export const bertPunctuationBit = 32

/** Last code point + 1 and class byte of every run, ascending. */
let runs: readonly (readonly [end: number, characterClass: number])[] | undefined

function readRuns(): readonly (readonly [number, number])[] {
  let end = 0
  return (runs ??= characterClassRuns
    .trim()
    .split(/\s+/)
    .map((run) => {
      const [length, value] = run.split(/[.:]/)
      end += parseInt(length!, 36)
      return [end, value === '' ? 0 : parseInt(value!, 36)]
    }))
}

/** A table of one byte per code point, made by mapping the class byte of each. */
export function mapClasses(map: (characterClass: number) => number): Uint8Array {
  const table = new Uint8Array(0x110000)
  let start = 0
  for (const [end, characterClass] of readRuns()) {
    table.fill(map(characterClass), start, end)
    start = end
  }
  return table
}

/** Class byte of every code point. */
export function characterClasses(): Uint8Array {
  return mapClasses((characterClass) => characterClass)
}

// What a code point is, as far as pre-tokenisers care: one byte for each of 0x110000 code points,
// decoded once from the run-length table in data/ (2 ms, 1.1 MB). The table was asked from the very
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

let classes: Uint8Array | undefined

/** Class byte of every code point. Shared: do not write to it. */
export function characterClasses(): Uint8Array {
  if (classes) return classes
  const table = new Uint8Array(0x110000)
  let at = 0
  for (const run of characterClassRuns.trim().split(/\s+/)) {
    const [length, value] = run.endsWith('.') ? [run.slice(0, -1), '0'] : run.split(':')
    const end = at + parseInt(length!, 36)
    table.fill(parseInt(value!, 36), at, end)
    at = end
  }
  return (classes = table)
}

/** A table of the same shape made by mapping every (class byte, code point). */
export function mapClasses(map: (characterClass: number) => number): Uint8Array {
  const byClass = Uint8Array.from({ length: 256 }, (_, characterClass) => map(characterClass))
  return characterClasses().map((characterClass) => byClass[characterClass]!)
}

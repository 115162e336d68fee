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

/** Pairs of the code point behind a run and its class byte, ascending. */
let runs: Int32Array | undefined

function readRuns(): Int32Array {
  if (runs) return runs
  const list: number[] = []
  let end = 0
  // By hand: splitting makes fourteen thousand strings.
  let number = 0
  let isClass = false
  for (let i = 0; i < characterClassRuns.length; i++) {
    const character = characterClassRuns[i]!
    if (character === ':' || character === '.') {
      end += number
      list.push(end, 0)
      number = 0
      isClass = true
    } else if (character > ' ') number = number * 36 + parseInt(character, 36)
    else if (isClass) {
      // Lines end with a space and a line end: only the first of them ends a run.
      list[list.length - 1] = number
      number = 0
      isClass = false
    }
  }
  return (runs = Int32Array.from(list))
}

/** Fills a table of one byte per code point by mapping the class byte of each. */
export function mapClasses(
  map: (characterClass: number) => number,
  table: Uint8Array = new Uint8Array(0x110000),
): Uint8Array {
  const list = readRuns()
  let start = 0
  for (let i = 0; i < list.length; i += 2) {
    const end = list[i]!
    table.fill(map(list[i + 1]!), start, end)
    start = end
  }
  return table
}

/** Class byte of every code point. */
export function characterClasses(): Uint8Array {
  return mapClasses((characterClass) => characterClass)
}

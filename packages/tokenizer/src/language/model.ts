// The trained language model in memory: 6-bit rows packed four to a 32-bit word, a small float
// output layer, and a temperature per length of text that makes its probabilities honest
// (Guo et al. 2017). Reading takes about 10 ms, a sentence of 100 letters about 5 microseconds.
//
// File: 'LID1', a JSON header with its length (Uint32, little-endian), padding to 4 bytes, the
// output layer [labels, dimension] and bias [labels] in float32, the rows [rowCount, dimension] in
// bytes, each weight w (-32..31) stored as w + 32.
import { readFileSync } from 'node:fs'
import { InputError } from '@shardmill/core'
import { extractRows } from './features.ts'
import { scriptNames, type ScriptName } from './scripts.ts'

export interface ModelHeader {
  readonly labels: readonly string[]
  readonly scripts: readonly ScriptName[]
  readonly dimension: number
  readonly rowCount: number
  /** Rows are stored as integers: weight = integer * rowScale. */
  readonly rowScale: number
  /** A text of up to `letters` is judged with `temperature`; ascending, the last is Infinity (null). */
  readonly calibration: readonly { readonly letters: number | null; readonly temperature: number }[]
}

export interface LanguageModel {
  readonly header: ModelHeader
  readonly output: Float32Array
  readonly bias: Float32Array
  /** Four weights to a word, the first in the lowest byte. */
  readonly words: Uint32Array
}

/** Probabilities of the best two labels (indices into `labels`); `first` is -1 without features. */
export interface Scored {
  first: number
  firstScore: number
  second: number
  secondScore: number
}

/** Letters read per piece; more than this changes the answer of one piece in a thousand. */
export const maxLetters = 200

export function readLanguageModel(path: string | URL): LanguageModel {
  const bytes = readFileSync(path)
  if (bytes.toString('latin1', 0, 4) !== 'LID1') {
    throw new InputError(`${String(path)}: expected a language model (LID1)`)
  }
  const headerEnd = 8 + bytes.readUInt32LE(4)
  const header = JSON.parse(bytes.toString('utf8', 8, headerEnd)) as ModelHeader
  const { labels, dimension, rowCount } = header
  let at = Math.ceil(headerEnd / 4) * 4
  // A copy, because the bytes of a Buffer from the pool need not begin at a multiple of four.
  const take = (length: number): ArrayBuffer => {
    const part = new Uint8Array(bytes.subarray(at, at + length))
    if (part.length !== length) throw new InputError(`${String(path)}: the file is cut short`)
    at += length
    return part.buffer
  }
  const output = new Float32Array(take(labels.length * dimension * 4))
  const bias = new Float32Array(take(labels.length * 4))
  return { header, output, bias, words: new Uint32Array(take(rowCount * dimension)) }
}

/** A scorer with its own buffers; one per thread. */
export function createScorer(model: LanguageModel) {
  const { header, output, bias, words } = model
  const { labels, dimension, rowCount, rowScale, calibration } = header
  const rows = new Uint32Array(maxLetters * 6)
  const even = new Uint32Array(dimension / 4)
  const odd = new Uint32Array(dimension / 4)
  // Whole numbers, kept as floats for the output layer.
  const hidden = new Float64Array(dimension)
  const logits = new Float64Array(labels.length)
  const rivals = scriptNames.map((name) =>
    Uint32Array.from(header.scripts.flatMap((script, i) => (script === name ? [i] : []))),
  )

  /** Scores `text[from, to)` among the labels written in `script`, an index into scriptNames. */
  return (text: string, from: number, to: number, script: number): Scored => {
    const found: Scored = { first: -1, firstScore: 0, second: -1, secondScore: 0 }
    const others = rivals[script]!
    const end = Math.min(to, from + maxLetters)
    const count = extractRows(text, from, end, script, rows, rowCount)
    if (count === 0 || others.length === 0) return found
    sumRows(words, rows, count, even, odd, hidden)
    const letters = end - from
    const band = calibration.find(({ letters: most }) => most === null || letters <= most)
    const temperature = band?.temperature ?? 1
    const scale = rowScale / count
    let largest = -Infinity
    for (let n = 0; n < others.length; n++) {
      const k = others[n]!
      const score = (bias[k]! + dot(output, k * dimension, hidden) * scale) / temperature
      logits[k] = score
      if (score > largest) {
        largest = score
        found.second = found.first
        found.first = k
      } else if (found.second < 0 || score > logits[found.second]!) found.second = k
    }
    let sum = 0
    for (let n = 0; n < others.length; n++) sum += Math.exp(logits[others[n]!]! - largest)
    found.firstScore = 1 / sum
    if (found.second >= 0) found.secondScore = Math.exp(logits[found.second]! - largest) / sum
    return found
  }
}

function dot(output: Float32Array, from: number, hidden: Float64Array): number {
  let [a, b, c, d] = [0, 0, 0, 0]
  for (let i = 0; i < hidden.length; i += 4) {
    a += output[from + i]! * hidden[i]!
    b += output[from + i + 1]! * hidden[i + 1]!
    c += output[from + i + 2]! * hidden[i + 2]!
    d += output[from + i + 3]! * hidden[i + 3]!
  }
  return a + b + (c + d)
}

/** Stored bytes are weight + rowZero, six bits wide, so that four of them add up inside a byte. */
const rowZero = 32

/**
 * Adds up rows of bytes without unpacking them. Four rows are added as whole words, because four
 * 6-bit numbers fit a byte; then the bytes are split into two words of 16-bit lanes, which take
 * 256 rows before they are emptied into `hidden`. A fifth of the additions of the plain loop.
 */
function sumRows(
  words: Uint32Array,
  rows: Uint32Array,
  count: number,
  even: Uint32Array,
  odd: Uint32Array,
  hidden: Float64Array,
): void {
  const wordsPerRow = even.length
  hidden.fill(-rowZero * count)
  for (let from = 0; from < count; from += 256) {
    const to = Math.min(count, from + 256)
    for (let w = 0; w < wordsPerRow; w += 2)
      sumTwo(words, rows, from, to, wordsPerRow, w, even, odd)
    for (let w = 0; w < wordsPerRow; w++) {
      hidden[4 * w]! += even[w]! & 0xffff
      hidden[4 * w + 1]! += odd[w]! & 0xffff
      hidden[4 * w + 2]! += even[w]! >>> 16
      hidden[4 * w + 3]! += odd[w]! >>> 16
    }
  }
}

/** The inner loop of `sumRows`: two words of every row, their sums in registers. */
function sumTwo(
  words: Uint32Array,
  rows: Uint32Array,
  from: number,
  to: number,
  wordsPerRow: number,
  first: number,
  even: Uint32Array,
  odd: Uint32Array,
): void {
  let [e0, e1, o0, o1] = [0, 0, 0, 0]
  let r = from
  for (; r + 4 <= to; r += 4) {
    const a = Math.imul(rows[r]!, wordsPerRow) + first
    const b = Math.imul(rows[r + 1]!, wordsPerRow) + first
    const c = Math.imul(rows[r + 2]!, wordsPerRow) + first
    const d = Math.imul(rows[r + 3]!, wordsPerRow) + first
    const x = (words[a]! + words[b]! + words[c]! + words[d]!) | 0
    const y = (words[a + 1]! + words[b + 1]! + words[c + 1]! + words[d + 1]!) | 0
    e0 = (e0 + (x & 0x00ff00ff)) | 0
    o0 = (o0 + ((x >>> 8) & 0x00ff00ff)) | 0
    e1 = (e1 + (y & 0x00ff00ff)) | 0
    o1 = (o1 + ((y >>> 8) & 0x00ff00ff)) | 0
  }
  for (; r < to; r++) {
    const at = Math.imul(rows[r]!, wordsPerRow) + first
    const x = words[at]!
    const y = words[at + 1]!
    e0 = (e0 + (x & 0x00ff00ff)) | 0
    o0 = (o0 + ((x >>> 8) & 0x00ff00ff)) | 0
    e1 = (e1 + (y & 0x00ff00ff)) | 0
    o1 = (o1 + ((y >>> 8) & 0x00ff00ff)) | 0
  }
  even[first] = e0
  even[first + 1] = e1
  odd[first] = o0
  odd[first + 1] = o1
}

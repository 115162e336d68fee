// Shrinks a model file: probabilities and backoffs of two words and more become codes of at most 8
// bits. The numbers of an order are sorted and divided into bins of equally many, a code stands for the
// mean of its bin (Federico & Bertoldi 2006; KenLM's -q and -b). Single words stay float32, and so
// does the backoff 1 of contexts that nothing follows: it has a code of its own.
//
// Numbers are counted by the upper 18 bits of their float32 (steps of a 500th), not sorted: memory is
// that of the largest order. Time: three passes over the numbers.
import { ModelFile } from './model-file.ts'
import { ModelWriter } from './model-writer.ts'

/** Entries of a book, used or not. */
export const bookSize = 256
/** Code of a backoff of exactly 1: log 0. */
const noBackoffCode = 0

const keyShift = 14
const keyCount = 2 ** (32 - keyShift)

/** Writes the model at `path` to `output` with codes of `bits` bits. */
export function quantizeModel(path: string, output: string, bits: number): void {
  const file = new ModelFile(path)
  const writer = new ModelWriter(output)
  try {
    const { ngrams, contexts } = file.header
    for (const { name, type } of file.header.sections) {
      if (type !== 'f32') writer.whole(name, file.read(name, type))
    }
    writer.whole('probs/1', file.read('probs/1', 'f32'))
    const probBook = new Float32Array(bookSize * Math.max(0, ngrams.length - 1))
    for (let order = 2; order <= ngrams.length; order++) {
      const numbers = file.read(`probs/${order}`, 'f32')
      const book = probBook.subarray((order - 2) * bookSize, (order - 1) * bookSize)
      writer.whole(`prob-codes/${order}`, encode(numbers, book, 0, 2 ** bits))
    }
    writer.whole('prob-book', probBook)
    for (let length = 0; length < Math.min(2, contexts.length); length++) {
      writer.whole(`backoffs/${length}`, file.read(`backoffs/${length}`, 'f32'))
    }
    const backoffBook = new Float32Array(bookSize * Math.max(0, contexts.length - 2))
    for (let length = 2; length < contexts.length; length++) {
      const numbers = file.read(`backoffs/${length}`, 'f32')
      const book = backoffBook.subarray((length - 2) * bookSize, (length - 1) * bookSize)
      writer.whole(`backoff-codes/${length}`, encode(numbers, book, 1, 2 ** bits))
    }
    writer.whole('backoff-book', backoffBook)
    const { version: _, sections: __, ...facts } = file.header
    writer.commit({ ...facts, bits })
  } finally {
    writer.close()
    file.close()
  }
}

/**
 * Codes of `numbers`, and their means in `book`. Codes go from `firstCode` to below `codeCount`; with
 * a `firstCode` of 1, zeros get `noBackoffCode`.
 */
function encode(
  numbers: Float32Array,
  book: Float32Array,
  firstCode: number,
  codeCount: number,
): Uint8Array {
  const keepsZero = firstCode > noBackoffCode
  const counts = new Uint32Array(keyCount)
  const sums = new Float64Array(keyCount)
  const bits = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length)
  let total = 0
  for (let i = 0; i < numbers.length; i++) {
    if (keepsZero && numbers[i] === 0) continue
    const key = orderedKey(bits[i]!)
    counts[key]!++
    sums[key]! += numbers[i]!
    total++
  }
  const codeOf = new Uint8Array(keyCount)
  const bins = codeCount - firstCode
  let [code, seen, inBin, sum] = [firstCode, 0, 0, 0]
  for (let key = 0; key < keyCount; key++) {
    if (counts[key] === 0) continue
    codeOf[key] = code
    seen += counts[key]!
    inBin += counts[key]!
    sum += sums[key]!
    book[code] = sum / inBin
    const isFull = seen >= (total * (code - firstCode + 1)) / bins
    if (isFull && code + 1 < codeCount) {
      code++
      ;[inBin, sum] = [0, 0]
    }
  }
  const codes = new Uint8Array(numbers.length)
  for (let i = 0; i < numbers.length; i++) {
    const isZero = keepsZero && numbers[i] === 0
    codes[i] = isZero ? noBackoffCode : codeOf[orderedKey(bits[i]!)]!
  }
  return codes
}

/** The upper bits of a float32 such that greater numbers have greater keys. */
function orderedKey(bits: number): number {
  return (bits & 0x80000000 ? ~bits >>> keyShift : (bits | 0x80000000) >>> keyShift) >>> 0
}

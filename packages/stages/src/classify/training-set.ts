// The training half of both engines: document vectors (1 + ln count, or the count, times inverse
// document frequency, scaled to length 1) made on the fly from rows and counts, and the loss of the
// outputs that stand over them: logistic for two labels, softmax for more.
import type { ExampleStore } from './example-store.ts'
import { createCountScale } from './score.ts'

export interface TrainingSet {
  readonly store: ExampleStore
  readonly train: Uint32Array
  readonly validation: Uint32Array
  /** Label index per example of the store. */
  readonly truth: Uint16Array
  /** 1 for two labels, else one per label. */
  readonly outputs: number
  /** Per row; 0 for rows that no training example has. */
  readonly idf: Float32Array
  readonly countScale: 'log' | 'raw'
}

export interface Weights {
  /** [rows, outputs] */
  readonly weights: Float32Array | Float64Array
  readonly biases: Float64Array
}

/** Smoothed inverse document frequency, as scikit-learn has it: ln((1 + n) / (1 + df)) + 1; to a power. */
export function inverseFrequencies(
  store: ExampleStore,
  train: Uint32Array,
  rowCount: number,
  power: number,
): Float32Array {
  const { rows, starts } = store
  const frequencies = new Uint32Array(rowCount)
  for (const example of train) {
    for (let i = starts[example]!; i < starts[example + 1]!; i++) frequencies[rows[i]!]!++
  }
  const idf = new Float32Array(rowCount)
  for (let row = 0; row < rowCount; row++) {
    const count = frequencies[row]!
    if (count > 0) idf[row] = (Math.log((1 + train.length) / (1 + count)) + 1) ** power
  }
  return idf
}

/** A function that writes the vector of an example into `values`, entry by entry. */
export function createVectors({ store, idf, countScale }: TrainingSet): {
  readonly values: Float64Array
  readonly fill: (example: number) => void
} {
  const { rows, counts, starts } = store
  const scales = createCountScale(countScale)
  let longest = 0
  for (let i = 0; i < store.count; i++) longest = Math.max(longest, starts[i + 1]! - starts[i]!)
  const values = new Float64Array(longest)
  return {
    values,
    fill: (example) => {
      const [from, to] = [starts[example]!, starts[example + 1]!]
      let square = 0
      for (let i = from; i < to; i++) {
        const value = scales[counts[i]!]! * idf[rows[i]!]!
        values[i - from] = value
        square += value * value
      }
      const norm = square === 0 ? 0 : 1 / Math.sqrt(square)
      for (let i = 0; i < to - from; i++) values[i]! *= norm
    },
  }
}

/** Turns outputs into their gradients (p - target) in place and returns the loss in nats. */
export function lossAndGradient(outputs: Float64Array, label: number): number {
  if (outputs.length === 1) {
    const score = label === 1 ? outputs[0]! : -outputs[0]!
    const loss = score > 0 ? Math.log1p(Math.exp(-score)) : Math.log1p(Math.exp(score)) - score
    outputs[0] = 1 / (1 + Math.exp(-outputs[0]!)) - label
    return loss
  }
  let largest = -Infinity
  for (const output of outputs) largest = Math.max(largest, output)
  let sum = 0
  for (const output of outputs) sum += Math.exp(output - largest)
  const loss = Math.log(sum) + largest - outputs[label]!
  for (let k = 0; k < outputs.length; k++) {
    outputs[k] = Math.exp(outputs[k]! - largest) / sum - (k === label ? 1 : 0)
  }
  return loss
}

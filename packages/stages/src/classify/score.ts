// Scores texts with a linear model. Two reads of one cache line per distinct row, no allocation per
// document. Cost in docs/log.md; loading takes about 10 ms per 10 MB of model.
import type { Words } from '@shardmill/core/words'
import { createFeatureReader } from './features.ts'
import { outputsOf, type LinearModel, type ModelHeader } from './linear-model.ts'

/** Count to its share of the vector: 1 + ln count, or the count itself. */
export function createCountScale(kind: 'log' | 'raw'): Float64Array {
  return Float64Array.from({ length: 256 }, (_, n) =>
    n === 0 ? 0 : kind === 'log' ? 1 + Math.log(n) : n,
  )
}

/** What a row scorer needs of a model. */
export type RowWeights = Pick<LinearModel, 'table'> & {
  readonly header: Pick<
    ModelHeader,
    'labels' | 'countScale' | 'idfUnit' | 'weightUnits' | 'biases' | 'calibration'
  >
}

/** A function from the rows [from, to) of a document to calibrated probabilities, see `createScorer`. */
export function createRowScorer({ header, table }: RowWeights) {
  const { idfUnit, weightUnits, biases, calibration } = header
  const outputs = outputsOf(header)
  const stride = outputs + 1
  const scales = createCountScale(header.countScale)
  const scores = new Float64Array(outputs)
  return (rows: Uint32Array, counts: CountArray, from: number, to: number): Float64Array => {
    let square = 0
    if (outputs === 1) {
      let sum = 0
      for (let i = from; i < to; i++) {
        const at = rows[i]! * 2
        const idf = table[at]! & 0xff
        if (idf === 0) continue
        const scale = scales[Math.min(255, counts[i]!)]!
        sum += scale * table[at + 1]!
        square += scale * scale * idf * idf
      }
      scores[0] = sum
    } else {
      scores.fill(0)
      for (let i = from; i < to; i++) {
        const at = rows[i]! * stride
        const idf = table[at]! & 0xff
        if (idf === 0) continue
        const scale = scales[Math.min(255, counts[i]!)]!
        for (let k = 0; k < outputs; k++) scores[k]! += scale * table[at + 1 + k]!
        square += scale * scale * idf * idf
      }
    }
    const norm = square === 0 ? 0 : 1 / (Math.sqrt(square) * idfUnit)
    for (let k = 0; k < outputs; k++) {
      scores[k] = scores[k]! * weightUnits[k]! * norm + biases[k]!
    }
    toProbabilities(scores, calibration)
    return scores
  }
}

export type CountArray = Uint8Array | Uint16Array

/**
 * A function from text to calibrated probabilities: of the second label (in the order of
 * `labels`) when there are two, else of every label. The array is used again by the next call.
 */
export function createScorer(
  model: LinearModel,
): (text: string, words?: () => Words) => Float64Array {
  const reader = createFeatureReader(model.header.features)
  const score = createRowScorer(model)
  return (text, words) => {
    const count = reader.read(text, words)
    return score(reader.rows, reader.counts, 0, count)
  }
}

/** Raw outputs to probabilities, in place. */
export function toProbabilities(
  scores: Float64Array,
  { scale, offset }: { readonly scale: number; readonly offset: number },
): void {
  if (scores.length === 1) {
    scores[0] = 1 / (1 + Math.exp(-(scale * scores[0]! + offset)))
    return
  }
  let largest = -Infinity
  for (const score of scores) largest = Math.max(largest, score)
  let sum = 0
  for (let k = 0; k < scores.length; k++) {
    sum += scores[k] = Math.exp(scale * (scores[k]! - largest))
  }
  for (let k = 0; k < scores.length; k++) scores[k]! /= sum
}

/** Probability of `label` (an index) among what a scorer answered. */
export function probabilityOf(scores: ArrayLike<number>, label: number): number {
  if (scores.length > 1) return scores[label]!
  return label === 1 ? scores[0]! : 1 - scores[0]!
}

/** The most probable label; of equals the first. */
export function bestLabel(scores: ArrayLike<number>): number {
  if (scores.length === 1) return scores[0]! > 0.5 ? 1 : 0
  let best = 0
  for (let k = 1; k < scores.length; k++) if (scores[k]! > scores[best]!) best = k
  return best
}

// From what a user wants (a score, a share of documents to keep, a precision) to a threshold. Shares
// and precisions are those of the examples held out of training, whose scores the model carries; a
// crawl with another mixture of labels gives others, so a share can be taken of reference scores too.
import { ConfigError } from '@shardmill/core/errors'
import { outputsOf, type LinearModel } from './linear-model.ts'
import { descending } from './measures.ts'
import { probabilityOf } from './score.ts'

export interface Wish {
  readonly threshold?: number | undefined
  readonly keepShare?: number | undefined
  readonly precision?: number | undefined
}

/** Fewer kept examples than this prove no precision. */
const leastEvidence = 10

/** Held-out probabilities of `label` (an index), and whether each example has it. */
export function heldOutOf(
  { header, heldOutScores, heldOutLabels }: LinearModel,
  label: number,
): { scores: Float64Array; isLabel: Uint8Array } {
  const outputs = outputsOf(header)
  const scores = Float64Array.from(heldOutLabels, (_, i) =>
    probabilityOf(heldOutScores.subarray(i * outputs, (i + 1) * outputs), label),
  )
  return { scores, isLabel: Uint8Array.from(heldOutLabels, (each) => (each === label ? 1 : 0)) }
}

/** The least score to keep; undefined when nothing is wished. */
export function resolveThreshold(
  model: LinearModel,
  label: number,
  { threshold, keepShare, precision }: Wish,
  reference?: ArrayLike<number>,
): number | undefined {
  if (threshold !== undefined) return threshold
  const { scores, isLabel } = heldOutOf(model, label)
  if (keepShare !== undefined) return shareThreshold(reference ?? scores, keepShare)
  return precision === undefined ? undefined : precisionThreshold(scores, isLabel, precision)
}

/** The score that the best `keepShare` of all have at least. */
export function shareThreshold(scores: ArrayLike<number>, keepShare: number): number {
  const order = descending(scores)
  const kept = Math.round(keepShare * order.length)
  if (kept === 0) return Infinity
  return scores[order[Math.min(kept, order.length) - 1]!]!
}

/** The lowest threshold at and above which the wanted share of examples has the label. */
export function precisionThreshold(
  scores: Float64Array,
  isLabel: Uint8Array,
  precision: number,
): number {
  const order = descending(scores)
  let [found, best, reached] = [0, undefined as number | undefined, 0]
  for (let i = 0; i < order.length;) {
    const score = scores[order[i]!]!
    for (; i < order.length && scores[order[i]!] === score; i++) found += isLabel[order[i]!]!
    if (i < Math.min(leastEvidence, order.length)) continue
    reached = Math.max(reached, found / i)
    if (found / i >= precision) best = score
  }
  if (best !== undefined) return best
  throw new ConfigError(
    `classifier: no threshold reaches a precision of ${precision}: ` +
      `the best of at least ${leastEvidence} held-out examples is ${reached.toFixed(4)}`,
    { hint: 'lower `precision`, or train on more and cleaner examples' },
  )
}

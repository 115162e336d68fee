// One forward and backward pass over a batch, and the losses of a batch without gradients.
import { add, dispose, tidy, type Tensor } from '@tensorflow/tfjs-core'
import { lossAndGradients, type Model } from '../model/model.ts'
import type { DeviceBatch } from '../objective/host-batch.ts'
import { gatherRows } from '../ops/gather.ts'
import { headLoss, totalLoss } from '../ops/head-loss.ts'

/** Weights of the losses in the scalar that is differentiated. */
export interface LossScales {
  readonly tokens: number
  /** Of each sentence pair. */
  readonly pairs: number
}

/** Losses in nats; 0 where there is nothing to predict. */
interface Losses {
  /** [targets] */
  readonly tokens: Tensor
  /** [documents] */
  readonly pairs: Tensor | undefined
}

function losses(
  model: Model,
  { stream, selected, targets, pairs }: DeviceBatch,
  scales: LossScales,
  gradient: boolean,
  dropoutKey?: number,
): Losses {
  const states = model.encode({ ...stream, dropoutKey })
  const { hidden, weight, bias } = model.head(selected ? gatherRows(states, selected) : states)
  const tokens = headLoss(hidden, weight, bias, targets, { scale: scales.tokens, gradient })
  if (!pairs) return { tokens, pairs: undefined }
  const head = model.pairHead(gatherRows(states, pairs.places))
  const options = { scale: scales.pairs, gradient }
  return { tokens, pairs: headLoss(head.hidden, head.weight, head.bias, pairs.labels, options) }
}

/**
 * The summed losses of a batch times their scales, and the gradients in the model's order. A number
 * stands for the scale of tokens in a batch without pairs. Only with a key is anything dropped.
 */
export function backward(
  model: Model,
  batch: DeviceBatch,
  scale: number | LossScales,
  dropoutKey?: number,
): { loss: number; gradients: Tensor[] } {
  const scales = typeof scale === 'number' ? { tokens: scale, pairs: 1 } : scale
  const { loss, gradients } = lossAndGradients(model, () => {
    const { tokens, pairs } = losses(model, batch, scales, true, dropoutKey)
    const total = totalLoss(tokens, scales.tokens)
    return pairs ? add(total, totalLoss(pairs, scales.pairs)) : total
  })
  const value = loss.dataSync()[0]!
  loss.dispose()
  return { loss: value, gradients }
}

/** Losses of a batch without preparing gradients, copied to the host; no pairs: an empty list. */
export function evaluateBatch(
  model: Model,
  batch: DeviceBatch,
): { tokens: Float32Array; pairs: Float32Array } {
  const tensors = tidy(() => {
    const { tokens, pairs } = losses(model, batch, { tokens: 1, pairs: 1 }, false)
    return pairs ? [tokens, pairs] : [tokens]
  })
  const [tokens, pairs] = tensors.map((tensor) => Float32Array.from(tensor.dataSync()))
  dispose(tensors)
  return { tokens: tokens!, pairs: pairs ?? new Float32Array(0) }
}

/** Adds `next` to `sum` and disposes of both; `sum` undefined starts it. */
export function accumulate(sum: Tensor[] | undefined, next: Tensor[]): Tensor[] {
  if (!sum) return next
  return sum.map((gradient, i) => {
    const total = add<Tensor>(gradient, next[i]!)
    gradient.dispose()
    next[i]!.dispose()
    return total
  })
}

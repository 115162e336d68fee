// One forward and backward pass over a batch, and the losses of a batch without gradients.
import { add, tidy, type Tensor } from '@tensorflow/tfjs-core'
import { lossAndGradients, type Model } from '../model/model.ts'
import type { DeviceBatch } from '../objective/host-batch.ts'
import { gatherRows } from '../ops/gather.ts'
import { headLoss, totalLoss } from '../ops/head-loss.ts'

/** The loss of every target of a batch, in nats [targets]; 0 where there is nothing to predict. */
export function tokenLosses(
  model: Model,
  { stream, selected, targets }: DeviceBatch,
  options: { scale: number; gradient: boolean },
): Tensor {
  const states = model.encode(stream)
  const { hidden, weight, bias } = model.head(selected ? gatherRows(states, selected) : states)
  return headLoss(hidden, weight, bias, targets, options)
}

/** The summed loss of a batch times `scale`, and its gradients in the model's order. */
export function backward(
  model: Model,
  batch: DeviceBatch,
  scale: number,
): { loss: number; gradients: Tensor[] } {
  const { loss, gradients } = lossAndGradients(model, () =>
    totalLoss(tokenLosses(model, batch, { scale, gradient: true }), scale),
  )
  const value = loss.dataSync()[0]!
  loss.dispose()
  return { loss: value, gradients }
}

/** Losses of a batch without preparing gradients, copied to the host. */
export function evaluateBatch(model: Model, batch: DeviceBatch): Float32Array {
  const losses = tidy(() => tokenLosses(model, batch, { scale: 1, gradient: false }))
  const values = Float32Array.from(losses.dataSync())
  losses.dispose()
  return values
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

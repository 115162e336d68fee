// Output layer and cross-entropy in one step, by chunks of tokens: the [tokens, vocabulary] matrix
// never exists as a whole, and the gradient is made in the forward pass, while a chunk's
// probabilities are at hand. Memory: chunk x vocabulary instead of 2 x tokens x vocabulary.
import {
  add,
  cast,
  greaterEqual,
  logSumExp,
  matMul,
  maximum,
  mul,
  oneHot,
  scalar,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
} from '@tensorflow/tfjs-core'
import { PipelineError } from '@shardmill/core/errors'
import { differentiable, hasKernel, runKernels } from './kernel.ts'

export interface HeadLossOptions {
  /** The weight every token's loss will have in the total; see `totalLoss`. */
  readonly scale: number
  /** Without it no gradient is prepared: half the work, for validation. */
  readonly gradient: boolean
}

/**
 * -ln p(target) of each token [tokens], 0 where the target is negative. hidden [tokens, features],
 * weight [vocabulary, features]. Only `totalLoss` with the same scale may stand between the result
 * and the differentiated scalar.
 */
export function headLoss(
  hidden: Tensor,
  weight: Tensor,
  bias: Tensor | undefined,
  targets: Tensor,
  { scale, gradient }: HeadLossOptions,
): Tensor {
  if (!hasKernel('LmHeadLoss')) return composedHeadLoss(hidden, weight, bias, targets)
  return differentiable(
    bias ? [hidden, weight, bias] : [hidden, weight],
    (h, w, b) => {
      const inputs = { hidden: h, weight: w, bias: b, targets }
      const outputs = runKernels('LmHeadLoss', inputs, { scale, gradient })
      return { value: outputs[0]!, saved: outputs.slice(1) }
    },
    (dy, gradients) => {
      const slopes = dy.dataSync()
      const factor = slopes[0]! / scale
      if (!gradient || slopes.some((slope) => slope !== slopes[0])) {
        throw new PipelineError('headLoss: expected `gradient: true` and one weight for all tokens')
      }
      const exact = Math.abs(factor - 1) < 1e-6
      return gradients.map((g) => (exact ? g.clone() : mul(g, factor)))
    },
  )
}

/** The scalar to differentiate: `scale` x the sum of `losses`. */
export function totalLoss(losses: Tensor, scale: number): Tensor {
  return mul(sum(losses), scale)
}

/** The same as `headLoss` from stock operations; materialises the logits. */
export function composedHeadLoss(
  hidden: Tensor,
  weight: Tensor,
  bias: Tensor | undefined,
  targets: Tensor,
): Tensor {
  const product: Tensor = matMul(hidden, weight, false, true)
  const logits = bias ? add(product, bias) : product
  const zero = scalar(0, 'int32')
  const counted = cast(greaterEqual(targets, zero), 'float32')
  const index = maximum<Tensor1D>(targets, zero)
  const hot = cast(oneHot(index, weight.shape[0]), 'float32')
  return mul(sub(logSumExp(logits, -1), sum(mul(hot, logits), -1)), counted)
}

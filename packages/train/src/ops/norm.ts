// LayerNorm (Ba et al. 2016) and RMSNorm (Zhang and Sennrich 2019). The kernel keeps mean and
// inverse deviation per row, 8 bytes a token, so the backward pass reads x once.
import { add, mean, mul, rsqrt, square, sub, type Tensor } from '@tensorflow/tfjs-core'
import { differentiable, hasKernel, runKernels } from './kernel.ts'

export type NormKind = 'layerNorm' | 'rmsNorm'

/** Normalises each row of x [tokens, features], then scales by weight and adds bias [features]. */
export function norm(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | undefined,
  kind: NormKind,
  epsilon: number,
): Tensor {
  if (!hasKernel('LmNorm')) return composedNorm(x, weight, bias, kind, epsilon)
  const attrs = { root: kind === 'rmsNorm', epsilon }
  return differentiable(
    bias ? [x, weight, bias] : [x, weight],
    (a, w, b) => {
      const outputs = runKernels('LmNorm', { x: a, weight: w, bias: b }, attrs)
      const [value, statistics] = outputs as [Tensor, Tensor]
      return { value, saved: [a, w, statistics] }
    },
    (dy, saved) => {
      const [a, w, statistics] = saved as [Tensor, Tensor, Tensor]
      const inputs = { x: a, weight: w, dy, statistics }
      return runKernels('LmNormGrad', inputs, { ...attrs, hasBias: bias !== undefined })
    },
  )
}

/** The same from stock operations. */
export function composedNorm(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | undefined,
  kind: NormKind,
  epsilon: number,
): Tensor {
  const centred = kind === 'rmsNorm' ? x : sub(x, mean(x, -1, true))
  const variance = mean(square(centred), -1, true)
  const scaled = mul(mul(centred, rsqrt(add(variance, epsilon))), weight)
  return bias ? add(scaled, bias) : scaled
}

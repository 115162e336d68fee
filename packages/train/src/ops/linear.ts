// y = x W + b over a flat stream of tokens: the only matrix product of the models.
import { add, matMul, type Tensor } from '@tensorflow/tfjs-core'
import { differentiable, hasKernel, runKernel } from './kernel.ts'

/**
 * x [tokens, in] times weight [in, out], or [out, in] when `transposed`, plus bias [out].
 */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor, transposed = false): Tensor {
  if (!hasKernel('LmMatMul')) return composedLinear(x, weight, bias, transposed)
  return differentiable(
    bias ? [x, weight, bias] : [x, weight],
    (a, b, c) => ({ value: multiply(a, b, false, transposed, c), saved: [a, b] }),
    (dy, saved) => {
      const [a, b] = saved as [Tensor, Tensor]
      const byX = multiply(dy, b, false, !transposed)
      const byWeight = transposed ? multiply(dy, a, true, false) : multiply(a, dy, true, false)
      return bias ? [byX, byWeight, runKernel('LmColumnSum', { x: dy })] : [byX, byWeight]
    },
  )
}

function multiply(
  a: Tensor,
  b: Tensor,
  transposeA: boolean,
  transposeB: boolean,
  bias?: Tensor,
): Tensor {
  return runKernel('LmMatMul', { a, b, bias }, { transposeA, transposeB })
}

/** The same from stock operations. */
export function composedLinear(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | undefined,
  transposed: boolean,
): Tensor {
  const product: Tensor = matMul(x, weight, false, transposed)
  return bias ? add(product, bias) : product
}

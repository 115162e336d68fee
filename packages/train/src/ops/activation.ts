// GELU in its two forms (Hendrycks and Gimpel 2016: `geluTanh` is GPT-2's, `gelu` is BERT's) and
// SwiGLU (Shazeer 2020), with the gate's product fused in.
import { add, erf, mul, sigmoid, tanh, type Tensor } from '@tensorflow/tfjs-core'
import { differentiable, hasKernel, runKernel, runKernels } from './kernel.ts'

export type Activation = 'geluTanh' | 'gelu' | 'silu'

/** Numbers of the functions in the kernels. */
export const activationKinds: Readonly<Record<Activation, number>> = {
  geluTanh: 0,
  gelu: 1,
  silu: 2,
}

/** f(x), or f(x) times `gate` of the same shape. */
export function activate(x: Tensor, kind: Activation, gate?: Tensor): Tensor {
  if (!hasKernel('LmActivation')) return composedActivation(x, kind, gate)
  const attrs = { kind: activationKinds[kind] }
  return differentiable(
    gate ? [x, gate] : [x],
    (a, b) => ({
      value: runKernel('LmActivation', { x: a, gate: b }, attrs),
      saved: b ? [a, b] : [a],
    }),
    (dy, [a, b]) => runKernels('LmActivationGrad', { x: a, gate: b, dy }, attrs),
  )
}

/** The same from stock operations. */
export function composedActivation(x: Tensor, kind: Activation, gate?: Tensor): Tensor {
  const value = composedFunction(x, kind)
  return gate ? mul(value, gate) : value
}

function composedFunction(x: Tensor, kind: Activation): Tensor {
  if (kind === 'silu') return mul(x, sigmoid(x))
  if (kind === 'gelu') return mul(mul(x, 0.5), add(erf(mul(x, Math.SQRT1_2)), 1))
  const inner = mul(add(x, mul(mul(mul(x, x), x), 0.044715)), Math.sqrt(2 / Math.PI))
  return mul(mul(x, 0.5), add(tanh(inner), 1))
}

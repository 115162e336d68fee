// How our fused operations meet tfjs: a provider registers kernels under these names for its tfjs
// backend; an operation runs its kernel when the active backend has it, and otherwise composes the
// same function from stock tfjs operations. The composed form is the oracle of the parity tests.
import { createRequire } from 'node:module'
import {
  customGrad,
  enableProdMode,
  engine,
  getBackend,
  getKernel,
  type NamedAttrMap,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core'

// Only the umbrella package registers the gradients of stock operations in its Node build.
// Production mode silences its greeting and skips its checks of every value.
createRequire(import.meta.url)('@tensorflow/tfjs')
enableProdMode()

/** Names under which providers register kernels. */
export type LmKernel =
  | 'LmMatMul'
  | 'LmColumnSum'
  | 'LmNorm'
  | 'LmNormGrad'
  | 'LmActivation'
  | 'LmActivationGrad'
  | 'LmRope'
  | 'LmAttention'
  | 'LmAttentionGrad'
  | 'LmGather'
  | 'LmScatter'
  | 'LmHeadLoss'

/** Kernels that a provider may leave out: without them models have no dropout there. */
export type DropoutKernel = 'LmDropout' | 'LmAttentionDropout' | 'LmAttentionDropoutGrad'

type AnyKernel = LmKernel | DropoutKernel

/** What a kernel implementation is given. */
export interface KernelCall<Attributes> {
  readonly inputs: Readonly<Record<string, TensorInfo | undefined>>
  readonly attrs: Attributes
}

/** Whether the active backend has the kernel. */
export function hasKernel(name: AnyKernel): boolean {
  return getKernel(name, getBackend()) !== undefined
}

/** Runs a kernel with one output on the active backend; undefined inputs are left out. */
export function runKernel(name: AnyKernel, inputs: Inputs, attrs: object = {}): Tensor {
  return engine().runKernel(name, present(inputs), attrs as NamedAttrMap)
}

/** Runs a kernel with several outputs. */
export function runKernels(name: AnyKernel, inputs: Inputs, attrs: object = {}): Tensor[] {
  return engine().runKernel(name, present(inputs), attrs as NamedAttrMap)
}

type Inputs = Readonly<Record<string, Tensor | undefined>>

function present(inputs: Inputs): Record<string, Tensor> {
  const given: Record<string, Tensor> = {}
  for (const [key, tensor] of Object.entries(inputs)) if (tensor) given[key] = tensor
  return given
}

/**
 * An operation with its own gradient. `forward` gives the value and what `backward` needs, index
 * tensors included; `backward` gives one gradient for each input.
 */
export function differentiable(
  inputs: readonly Tensor[],
  forward: (...inputs: Tensor[]) => { value: Tensor; saved: Tensor[] },
  backward: (dy: Tensor, saved: Tensor[]) => Tensor[],
): Tensor {
  const operation = customGrad<Tensor>((...args) => {
    const save = args.at(-1) as (tensors: Tensor[]) => void
    const { value, saved } = forward(...(args.slice(0, -1) as Tensor[]))
    save(saved)
    return { value, gradFunc: backward }
  })
  return operation(...inputs)
}

// Registers our WGSL kernels for tfjs's WebGPU backend. Everything else of a model (matrix products,
// norms, activations, embeddings) is composed of tfjs's stock kernels.
import { registerKernel, unregisterKernel, getKernel, type TensorInfo } from '@tensorflow/tfjs-core'
import type { KernelCall, LmKernel } from '../../ops/kernel.ts'
import { attention, attentionGrad } from './attention.ts'
import type { WebgpuBackend } from './gpu.ts'
import { headLoss } from './head-loss.ts'

type Run = (call: KernelCall<never>, backend: WebgpuBackend) => TensorInfo[]

const kernels: Partial<Record<LmKernel, Run>> = {
  LmAttention: attention,
  LmAttentionGrad: attentionGrad,
  LmHeadLoss: headLoss,
}

export function registerWebgpuKernels(): void {
  for (const [kernelName, run] of Object.entries(kernels)) {
    if (getKernel(kernelName, 'webgpu')) unregisterKernel(kernelName, 'webgpu')
    registerKernel({
      kernelName,
      backendName: 'webgpu',
      kernelFunc: ({ inputs, attrs, backend }) =>
        run({ inputs, attrs: attrs as never }, backend as WebgpuBackend),
    })
  }
}

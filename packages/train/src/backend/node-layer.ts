// The kernel layer of @tensorflow/tfjs-node-gpu: 150 tfjs kernels over a native binding of seven
// functions. The official binding and our libtorch addon both serve it; the package's index, which
// insists on its own binding, is never loaded and nothing in it is changed.
import { createRequire } from 'node:module'
import {
  registerBackend,
  removeBackend,
  setBackend,
  type KernelBackend,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core'

export interface Attribute {
  readonly name: string
  readonly type: number
  readonly value: number | boolean
}

export interface NodeBinding {
  readonly TF_Version: string
  readonly TF_ATTR_FLOAT: number
  readonly TF_ATTR_BOOL: number
}

/** The part of the package's NodeJSKernelBackend we call. */
export interface NodeBackend extends KernelBackend {
  executeSingleOutput(name: string, attributes: Attribute[], inputs: TensorInfo[]): Tensor
  executeMultipleOutputs(
    name: string,
    attributes: Attribute[],
    inputs: TensorInfo[],
    outputs: number,
  ): Tensor[]
}

/** tfjs's name of the backend that the package's kernels are registered for. */
export const layerName = 'tensorflow'

let owner: string | undefined
let areKernelsRegistered = false

/** Puts the kernel layer over a binding and makes it the active backend; one at a time. */
export async function openNodeLayer(
  binding: NodeBinding,
  name: string,
): Promise<{ backend: NodeBackend; close: () => Promise<void> }> {
  const require = createRequire(import.meta.url)
  const module = require('@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend') as {
    NodeJSKernelBackend: new (binding: NodeBinding, packageName: string) => NodeBackend
  }
  if (owner !== undefined) removeBackend(layerName)
  const backend = new module.NodeJSKernelBackend(binding, '@tensorflow/tfjs-node-gpu')
  registerBackend(layerName, () => backend)
  if (!areKernelsRegistered) require('@tensorflow/tfjs-node-gpu/dist/register_all_kernels')
  areKernelsRegistered = true
  await setBackend(layerName)
  owner = name
  return {
    backend,
    async close() {
      if (owner !== name) return
      owner = undefined
      removeBackend(layerName)
    },
  }
}

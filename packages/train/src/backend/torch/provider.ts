// libtorch under tfjs: our addon gives the kernel layer of @tensorflow/tfjs-node-gpu the binding it
// expects, so its 150 kernels run on ATen, and our fused kernels are more operations of the same
// binding. The package's own binding is never loaded and nothing in it is changed.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import {
  findBackend,
  registerBackend,
  registerKernel,
  setBackend,
  type KernelBackend,
  type KernelConfig,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core'
import { BackendMissingError } from '@shardmill/core/errors'
import type { LmKernel } from '../../ops/kernel.ts'
import type { FusedOptimizer, Provider } from '../provider.ts'
import { addonPath } from './build.ts'

interface Attribute {
  readonly name: string
  readonly type: number
  readonly value: number | boolean
}

interface Binding {
  readonly TF_Version: string
  readonly TF_ATTR_FLOAT: number
  readonly TF_ATTR_BOOL: number
  threadCount(): number
}

/** The part of NodeJSKernelBackend we call. */
interface NodeBackend extends KernelBackend {
  readonly binding: Binding
  executeSingleOutput(name: string, attributes: Attribute[], inputs: TensorInfo[]): Tensor
  executeMultipleOutputs(
    name: string,
    attributes: Attribute[],
    inputs: TensorInfo[],
    outputs: number,
  ): Tensor[]
}

/** Inputs of each kernel in the order of native/torch/model-operations.cc; the last may be absent. */
const inputOrder: Readonly<Record<LmKernel, readonly string[]>> = {
  LmMatMul: ['a', 'b', 'bias'],
  LmColumnSum: ['x'],
  LmNorm: ['x', 'weight', 'bias'],
  LmNormGrad: ['x', 'weight', 'dy', 'statistics'],
  LmActivation: ['x', 'gate'],
  LmActivationGrad: ['x', 'dy', 'gate'],
  LmRope: ['x', 'positions', 'cosines', 'sines'],
  LmAttention: ['q', 'k', 'v', 'queryBounds', 'keyBounds'],
  LmAttentionGrad: ['q', 'k', 'v', 'out', 'logSumExp', 'dy', 'queryBounds'],
  LmGather: ['table', 'index'],
  LmScatter: ['x', 'index'],
  LmHeadLoss: ['hidden', 'weight', 'targets', 'bias'],
}

/** Kernels whose result is a list. */
const lists = new Set<string>(['LmNorm', 'LmNormGrad', 'LmActivationGrad', 'LmAttention'])
for (const name of ['LmAttentionGrad', 'LmHeadLoss']) lists.add(name)

/** Opens libtorch as the tfjs backend `tensorflow`. Throws `BackendMissingError` when it is not built. */
export async function openTorch(threads: number | 'auto'): Promise<Provider> {
  const backend = (findBackend('tensorflow') as NodeBackend | null) ?? load(threads)
  await setBackend('tensorflow')
  const { binding } = backend
  return {
    name: 'torch',
    description:
      `torch: libtorch ${binding.TF_Version} on the CPU, ${binding.threadCount()} threads, fused kernels, ` +
      'under the kernel layer of tfjs-node-gpu',
    optimizer: torchOptimizer(backend),
    limitBytes: undefined,
    peakBytes: () => undefined,
    close: async () => undefined,
  }
}

function load(threads: number | 'auto'): NodeBackend {
  if (!existsSync(addonPath)) {
    throw new BackendMissingError('torch: the addon is not built', {
      hint: '`train backend build torch` builds it over a libtorch that is installed',
    })
  }
  // OpenMP reads it when the library is loaded. Changing the number later deadlocks a libtorch that
  // is linked to OpenBLAS.
  process.env['OMP_NUM_THREADS'] = String(threads === 'auto' ? availableParallelism() : threads)
  const require = createRequire(import.meta.url)
  let binding: Binding
  try {
    binding = require(addonPath) as Binding
  } catch (cause) {
    throw new BackendMissingError(`torch: the addon did not load: ${(cause as Error).message}`, {
      cause,
      hint: 'build it again: `train backend build torch`',
    })
  }
  const layer = require('@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend') as {
    NodeJSKernelBackend: new (binding: Binding, packageName: string) => NodeBackend
  }
  const backend = new layer.NodeJSKernelBackend(binding, '@tensorflow/tfjs-node-gpu')
  registerBackend('tensorflow', () => backend)
  require('@tensorflow/tfjs-node-gpu/dist/register_all_kernels')
  for (const [name, order] of Object.entries(inputOrder)) registerOurs(name, order)
  return backend
}

function registerOurs(kernelName: string, order: readonly string[]): void {
  const kernelFunc: KernelConfig['kernelFunc'] = ({ inputs, attrs, backend }) => {
    const node = backend as NodeBackend
    const given = order.map((name) => inputs[name]).filter((info) => info !== undefined)
    const attributes = attributesOf(node.binding, attrs ?? {})
    const outputs = node.executeMultipleOutputs(kernelName, attributes, given, 1)
    return lists.has(kernelName) ? outputs : outputs[0]!
  }
  registerKernel({ kernelName, backendName: 'tensorflow', kernelFunc })
}

function attributesOf(binding: Binding, values: Readonly<Record<string, unknown>>): Attribute[] {
  const attributes: Attribute[] = []
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === 'number') attributes.push({ name, type: binding.TF_ATTR_FLOAT, value })
    if (typeof value === 'boolean') attributes.push({ name, type: binding.TF_ATTR_BOOL, value })
  }
  return attributes
}

function torchOptimizer(backend: NodeBackend): FusedOptimizer {
  return {
    squareSum(gradients) {
      const total = backend.executeSingleOutput('LmSquareSum', [], [...gradients])
      const value = total.dataSync()[0]!
      total.dispose()
      return value
    },
    adamw(model, moments, gradients, decays, options, { learningRate, step, factor }) {
      const names = model.specs.map(({ name }) => name)
      const decay = Float32Array.from(names, (name) => decays.get(name)!)
      const dataId = backend.write(decay, [names.length], 'float32')
      const inputs: TensorInfo[] = [
        ...names.map((name) => model.parameters.get(name)!),
        ...gradients,
        ...names.map((name) => moments.get(name)!.first),
        ...names.map((name) => moments.get(name)!.second),
        { dataId, shape: [names.length], dtype: 'float32' },
      ]
      const { beta1, beta2, epsilon } = options
      const [correction1, correction2] = [1 - beta1 ** step, 1 - beta2 ** step]
      const values = { learningRate, factor, beta1, beta2, epsilon, correction1, correction2 }
      backend.executeMultipleOutputs('LmAdamW', attributesOf(backend.binding, values), inputs, 0)
      backend.disposeData(dataId)
    },
  }
}

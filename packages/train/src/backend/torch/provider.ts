// libtorch under tfjs: our addon gives the kernel layer of @tensorflow/tfjs-node-gpu the binding it
// expects, so its 150 kernels run on ATen, and our fused kernels are more operations of the same
// binding. The package's own binding is never loaded and nothing in it is changed.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import {
  getKernel,
  registerKernel,
  unregisterKernel,
  type KernelConfig,
  type TensorInfo,
} from '@tensorflow/tfjs-core'
import { BackendMissingError, messageOf } from '@shardmill/core/errors'
import type { LmKernel } from '../../ops/kernel.ts'
import { layerName, openNodeLayer } from '../node-layer.ts'
import type { Attribute, NodeBackend, NodeBinding } from '../node-layer.ts'
import type { Device, FusedOptimizer, Precision, Provider, ProviderOptions } from '../provider.ts'
import { addonPath, builtOver } from './build.ts'

/** What native/torch/binding.cc exports beside the kernel layer's functions. */
export interface TorchBinding extends NodeBinding {
  threadCount(): number
  /** Before the first tensor; `named: false` leaves out operators that are found by schema. */
  configure(device: string, precision: Precision, named: boolean, cudaLibrary: string): void
  /** Name and fault of each operator found by schema; an empty fault means it is used. */
  namedOperators(device: string): string[]
  /** What differs between a schema and our use of the operator; empty when nothing does. */
  mismatch(name: string, schema: string): string
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

/** Opens libtorch under the kernel layer. Throws `BackendMissingError` when it is not built. */
export async function openTorch(
  options: Pick<ProviderOptions, 'threads' | 'device' | 'precision'>,
): Promise<Provider> {
  const binding = loadTorch(options.threads)
  const { precision = 'float32' } = options
  if (precision === 'bfloat16' && Number(binding.TF_Version.split('.')[0]) < 2) {
    throw new BackendMissingError(`torch: bfloat16 needs torch 2, this is ${binding.TF_Version}`, {
      hint: 'build the addon over a newer torch, or set `precision: float32`',
    })
  }
  const device = useDevice(binding, options.device ?? 'auto', precision)
  const { backend, close } = await openNodeLayer(binding, 'torch')
  for (const [name, order] of Object.entries(inputOrder)) registerOurs(binding, name, order)
  const place =
    device === 'cpu' ? `the CPU, ${binding.threadCount()} threads` : `${device} ${gpuName()}`
  return {
    name: 'torch',
    description:
      `torch: libtorch ${binding.TF_Version} on ${place}, ${precision}, fused kernels, ` +
      `under the kernel layer of tfjs-node-gpu${notices(binding, device, precision)}`,
    optimizer: torchOptimizer(binding, backend),
    limitBytes: undefined,
    peakBytes: () => undefined,
    async close() {
      for (const name of Object.keys(inputOrder)) {
        if (getKernel(name, layerName)) unregisterKernel(name, layerName)
      }
      await close()
    },
  }
}

/** Configures the addon; gives the device that is used. */
function useDevice(binding: TorchBinding, wanted: Device, precision: Precision): string {
  const cuda = join(builtOver().lib, 'libtorch_cuda.so')
  const hasLibrary = existsSync(cuda)
  // The file of the driver. Loading libtorch's CUDA half takes a second, in vain without it.
  const hasDriver = existsSync('/dev/nvidiactl')
  const device = wanted !== 'auto' ? wanted : hasLibrary && hasDriver ? 'cuda:0' : 'cpu'
  if (device !== 'cpu' && !hasLibrary) {
    throw new BackendMissingError(`torch: ${device} is asked for, but this libtorch has no CUDA`, {
      hint: `there is no ${cuda}; build the addon over a libtorch with CUDA, or set \`device: cpu\``,
    })
  }
  try {
    // An escape when a fused operator of some version misbehaves, and what tests compare with.
    const named = process.env['SHARDMILL_TORCH_PLAIN'] !== '1'
    binding.configure(device, precision, named, cuda)
  } catch (cause) {
    throw new BackendMissingError(`torch: ${device} cannot be used: ${messageOf(cause)}`, {
      cause,
      hint: 'check `nvidia-smi`, or set `device: cpu`',
    })
  }
  return device
}

/** The driver's name of the GPUs, for the table of peaks; all of them where they differ. */
function gpuName(): string {
  const folder = '/proc/driver/nvidia/gpus'
  if (!existsSync(folder)) return '(unknown GPU)'
  const names = readdirSync(folder).map((id) => {
    const text = readFileSync(join(folder, id, 'information'), 'utf8')
    return /^Model:\s*(.*)$/m.exec(text)?.[1] ?? 'unknown GPU'
  })
  return `(${[...new Set(names)].join(', ')})`
}

/** One line for each operator found by schema that is not what we know, and so is not used. */
function notices(binding: TorchBinding, device: string, precision: Precision): string {
  const report = binding.namedOperators(device)
  let text = ''
  for (let i = 0; i < report.length; i += 2) {
    const [name, fault] = [report[i]!, report[i + 1]!]
    const isWanted = !name.includes('flash') || (device !== 'cpu' && precision === 'bfloat16')
    if (fault !== '' && isWanted) text += `\n  ${name} ${fault}: the plain form runs`
  }
  return text
}

/** Loads the addon. Throws `BackendMissingError` when it is not built. */
export function loadTorch(threads: number | 'auto'): TorchBinding {
  if (!existsSync(addonPath)) {
    throw new BackendMissingError('torch: the addon is not built', {
      hint: '`pnpm train backend build torch` builds it over a libtorch that is installed',
    })
  }
  // OpenMP reads it when the library is loaded. Changing the number later deadlocks a libtorch that
  // is linked to OpenBLAS.
  process.env['OMP_NUM_THREADS'] = String(threads === 'auto' ? availableParallelism() : threads)
  try {
    const binding = createRequire(import.meta.url)(addonPath) as Partial<TorchBinding>
    if (!binding.configure) throw new Error('it was built from older sources')
    return binding as TorchBinding
  } catch (cause) {
    throw new BackendMissingError(`torch: the addon did not load: ${(cause as Error).message}`, {
      cause,
      hint: 'build it again: `pnpm train backend build torch`',
    })
  }
}

function registerOurs(binding: TorchBinding, kernelName: string, order: readonly string[]): void {
  if (getKernel(kernelName, layerName)) unregisterKernel(kernelName, layerName)
  const kernelFunc: KernelConfig['kernelFunc'] = ({ inputs, attrs, backend }) => {
    const node = backend as NodeBackend
    const given = order.map((name) => inputs[name]).filter((info) => info !== undefined)
    const attributes = attributesOf(binding, attrs ?? {})
    const outputs = node.executeMultipleOutputs(kernelName, attributes, given, 1)
    return lists.has(kernelName) ? outputs : outputs[0]!
  }
  registerKernel({ kernelName, backendName: layerName, kernelFunc })
}

function attributesOf(
  binding: TorchBinding,
  values: Readonly<Record<string, unknown>>,
): Attribute[] {
  const attributes: Attribute[] = []
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === 'number') attributes.push({ name, type: binding.TF_ATTR_FLOAT, value })
    if (typeof value === 'boolean') attributes.push({ name, type: binding.TF_ATTR_BOOL, value })
  }
  return attributes
}

function torchOptimizer(binding: TorchBinding, backend: NodeBackend): FusedOptimizer {
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
      const values = { learningRate, factor, beta1, beta2, epsilon, step }
      backend.executeMultipleOutputs('LmAdamW', attributesOf(binding, values), inputs, 0)
      backend.disposeData(dataId)
    },
  }
}

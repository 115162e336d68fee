// Chooses a provider and says what really runs. `auto` takes the first that loads and can do what is
// asked: libtorch when its addon is built, TensorFlow's binding, a real GPU by WebGPU, WebAssembly.
// Nothing falls back silently: why the others were not chosen is part of the description.
import { setBackend } from '@tensorflow/tfjs-core'
import { BackendMissingError, ConfigError, messageOf } from '@shardmill/core/errors'
import { noDropout } from '../model/config.ts'
import type { Provider, ProviderName, ProviderOptions } from './provider.ts'

/** All providers in the order `auto` tries them. */
export const providerNames: readonly ProviderName[] = [
  'torch',
  'tfjs-node-gpu',
  'webgpu',
  'wasm',
  'cpu',
]

/** Opens a provider and makes it the active tfjs backend. */
export async function openProvider(options: ProviderOptions): Promise<Provider> {
  if (options.backend !== 'auto') {
    const refusal = refusalOf(options.backend, options)
    if (refusal === undefined) return openNamed(options.backend, options)
    const able = refusal.startsWith('dropout') ? 'wasm' : 'torch'
    throw new ConfigError(refusal, { hint: `use \`backend: ${able}\`, or leave the key out` })
  }
  const reasons: string[] = []
  for (const name of providerNames) {
    const refusal = refusalOf(name, options)
    if (refusal !== undefined) {
      reasons.push(refusal)
      continue
    }
    try {
      const provider = await openNamed(name, options)
      if (name === 'webgpu' && 'isSoftware' in provider && provider.isSoftware === true) {
        await provider.close()
        throw new BackendMissingError('webgpu: the adapter is a processor, wasm is faster')
      }
      const description = [provider.description, ...reasons].join('\n  not chosen: ')
      return { ...provider, description }
    } catch (error) {
      if (!(error instanceof BackendMissingError)) throw error
      reasons.push(messageOf(error))
    }
  }
  throw new BackendMissingError(`no backend does what is asked: ${reasons.join('; ')}`, {
    hint: '`train backend list` shows what loads here',
  })
}

/** Why a provider cannot do what is asked, before anything of it is loaded. */
export function refusalOf(
  name: ProviderName,
  options: Pick<ProviderOptions, 'device' | 'precision' | 'dropout'>,
): string | undefined {
  const { device = 'auto', precision = 'float32', dropout = noDropout } = options
  const isProcessor = name === 'wasm' || name === 'cpu'
  // Only these have the kernels; elsewhere dropout would be ignored or take a dense mask.
  if (!isProcessor && Object.values(dropout).some((rate) => rate > 0)) {
    return `dropout: ${name} has none`
  }
  if (name === 'torch') return undefined
  if (precision !== 'float32') return `precision: ${name} computes in float32, not in ${precision}`
  if (device === 'auto') return undefined
  if (isProcessor && device === 'cpu') return undefined
  return isProcessor
    ? `device: ${name} runs on the processor, not on ${device}`
    : `device: ${name} chooses its device itself, \`${device}\` cannot be asked for`
}

async function openNamed(name: ProviderName, options: ProviderOptions): Promise<Provider> {
  if (name === 'torch') return (await import('./torch/provider.ts')).openTorch(options)
  if (name === 'tfjs-node-gpu') return (await import('./tfjs-node-gpu.ts')).openNodeGpu()
  if (name === 'webgpu') return (await import('./webgpu/provider.ts')).openWebgpu()
  return name === 'wasm' ? openWasm(options) : openCpu()
}

async function openWasm({ threads, relaxed }: ProviderOptions): Promise<Provider> {
  const { closeWasm, useWasm, wasmTensors } = await import('./wasm/register.ts')
  const { createWasmOptimizer } = await import('./wasm/optimizer.ts')
  const engine = await useWasm({ relaxed, ...(threads === 'auto' ? {} : { threads }) })
  const instructions = engine.relaxed ? 'relaxed SIMD' : 'SIMD'
  const workers = engine.threads === 1 ? '1 thread' : `${engine.threads} threads`
  return {
    name: 'wasm',
    description: `wasm: own kernels, ${workers}, ${instructions}, Node ${process.version}`,
    optimizer: createWasmOptimizer(wasmTensors()),
    limitBytes: 2 ** 32,
    peakBytes: () => engine.usage().reservedBytes,
    close: closeWasm,
  }
}

async function openCpu(): Promise<Provider> {
  await import('@tensorflow/tfjs-backend-cpu')
  await setBackend('cpu')
  return {
    name: 'cpu',
    description: 'cpu: plain JavaScript of tfjs, the slow reference',
    optimizer: undefined,
    limitBytes: undefined,
    peakBytes: () => undefined,
    close: async () => undefined,
  }
}

// Chooses a provider and says what really runs. `auto` takes the first that loads: libtorch when its
// addon is built, TensorFlow's binding, WebAssembly. Nothing falls back silently: why the others were
// not chosen is part of the description.
import { setBackend } from '@tensorflow/tfjs-core'
import { BackendMissingError, messageOf } from '@shardmill/core/errors'
import type { Provider, ProviderName } from './provider.ts'

export interface ProviderOptions {
  readonly backend: ProviderName | 'auto'
  readonly threads: number | 'auto'
  readonly relaxed: boolean
}

/** All providers in the order `auto` tries them. */
export const providerNames: readonly ProviderName[] = ['torch', 'tfjs-node-gpu', 'wasm', 'cpu']

/** Opens a provider and makes it the active tfjs backend. */
export async function openProvider(options: ProviderOptions): Promise<Provider> {
  if (options.backend !== 'auto') return openNamed(options.backend, options)
  const reasons: string[] = []
  for (const name of providerNames) {
    try {
      const provider = await openNamed(name, options)
      const { description } = provider
      return { ...provider, description: [description, ...reasons].join('\n  not chosen: ') }
    } catch (error) {
      if (!(error instanceof BackendMissingError)) throw error
      reasons.push(messageOf(error))
    }
  }
  throw new BackendMissingError(`no backend loads: ${reasons.join('; ')}`)
}

async function openNamed(name: ProviderName, options: ProviderOptions): Promise<Provider> {
  if (name === 'torch') return (await import('./torch/provider.ts')).openTorch(options.threads)
  if (name === 'tfjs-node-gpu') return (await import('./tfjs-node-gpu.ts')).openNodeGpu()
  return name === 'wasm' ? openWasm(options) : openCpu()
}

async function openWasm({ threads, relaxed }: ProviderOptions): Promise<Provider> {
  const { closeWasm, useWasm, wasmTensors } = await import('./wasm/register.ts')
  const { createWasmOptimizer } = await import('./wasm/optimizer.ts')
  const engine = await useWasm({ relaxed, ...(threads === 'auto' ? {} : { threads }) })
  const instructions = engine.relaxed ? 'relaxed SIMD' : 'SIMD'
  return {
    name: 'wasm',
    description: `wasm: own kernels, ${engine.threads} threads, ${instructions}, Node ${process.version}`,
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

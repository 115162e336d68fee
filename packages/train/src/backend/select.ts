// Chooses a provider and says what really runs. `auto` takes the official GPU binding when it loads,
// else WebAssembly; nothing falls back silently, the reason is part of the description.
import { setBackend } from '@tensorflow/tfjs-core'
import { messageOf } from '@shardmill/core/errors'
import type { Provider, ProviderName } from './provider.ts'

export interface ProviderOptions {
  readonly backend: ProviderName | 'auto'
  readonly threads: number | 'auto'
  readonly relaxed: boolean
}

/** All providers in the order `auto` tries them. */
export const providerNames: readonly ProviderName[] = ['tfjs-node-gpu', 'wasm', 'cpu']

/** Opens a provider and makes it the active tfjs backend. */
export async function openProvider(options: ProviderOptions): Promise<Provider> {
  const { backend } = options
  if (backend === 'cpu') return openCpu()
  if (backend === 'wasm') return openWasm(options)
  const { openNodeGpu } = await import('./tfjs-node-gpu.ts')
  if (backend === 'tfjs-node-gpu') return openNodeGpu()
  try {
    return await openNodeGpu()
  } catch (error) {
    const provider = await openWasm(options)
    const reason = messageOf(error)
    return { ...provider, description: `${provider.description}\n  not chosen: ${reason}` }
  }
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

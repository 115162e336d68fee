// The official native binding of TensorFlow, @tensorflow/tfjs-node-gpu. Its install script would
// download libtensorflow 2.9.1 for CUDA 11.2 and cuDNN 8.1 (older than Hopper: an H100 or H200 runs
// it slowly or not at all); this repository never runs install scripts. The binding is used when it
// is there: where `npm rebuild` leaves it, or where SHARDMILL_TFJS_BINDING says, for one that was
// built over another libtensorflow (bench/tfjs-binding.js builds it over a TensorFlow wheel).
// The package's kernel layer runs on it; models are composed of its stock operations.
import { existsSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import util from 'node:util'
import { BackendMissingError } from '@shardmill/core/errors'
import { openNodeLayer, type NodeBinding } from './node-layer.ts'
import type { Provider } from './provider.ts'

interface TensorflowBinding extends NodeBinding {
  isUsingGpuDevice(): boolean
}

/** Loads the binding and makes it the active backend. Throws `BackendMissingError` with the reason. */
export async function openNodeGpu(): Promise<Provider> {
  const binding = load()
  const layer = await openNodeLayer(binding, 'tfjs-node-gpu')
  const device = binding.isUsingGpuDevice() ? 'a GPU' : 'the processor'
  return {
    name: 'tfjs-node-gpu',
    description: `tfjs-node-gpu: TensorFlow ${binding.TF_Version} on ${device}, stock operations`,
    optimizer: undefined,
    limitBytes: undefined,
    peakBytes: () => undefined,
    close: layer.close,
  }
}

function load(): TensorflowBinding {
  // Node 23 removed two helpers that the kernel layer calls on almost every operation (tfjs#8425).
  const helpers = util as unknown as Record<string, unknown>
  helpers['isNullOrUndefined'] ??= (value: unknown) => value === null || value === undefined
  helpers['isArray'] ??= Array.isArray
  const path = process.env['SHARDMILL_TFJS_BINDING'] ?? installed()
  try {
    if (path === undefined || !existsSync(path)) {
      const where = path === undefined ? '' : ` at ${path}`
      throw new Error(`tfjs_binding.node is not built${where}`)
    }
    return createRequire(import.meta.url)(path) as TensorflowBinding
  } catch (cause) {
    throw new BackendMissingError(
      `tfjs-node-gpu: the native binding did not load (${why(cause)})`,
      {
        cause,
        hint:
          '`npm rebuild @tensorflow/tfjs-node-gpu` fetches one (libtensorflow 2.9.1, CUDA 11.2), ' +
          'SHARDMILL_TFJS_BINDING names another; or use `backend: wasm`',
      },
    )
  }
}

/** Where the package's install script would have put it; the newest Node-API version first. */
function installed(): string | undefined {
  const manifest = createRequire(import.meta.url).resolve('@tensorflow/tfjs-node-gpu/package.json')
  const folder = join(dirname(manifest), 'lib')
  if (!existsSync(folder)) return undefined
  const versions = readdirSync(folder).filter((name) => /^napi-v\d+$/.test(name))
  const number = (name: string): number => Number(name.slice('napi-v'.length))
  return versions
    .toSorted((a, b) => number(b) - number(a))
    .map((name) => join(folder, name, 'tfjs_binding.node'))
    .find((path) => existsSync(path))
}

function why(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  if (/libcud|libtensorflow|shared object/.test(text)) {
    return text.split('\n')[0]!.replace(/^.*?(lib\w+[^:]*).*$/, 'missing $1')
  }
  return text.split('\n')[0]!.slice(0, 200)
}

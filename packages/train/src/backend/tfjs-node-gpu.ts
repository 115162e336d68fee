// The official native binding of TensorFlow, @tensorflow/tfjs-node-gpu. Its install script would
// download libtensorflow 2.9.1 for CUDA 11.2 and cuDNN 8.1; this repository never runs install
// scripts, so the binding is there only when somebody built or fetched it:
//   npm rebuild @tensorflow/tfjs-node-gpu
// CUDA 11.2 is older than Hopper: an H100 or H200 runs it slowly or not at all. When it loads, the
// models run on it by stock operations; our fused kernels do not exist there.
import { createRequire } from 'node:module'
import util from 'node:util'
import { setBackend } from '@tensorflow/tfjs-core'
import { BackendMissingError } from '@shardmill/core/errors'
import type { Provider } from './provider.ts'

interface NodeBinding {
  readonly version: Readonly<Record<string, string>>
  readonly node: { readonly isUsingGpu?: () => boolean }
}

/** Loads the binding and makes it the active backend. Throws `BackendMissingError` with the reason. */
export async function openNodeGpu(): Promise<Provider> {
  const binding = load()
  await setBackend('tensorflow')
  const versions = binding.version
  return {
    name: 'tfjs-node-gpu',
    description:
      `tfjs-node-gpu ${versions['tfjs-node'] ?? ''}: TensorFlow ${versions['tensorflow'] ?? ''}, ` +
      "stock operations (whether a GPU is used is in TensorFlow's own log lines)",
    optimizer: undefined,
    limitBytes: undefined,
    peakBytes: () => undefined,
    close: async () => undefined,
  }
}

function load(): NodeBinding {
  // Node 23 removed two helpers that the binding calls on almost every operation (tfjs#8425).
  const helpers = util as unknown as Record<string, unknown>
  helpers['isNullOrUndefined'] ??= (value: unknown) => value === null || value === undefined
  helpers['isArray'] ??= Array.isArray
  try {
    return createRequire(import.meta.url)('@tensorflow/tfjs-node-gpu') as NodeBinding
  } catch (cause) {
    throw new BackendMissingError(
      `tfjs-node-gpu: the native binding did not load (${why(cause)})`,
      {
        cause,
        hint:
          'build it with `npm rebuild @tensorflow/tfjs-node-gpu` (downloads libtensorflow 2.9.1; ' +
          'needs CUDA 11.2 and cuDNN 8.1), or use `backend: wasm`',
      },
    )
  }
}

function why(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  if (/tfjs_binding\.node|Cannot find module/.test(text)) return 'tfjs_binding.node is not built'
  if (/libcud|libtensorflow|shared object/.test(text)) {
    return text.split('\n')[0]!.replace(/^.*?(lib\w+[^:]*).*$/, 'missing $1')
  }
  return text.split('\n')[0]!.slice(0, 200)
}

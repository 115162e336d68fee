// The webgpu provider: tfjs's WebGPU backend on Dawn, with synchronous reads and our own WGSL where
// stock operations would hold a [tokens, tokens] mask, the whole logits or read every parameter back.
// For laptops and GPUs that are not NVIDIA's: float32 only, no tensor cores. On SwiftShader it is
// right and slow, which is what tests use it for.
import {
  findBackendFactory,
  registerBackend,
  removeBackend,
  setBackend,
  util,
} from '@tensorflow/tfjs-core'
import type { Provider } from '../provider.ts'
import { openDawn, stagingBuffer, type Dawn } from './dawn.ts'
import type { WebgpuBackend } from './gpu.ts'
import { registerWebgpuKernels } from './kernels.ts'
import { createWebgpuOptimizer } from './optimizer.ts'

let current: { dawn: Dawn; backend: WebgpuBackend } | undefined

/** Opens Dawn as the active tfjs backend. Throws `BackendMissingError` with what is missing. */
export async function openWebgpu(): Promise<Provider & { readonly isSoftware: boolean }> {
  current ??= await create()
  const { dawn, backend } = current
  await setBackend('webgpu')
  const { description, device, vendor } = dawn.adapter.info
  const software = dawn.isSoftware ? ', a processor playing a GPU' : ''
  return {
    name: 'webgpu',
    description: `webgpu: Dawn on ${description || device || vendor}${software}, own WGSL kernels, float32`,
    optimizer: createWebgpuOptimizer(backend),
    limitBytes: undefined,
    peakBytes: () => backend.bufferManager.numBytesAllocated,
    isSoftware: dawn.isSoftware,
    async close() {
      if (!current) return
      current = undefined
      removeBackend('webgpu')
      dawn.close()
    },
  }
}

async function create(): Promise<{ dawn: Dawn; backend: WebgpuBackend }> {
  const dawn = await openDawn()
  const backend = new dawn.backendModule.WebGPUBackend(dawn.device, dawn.adapter.info)
  backend.readSync = (dataId) => readSync(dawn, backend, dataId)
  backend.read = async (dataId) => readSync(dawn, backend, dataId)
  // tfjs registers a backend of the same name when it is loaded, which would open a second device.
  if (findBackendFactory('webgpu')) removeBackend('webgpu')
  registerBackend('webgpu', () => backend)
  registerWebgpuKernels()
  return { dawn, backend }
}

type Values = ReturnType<WebgpuBackend['readSync']>

/** Unlike tfjs's, keeps no copy on the host: our optimiser writes parameters in place. */
function readSync(dawn: Dawn, backend: WebgpuBackend, dataId: object): Values {
  const data = backend.tensorMap.get(dataId)
  if (data.values) return data.values as Values
  dawn.check()
  if (!data.resource) return util.getTypedArrayFromDType(data.dtype as 'float32', 0)
  const { size } = data.resource
  const staging = stagingBuffer(dawn.device, size)
  backend.ensureCommandEncoderReady()
  backend.endComputePassEncoder()
  backend.commandEncoder!.copyBufferToBuffer(data.resource, 0, staging, 0, size)
  backend.submitQueue()
  const bytes = dawn.readBuffer(staging)
  staging.destroy()
  return util.convertBackendValuesAndArrayBuffer(bytes, data.dtype)
}

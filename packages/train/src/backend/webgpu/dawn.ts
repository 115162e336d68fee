// WebGPU in Node: Dawn, Chromium's implementation, from the npm package `webgpu`, under tfjs's own
// WebGPU backend. Both are optional peers: nothing of it is installed or downloaded unless asked for.
// tfjs reads results either asynchronously or through a browser's canvas; our loops read losses
// synchronously, so `readBuffer` turns Dawn's event loop by hand: Dawn asks Node's setImmediate to
// call it back, and that callback may as well be called by us.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { BackendMissingError, messageOf, PipelineError } from '@shardmill/core/errors'
import type { DawnModule, GpuAdapter, GpuBuffer, GpuDevice, WebgpuModule } from './gpu.ts'

/** The versions this was written for; tfjs must be exact, we lean on its internals. */
const packages = { dawn: 'webgpu', backend: '@tensorflow/tfjs-backend-webgpu' }
export const installCommand = 'pnpm add -w webgpu@0.6.2 @tensorflow/tfjs-backend-webgpu@4.22.0'

// GPUBufferUsage and GPUMapMode of the WebGPU specification.
const MAP_READ = 1
const COPY_DST = 8
const MODE_READ = 1

export interface Dawn {
  readonly adapter: GpuAdapter
  readonly device: GpuDevice
  readonly backendModule: WebgpuModule
  /** Whether a processor plays the GPU (SwiftShader, llvmpipe). */
  readonly isSoftware: boolean
  /** Throws what went wrong on the device since it was opened. */
  check(): void
  /** Waits until a buffer is mapped and gives a copy of its bytes. */
  readBuffer(buffer: GpuBuffer): ArrayBuffer
  close(): void
}

/** Loads both packages and opens the adapter. Throws `BackendMissingError` with the reason. */
export async function openDawn(): Promise<Dawn> {
  const paths = findPackages()
  const { create, globals } = await loadDawn(paths.dawn)
  Object.assign(globalThis, globals)
  const turns = captureTurns()
  let gpu: ReturnType<typeof create> | undefined
  try {
    gpu = create([])
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
    if (!adapter) {
      throw new BackendMissingError('webgpu: Dawn finds no adapter here', {
        hint:
          'it needs the Vulkan loader (libvulkan.so.1) and a driver; VK_DRIVER_FILES names one ' +
          'that is not installed, SwiftShader for example',
      })
    }
    const device = await adapter.requestDevice({ requiredLimits: limitsOf(adapter) })
    // tfjs looks for `navigator.gpu` when it is loaded and when a backend is made, not later.
    const restore = lendNavigator(gpu)
    const backendModule = createRequire(import.meta.url)(paths.backend) as WebgpuModule
    const watched = watch(device, turns)
    return { ...watched, adapter, device, backendModule, isSoftware: isSoftware(adapter), close }

    function close(): void {
      restore()
      device.destroy()
      turns.restore()
      // As long as this reference lives, Node does not end.
      gpu = undefined
    }
  } catch (cause) {
    turns.restore()
    gpu = undefined
    if (cause instanceof PipelineError) throw cause
    throw new BackendMissingError(`webgpu: ${messageOf(cause)}`, { cause })
  }
}

function findPackages(): { dawn: string; backend: string } {
  const { resolve } = createRequire(import.meta.url)
  const missing: string[] = []
  const find = (name: string): string => {
    try {
      return resolve(name)
    } catch {
      missing.push(name)
      return ''
    }
  }
  const paths = { dawn: find(packages.dawn), backend: find(packages.backend) }
  if (missing.length === 0) return paths
  const are = missing.length > 1 ? 'are' : 'is'
  throw new BackendMissingError(`webgpu: ${missing.join(' and ')} ${are} not installed`, {
    hint: installCommand,
  })
}

async function loadDawn(path: string): Promise<DawnModule> {
  try {
    return (await import(pathToFileURL(path).href)) as DawnModule
  } catch (cause) {
    const { platform, arch } = process
    throw new BackendMissingError(`webgpu: Dawn does not load: ${messageOf(cause)}`, {
      cause,
      hint: `the package has no binary for ${platform} ${arch}, or a system library is missing`,
    })
  }
}

/** As much as the adapter can: parameters are one binding each, and the default is 128 MiB. */
function limitsOf({ limits }: GpuAdapter): Record<string, number> {
  const names = [
    'maxBufferSize',
    'maxStorageBufferBindingSize',
    'maxComputeWorkgroupStorageSize',
    'maxComputeWorkgroupsPerDimension',
    'maxComputeWorkgroupSizeX',
    'maxComputeInvocationsPerWorkgroup',
  ]
  return Object.fromEntries(names.map((name) => [name, limits[name]!]))
}

function isSoftware({ info }: GpuAdapter): boolean {
  const words = `${info.architecture} ${info.device} ${info.description}`
  return info.isFallbackAdapter === true || /swiftshader|llvmpipe|lavapipe/i.test(words)
}

function lendNavigator(gpu: object): () => void {
  const globals = globalThis as { navigator?: object }
  const had = globals.navigator !== undefined
  if (!had) Object.defineProperty(globals, 'navigator', { value: {}, configurable: true })
  Object.defineProperty(globals.navigator, 'gpu', { value: gpu, configurable: true })
  return () => {
    if (had) Reflect.deleteProperty(globals.navigator!, 'gpu')
    else Reflect.deleteProperty(globals, 'navigator')
  }
}

interface Turns {
  /** One turn of Dawn's event loop; false before Dawn has asked for one. */
  turn(): boolean
  restore(): void
}

/** Dawn's callbacks are the only nameless native functions that anybody gives to setImmediate. */
function captureTurns(): Turns {
  const original = globalThis.setImmediate
  let callback: (() => void) | undefined
  const wrapped = (given: (...values: unknown[]) => void, ...values: unknown[]): unknown => {
    const text = Function.prototype.toString.call(given)
    if (!callback && given.name === '' && text.includes('[native code]')) {
      callback = given
      globalThis.setImmediate = original
    }
    return original(given, ...values)
  }
  globalThis.setImmediate = Object.assign<object, typeof setImmediate>(wrapped, original)
  return {
    turn() {
      callback?.()
      return callback !== undefined
    },
    restore() {
      globalThis.setImmediate = original
    },
  }
}

/** Errors arrive between turns; they are thrown at the next read. */
function watch(device: GpuDevice, turns: Turns): Pick<Dawn, 'check' | 'readBuffer'> {
  let fault: string | undefined
  device.addEventListener('uncapturederror', (event) => {
    // Dawn would print it.
    event.preventDefault()
    fault ??= event.error.message
  })
  void device.lost.then(({ reason, message }) => {
    fault = `the device was lost (${reason}): ${message}`
  })
  const clock = new Int32Array(new SharedArrayBuffer(4))

  function check(): void {
    if (fault === undefined) return
    throw new PipelineError(`webgpu: ${fault}`, {
      hint: /memory/i.test(fault)
        ? 'lower `batchRows` and raise `accumulate` by as much'
        : 'the run goes on from its last checkpoint',
    })
  }

  function readBuffer(buffer: GpuBuffer): ArrayBuffer {
    let failure: unknown
    buffer.mapAsync(MODE_READ).catch((cause: unknown) => {
      failure = cause
    })
    let waits = 0
    while (buffer.mapState === 'pending' && turns.turn()) {
      // Twenty turns at once, then naps of up to 1 ms: the device may need the core.
      if (++waits > 20) Atomics.wait(clock, 0, 0, Math.min(1, waits / 1000))
    }
    check()
    if (buffer.mapState !== 'mapped') {
      throw new PipelineError('webgpu: a result cannot be read, the device is lost', {
        hint: 'the run goes on from its last checkpoint',
        cause: failure,
      })
    }
    const bytes = buffer.getMappedRange().slice(0)
    buffer.unmap()
    return bytes
  }

  return { check, readBuffer }
}

/** A buffer that results are copied to, to be read. */
export function stagingBuffer(device: GpuDevice, size: number): GpuBuffer {
  return device.createBuffer({ size, usage: MAP_READ | COPY_DST })
}

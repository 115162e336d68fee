// Makes the engine a tfjs backend named `shardmill-wasm`: our fused kernels, a few stock operations
// of our own, and every other stock operation through tfjs's cpu kernels on views of our memory (a
// copy in and out; only small tensors ever go that way in training).
import {
  getKernelsForBackend,
  registerBackend,
  registerKernel,
  removeBackend,
  setBackend,
  type KernelConfig,
  type TensorInfo,
} from '@tensorflow/tfjs-core'
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu'
import type { KernelCall } from '../../ops/kernel.ts'
import { createEngine, kernels, type Engine, type EngineOptions } from './engine.ts'
import { ELEMENTS, implementations } from './kernels.ts'
import { WasmTensors } from './tensors.ts'

export const backendName = 'shardmill-wasm'

type Run = (call: KernelCall<never>, tensors: WasmTensors) => TensorInfo | TensorInfo[]

let active: WasmTensors | undefined
let isRegistered = false

/** Starts an engine as the active tfjs backend, or gives the running one. */
export async function useWasm(options: EngineOptions = {}): Promise<Engine> {
  if (!active) {
    const tensors = new WasmTensors(createEngine(options))
    registerBackend(backendName, () => tensors)
    active = tensors
  }
  if (!isRegistered) registerAll()
  isRegistered = true
  await setBackend(backendName)
  return active.engine
}

/** Ends the engine and forgets its tensors; the next `useWasm` starts a new one. */
export async function closeWasm(): Promise<void> {
  const engine = active?.engine
  active = undefined
  removeBackend(backendName)
  await engine?.close()
}

/** The tensors of the running backend. */
export function wasmTensors(): WasmTensors {
  if (!active) throw new Error('wasm: the backend is not running')
  return active
}

function registerAll(): void {
  const own: Record<string, Run> = {
    ...implementations,
    Identity: ({ inputs }, tensors) => tensors.share(inputs['x']!),
    Reshape: ({ inputs, attrs }: KernelCall<{ shape: number[] }>, tensors) =>
      tensors.share(inputs['x']!, inferShape(inputs['x']!.shape, attrs.shape)),
    ExpandDims: ({ inputs, attrs }: KernelCall<{ dim: number }>, tensors) => {
      const shape = [...inputs['input']!.shape]
      shape.splice(attrs.dim < 0 ? shape.length + 1 + attrs.dim : attrs.dim, 0, 1)
      return tensors.share(inputs['input']!, shape)
    },
  }
  const cpu = new MathBackendCPU()
  for (const { kernelName, kernelFunc } of getKernelsForBackend('cpu')) {
    if (own[kernelName]) continue
    const borrowed = borrow(kernelFunc, cpu)
    register(kernelName, kernelName === 'Add' ? addOr(borrowed) : borrowed)
  }
  for (const [name, run] of Object.entries(own)) register(name, run)
}

function register(kernelName: string, run: Run): void {
  registerKernel({
    kernelName,
    backendName,
    kernelFunc: ({ inputs, attrs, backend }) =>
      run({ inputs, attrs: attrs as never }, backend as WasmTensors),
  })
}

/** Sums of equal shapes (residual connections, accumulated gradients) on the engine. */
function addOr(borrowed: Run): Run {
  return (call, tensors) => {
    const [a, b] = [call.inputs['a']!, call.inputs['b']!]
    const same = a.shape.length === b.shape.length && a.shape.every((n, i) => n === b.shape[i])
    if (!same || a.dtype !== 'float32' || b.dtype !== 'float32') return borrowed(call, tensors)
    const out = tensors.make(a.shape)
    const length = a.shape.reduce((x, y) => x * y, 1)
    const args = [tensors.address(a), tensors.address(b), tensors.address(out), length]
    tensors.engine.run(kernels.add, Math.ceil(length / ELEMENTS), args)
    return out
  }
}

/** A cpu kernel over our tensors. */
function borrow(kernelFunc: KernelConfig['kernelFunc'], cpu: MathBackendCPU): Run {
  return ({ inputs, attrs }, tensors) => {
    // Operations with any number of inputs (Concat) are given a list.
    const lent: Record<string, TensorInfo> = Array.isArray(inputs) ? ([] as never) : {}
    for (const [name, info] of Object.entries(inputs)) {
      if (!info) continue
      const values = tensors.view(info) as Float32Array
      lent[name] = cpu.makeTensorInfo(info.shape, info.dtype, values)
    }
    const result = kernelFunc({ inputs: lent, backend: cpu, attrs })
    const results = Array.isArray(result) ? result : [result]
    const outputs = results.map((info) => {
      const out = tensors.make(info.shape, info.dtype)
      ;(tensors.view(out) as Float32Array).set(cpu.readSync(info.dataId) as Float32Array)
      return out
    })
    for (const info of [...results, ...Object.values(lent)]) {
      if (cpu.refCount(info.dataId) > 0) cpu.disposeData(info.dataId, true)
    }
    return Array.isArray(result) ? outputs : outputs[0]!
  }
}

/** `shape` with one -1 replaced by what the size leaves. */
function inferShape(from: readonly number[], shape: readonly number[]): number[] {
  const size = from.reduce((a, b) => a * b, 1)
  const known = shape.reduce((a, b) => (b === -1 ? a : a * b), 1)
  return shape.map((n) => (n === -1 ? size / known : n))
}

// The part of WebGPU and of tfjs's backend for it that this folder uses. Neither package is installed
// by default, so their own types cannot be imported.
import type { DataType, KernelBackend, TensorInfo } from '@tensorflow/tfjs-core'

export interface GpuBuffer {
  readonly size: number
  readonly mapState: 'unmapped' | 'pending' | 'mapped'
  mapAsync(mode: number): Promise<void>
  getMappedRange(): ArrayBuffer
  unmap(): void
  destroy(): void
}

export interface GpuPass {
  setPipeline(pipeline: GpuPipeline): void
  setBindGroup(index: number, group: object): void
  dispatchWorkgroups(x: number, y?: number): void
}

export interface GpuEncoder {
  beginComputePass(): GpuPass
  copyBufferToBuffer(from: GpuBuffer, at: number, to: GpuBuffer, into: number, bytes: number): void
}

export interface GpuPipeline {
  getBindGroupLayout(index: number): object
}

export interface GpuDevice {
  readonly limits: Readonly<Record<string, number>>
  readonly lost: Promise<{ readonly reason: string; readonly message: string }>
  addEventListener(
    name: 'uncapturederror',
    listener: (event: {
      readonly error: { readonly message: string }
      preventDefault(): void
    }) => void,
  ): void
  createBuffer(options: { size: number; usage: number }): GpuBuffer
  createShaderModule(options: { code: string; label: string }): object
  createComputePipeline(options: {
    layout: 'auto'
    label: string
    compute: { module: object; entryPoint: string }
  }): GpuPipeline
  createBindGroup(options: {
    layout: object
    entries: readonly { binding: number; resource: object }[]
  }): object
  destroy(): void
}

export interface GpuAdapter {
  readonly features: ReadonlySet<string>
  readonly limits: Readonly<Record<string, number>>
  readonly info: {
    readonly vendor: string
    readonly architecture: string
    readonly device: string
    readonly description: string
    readonly isFallbackAdapter?: boolean
  }
  requestDevice(options: object): Promise<GpuDevice>
}

export interface Gpu {
  requestAdapter(options: object): Promise<GpuAdapter | null>
}

/** npm `webgpu`. */
export interface DawnModule {
  readonly globals: object
  readonly create: (options: readonly string[]) => Gpu
}

interface TensorData {
  values: unknown
  readonly dtype: DataType
  readonly resource?: GpuBuffer
}

interface Uniform {
  readonly type: 'int32' | 'float32'
  readonly data: number[]
}

/** WebGPUBackend of @tensorflow/tfjs-backend-webgpu 4.22.0, with the private fields we lean on. */
export interface WebgpuBackend extends KernelBackend {
  readonly device: GpuDevice
  readonly tensorMap: { get(dataId: object): TensorData }
  readonly bufferManager: { readonly numBytesAllocated: number }
  readonly commandQueueOwnedIds: WeakSet<object>
  commandEncoder: GpuEncoder | null
  computePassEncoder: GpuPass | null
  dispatchCountInPass: number
  makeTensorInfo(shape: number[], dtype: DataType, values?: Float32Array | Int32Array): TensorInfo
  uploadToGPU(dataId: object): void
  makeUniforms(uniforms: Uniform[]): object
  ensureCommandEncoderReady(): void
  endComputePassEncoder(): void
  submitQueue(): void
}

/** @tensorflow/tfjs-backend-webgpu. */
export interface WebgpuModule {
  readonly WebGPUBackend: new (device: GpuDevice, info: GpuAdapter['info']) => WebgpuBackend
}

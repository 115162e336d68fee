// Runs WGSL of our own in the command stream of tfjs's backend. A kernel is source text with bindings
// 0 .. n-1 for its tensors and one uniform struct `u` after them; pipelines are kept by text.
import type { DataType, TensorInfo } from '@tensorflow/tfjs-core'
import type { GpuPipeline, WebgpuBackend } from './gpu.ts'

export interface Program {
  readonly name: string
  /** WGSL; entry point `main`. `tensors` and `uniforms` are declared by `declare`. */
  readonly code: string
}

const pipelines = new WeakMap<WebgpuBackend, Map<string, GpuPipeline>>()

/** Bindings for tensors (name and element type; a leading `=` means written) and integer or float uniforms. */
export function declare(
  tensors: readonly (readonly [name: string, type: string])[],
  uniforms: readonly (readonly [name: string, type: 'i32' | 'f32'])[],
): string {
  const bindings = tensors.map(([name, type], i) => {
    const access = name.startsWith('=') ? 'read_write' : 'read'
    const plain = name.replace('=', '')
    return `@group(0) @binding(${i}) var<storage, ${access}> ${plain}: array<${type}>;`
  })
  const fields = uniforms.map(([name, type]) => `${name}: ${type},`).join(' ')
  const uniform = `@group(0) @binding(${tensors.length}) var<uniform> u: Uniforms;`
  return [`struct Uniforms { ${fields} }`, ...bindings, uniform].join('\n')
}

/** A new tensor on the device, its content undefined. */
export function allocate(
  backend: WebgpuBackend,
  shape: number[],
  dtype: DataType = 'float32',
): TensorInfo {
  const info = backend.makeTensorInfo(shape, dtype)
  backend.uploadToGPU(info.dataId)
  return info
}

/** Records one dispatch. Uniforms are given in the order they were declared: 'i' or 'f' and the number. */
export function dispatch(
  backend: WebgpuBackend,
  { name, code }: Program,
  tensors: readonly TensorInfo[],
  uniforms: readonly (readonly ['i' | 'f', number])[],
  groups: number,
): void {
  if (groups === 0) return
  const pipeline = pipelineOf(backend, name, code)
  for (const { dataId } of tensors) backend.uploadToGPU(dataId)
  const resources: object[] = tensors.map(({ dataId }) => ({
    buffer: backend.tensorMap.get(dataId).resource!,
  }))
  resources.push(
    backend.makeUniforms(
      uniforms.map(([type, value]) => ({
        type: type === 'i' ? 'int32' : 'float32',
        data: [value],
      })),
    ),
  )
  const group = backend.device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: resources.map((resource, binding) => ({ binding, resource })),
  })
  for (const { dataId } of tensors) backend.commandQueueOwnedIds.add(dataId)
  backend.ensureCommandEncoderReady()
  backend.computePassEncoder ??= backend.commandEncoder!.beginComputePass()
  const pass = backend.computePassEncoder
  pass.setPipeline(pipeline)
  pass.setBindGroup(0, group)
  // A dimension holds 65,535 groups at least; kernels count over both.
  const width = Math.min(groups, 32_768)
  pass.dispatchWorkgroups(width, Math.ceil(groups / width))
  // Submitted like tfjs's own dispatches, 15 at a time.
  if (++backend.dispatchCountInPass >= 15) {
    backend.endComputePassEncoder()
    backend.submitQueue()
  }
}

function pipelineOf(backend: WebgpuBackend, label: string, code: string): GpuPipeline {
  let known = pipelines.get(backend)
  if (!known) pipelines.set(backend, (known = new Map()))
  let pipeline = known.get(code)
  if (!pipeline) {
    const module = backend.device.createShaderModule({ code, label })
    const compute = { module, entryPoint: 'main' }
    pipeline = backend.device.createComputePipeline({ layout: 'auto', label, compute })
    known.set(code, pipeline)
  }
  return pipeline
}

// The tfjs backend over the engine's memory: a tensor is an address. Reading is free (a view), and
// memory is returned the moment the last reference goes; nothing waits for a garbage collector.
import {
  DataStorage,
  engine as tfjsEngine,
  KernelBackend,
  util,
  type DataType,
  type TensorInfo,
} from '@tensorflow/tfjs-core'
import { PipelineError } from '@shardmill/core/errors'
import type { Engine } from './engine.ts'

type DataId = TensorInfo['dataId']
type Values = Parameters<KernelBackend['write']>[0]

interface Entry {
  readonly address: number
  readonly length: number
  readonly dtype: DataType
  references: number
}

export class WasmTensors extends KernelBackend {
  readonly engine: Engine
  readonly #data: DataStorage<Entry>

  constructor(engine: Engine) {
    super()
    this.engine = engine
    this.#data = new DataStorage(this, tfjsEngine())
  }

  /** A new tensor with undefined content. */
  make(shape: number[], dtype: DataType = 'float32'): TensorInfo {
    const length = util.sizeFromShape(shape)
    const dataId: DataId = {}
    this.#register(dataId, length, dtype, 1)
    return { dataId, shape, dtype }
  }

  /** Another tensor over the same data. */
  share(info: TensorInfo, shape: number[] = info.shape): TensorInfo {
    this.incRef(info.dataId)
    return { dataId: info.dataId, shape, dtype: info.dtype }
  }

  /** Where a tensor's data lies. */
  address(info: TensorInfo): number {
    return this.#data.get(info.dataId).address
  }

  /** A view of a tensor's data, valid until the memory grows. */
  view(info: TensorInfo): Float32Array | Int32Array | Uint8Array {
    return this.readSync(info.dataId)
  }

  override write(values: Values, shape: number[], dtype: DataType): DataId {
    const dataId: DataId = {}
    this.move(dataId, values, shape, dtype, 1)
    return dataId
  }

  override move(
    dataId: DataId,
    values: Values,
    shape: number[],
    dtype: DataType,
    references: number,
  ): void {
    this.#register(dataId, util.sizeFromShape(shape), dtype, references)
    if (values) (this.readSync(dataId) as Float32Array).set(values as Float32Array)
  }

  override async read(dataId: DataId): Promise<Float32Array | Int32Array | Uint8Array> {
    return this.readSync(dataId).slice()
  }

  override readSync(dataId: DataId): Float32Array | Int32Array | Uint8Array {
    const { address, length, dtype } = this.#data.get(dataId)
    if (dtype === 'int32') return this.engine.ints(address, length)
    if (dtype === 'bool') return this.engine.bytes(address, length)
    return this.engine.floats(address, length)
  }

  override disposeData(dataId: DataId, force = false): boolean {
    if (!this.#data.has(dataId)) return true
    const entry = this.#data.get(dataId)
    entry.references--
    if (!force && entry.references > 0) return false
    this.engine.free(entry.address)
    this.#data.delete(dataId)
    return true
  }

  override incRef(dataId: DataId): void {
    this.#data.get(dataId).references++
  }

  override refCount(dataId: DataId): number {
    return this.#data.has(dataId) ? this.#data.get(dataId).references : 0
  }

  override numDataIds(): number {
    return this.#data.numDataIds()
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: false }
  }

  override timerAvailable(): boolean {
    return false
  }

  override floatPrecision(): 16 | 32 {
    return 32
  }

  override epsilon(): number {
    return 1e-7
  }

  /** The engine is closed by who opened it. */
  override dispose(): void {}

  #register(dataId: DataId, length: number, dtype: DataType, references: number): void {
    if (dtype === 'string' || dtype === 'complex64') {
      throw new PipelineError(`wasm: tensors of ${dtype} are not supported`)
    }
    const bytes = length * (dtype === 'bool' ? 1 : 4)
    const address = this.engine.allocate(bytes)
    this.#data.set(dataId, { address, length, dtype, references })
  }
}

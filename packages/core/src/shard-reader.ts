// Reads an Arrow shard batch by batch through a file handle: any size, any batch, memory of one
// batch. Text and binary columns are offered as UTF-8 slices, so rows can be copied undecoded.
import { open, type FileHandle } from 'node:fs/promises'
import { AsyncRecordBatchFileReader, RecordBatchReader, type RecordBatch } from 'apache-arrow'
import { InputError } from './errors.ts'

/** One record batch of a shard. */
export class ShardBatch {
  readonly rows: number
  readonly #batch: RecordBatch

  constructor(batch: RecordBatch) {
    this.#batch = batch
    this.rows = batch.numRows
  }

  /** A text or binary column, or undefined when the shard has none of that name. */
  bytes(name: string): BytesView | undefined {
    const data = this.#batch.getChild(name)?.data[0]
    return data ? new BytesView(data.values as Uint8Array, data.valueOffsets) : undefined
  }

  /** A column of lists: row r is `values[offsets[r], offsets[r + 1])`; truth values are bits. */
  lists(name: string): ListView | undefined {
    const data = this.#batch.getChild(name)?.data[0]
    const values = data?.children[0]?.values as ListView['values'] | undefined
    return values ? { offsets: data!.valueOffsets, values } : undefined
  }

  /** A column of numbers as a typed array, or undefined. */
  numbers(name: string): ArrayLike<number> | undefined {
    const data = this.#batch.getChild(name)?.data[0]
    return data ? (data.values as Float32Array).subarray(0, this.rows) : undefined
  }
}

export interface ListView {
  readonly offsets: Int32Array
  readonly values: Uint8Array | Uint16Array | Uint32Array
}

/** Rows of a text or binary column. */
export class BytesView {
  readonly #bytes: Buffer
  readonly #offsets: Int32Array

  constructor(values: Uint8Array, offsets: Int32Array) {
    this.#bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength)
    this.#offsets = offsets
  }

  /** The bytes of one row; a view, valid as long as its batch. */
  slice(row: number): Uint8Array {
    return this.#bytes.subarray(this.#offsets[row], this.#offsets[row + 1])
  }

  /** One row decoded. */
  text(row: number): string {
    return this.#bytes.toString('utf8', this.#offsets[row], this.#offsets[row + 1])
  }

  byteLength(row: number): number {
    return this.#offsets[row + 1]! - this.#offsets[row]!
  }
}

/** How many rows an Arrow file has. */
export async function readRowCount(path: string): Promise<number> {
  let rows = 0
  for await (const batch of readBatches(path)) rows += batch.rows
  return rows
}

/** The batches of a shard in order; it is closed when the loop over them ends, however it ends. */
export async function* readBatches(path: string): AsyncGenerator<ShardBatch> {
  const reader = await ShardReader.open(path)
  try {
    yield* reader.batches()
  } finally {
    await reader.close()
  }
}

export class ShardReader {
  readonly path: string
  readonly batchCount: number
  readonly columns: readonly string[]
  readonly metadata: ReadonlyMap<string, string>
  readonly #handle: FileHandle
  readonly #reader: AsyncRecordBatchFileReader

  private constructor(path: string, handle: FileHandle, reader: AsyncRecordBatchFileReader) {
    this.path = path
    this.#handle = handle
    this.#reader = reader
    this.batchCount = reader.numRecordBatches
    this.columns = reader.schema.fields.map((field) => field.name)
    this.metadata = reader.schema.metadata
  }

  /** Opens a shard. Throws `InputError` when it is not an Arrow IPC file. */
  static async open(path: string): Promise<ShardReader> {
    const handle = await open(path, 'r')
    try {
      const reader = await RecordBatchReader.from(handle)
      await reader.open()
      if (reader.isFile() && reader.isAsync()) {
        return new ShardReader(path, handle, reader)
      }
      throw new Error('it is an Arrow stream, not an Arrow file')
    } catch (cause) {
      await handle.close()
      throw new InputError(`${path}: not a readable Arrow shard`, { cause })
    }
  }

  /** The nth batch. */
  async batch(index: number): Promise<ShardBatch> {
    const batch = await this.#reader.readRecordBatch(index)
    if (!batch) throw new InputError(`${this.path}: has no record batch ${index}`)
    return new ShardBatch(batch)
  }

  /** All batches in order, from `first` on. */
  async *batches(first = 0): AsyncGenerator<ShardBatch> {
    for (let index = first; index < this.batchCount; index++) yield await this.batch(index)
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }
}

// An Arrow IPC file written chunk by chunk to disk under `<path>.part` and renamed on commit, with
// the XXH64 of its bytes computed on the way. apache-arrow's writer collects whole files in memory;
// this one hands every chunk to the file descriptor. Files are uncompressed: apache-arrow 21.2
// writes compressed buffers with a wrong length prefix that other readers reject.
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { RecordBatchFileWriter, RecordBatchWriter, Schema, type RecordBatch } from 'apache-arrow'
import { createHash } from './hash.ts'
import { syncFolder } from './sync-folder.ts'

export interface WrittenFile {
  readonly path: string
  readonly bytes: number
  readonly rows: number
  readonly xxh64: string
}

const flushBytes = 1 << 20

/** The writer of streams, whose way of writing a schema is protected. */
const streamWriter = RecordBatchWriter.prototype as unknown as {
  _writeSchema: (this: RecordBatchFileWriter, schema: Schema) => void
}

class ChunkedWriter extends RecordBatchFileWriter {
  sink: ((chunk: Uint8Array) => void) | undefined

  /** The format wants the schema in front of the batches too; apache-arrow writes it in the footer only. */
  protected override _writeSchema(schema: Schema): this {
    super._writeSchema(schema)
    streamWriter._writeSchema.call(this, schema)
    return this
  }

  protected override _write(chunk: ArrayBufferView): this {
    if (this._started && chunk.byteLength > 0) {
      this.sink!(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength))
      this._position += chunk.byteLength
    }
    return this
  }
}

/** Writes record batches of one schema to an Arrow IPC file; nothing is visible before `commit`. */
export class ArrowFile {
  readonly path: string
  readonly #temporary: string
  readonly #writer = new ChunkedWriter()
  readonly #hash = createHash()
  readonly #pending = Buffer.allocUnsafe(flushBytes)
  #pendingBytes = 0
  #descriptor: number | undefined
  #bytes = 0
  #rows = 0

  /** Opens `<path>.<pid>.part`. Throws the file system's error when the folder cannot be written. */
  constructor(path: string, schema: Schema) {
    this.path = path
    this.#temporary = `${path}.${process.pid}.part`
    this.#descriptor = openSync(this.#temporary, 'w')
    this.#writer.sink = (chunk) => this.#append(chunk)
    this.#writer.reset(undefined, schema)
  }

  get rows(): number {
    return this.#rows
  }

  write(batch: RecordBatch): void {
    this.#writer.write(batch)
    this.#rows += batch.numRows
  }

  /** Writes the footer, flushes to the disk and gives the file its name. */
  commit(): WrittenFile {
    this.#writer.finish()
    this.#flush()
    fsyncSync(this.#descriptor!)
    closeSync(this.#descriptor!)
    this.#descriptor = undefined
    renameSync(this.#temporary, this.path)
    syncFolder(dirname(this.path))
    return { path: this.path, bytes: this.#bytes, rows: this.#rows, xxh64: this.#hash.digest() }
  }

  /** Without a commit, removes what was written. */
  close(): void {
    if (this.#descriptor === undefined) return
    closeSync(this.#descriptor)
    this.#descriptor = undefined
    rmSync(this.#temporary, { force: true })
  }

  #append(chunk: Uint8Array): void {
    if (this.#pendingBytes + chunk.length > flushBytes) this.#flush()
    if (chunk.length >= flushBytes) {
      this.#put(chunk)
      return
    }
    this.#pending.set(chunk, this.#pendingBytes)
    this.#pendingBytes += chunk.length
  }

  #flush(): void {
    if (this.#pendingBytes > 0) this.#put(this.#pending.subarray(0, this.#pendingBytes))
    this.#pendingBytes = 0
  }

  #put(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) at += writeSync(this.#descriptor!, bytes, at)
    this.#hash.update(bytes)
    this.#bytes += bytes.length
  }
}

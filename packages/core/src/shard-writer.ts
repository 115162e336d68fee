// Writes rows into an Arrow shard. A record batch ends after `batchBytes` of data or `batchRows`
// rows, whichever comes first, counted from the start of the file: the bytes of a shard depend on
// its rows only. Memory: one batch (about 4 MB) plus its largest row.
import { Field, RecordBatch, Schema, Struct, makeData } from 'apache-arrow'
import { ArrowFile, type WrittenFile } from './arrow-file.ts'
import { BytesColumn, NumberColumn, createColumn, type Columns } from './columns.ts'

const batchBytes = 4 << 20
const batchRows = 8192

export class ShardWriter {
  readonly #file: ArrowFile
  readonly #schema: Schema
  readonly #columns: readonly (BytesColumn | NumberColumn)[]
  #rows = 0

  /** Opens `path` for writing; `metadata` goes into the Arrow schema. */
  constructor(path: string, columns: Columns, metadata: Readonly<Record<string, string>> = {}) {
    const names = Object.keys(columns)
    this.#columns = names.map((name) => createColumn(columns[name]!))
    const fields = names.map((name, i) => new Field(name, this.#columns[i]!.type, false))
    this.#schema = new Schema(fields, new Map(Object.entries(metadata)))
    this.#file = new ArrowFile(path, this.#schema)
  }

  /** Rows written so far. */
  get rows(): number {
    return this.#file.rows + this.#rows
  }

  /** The builder of the nth column, for text or bytes. Push one value to each, then `endRow`. */
  bytes(index: number): BytesColumn {
    return this.#columns[index] as BytesColumn
  }

  /** The builder of the nth column, for numbers. */
  number(index: number): NumberColumn {
    return this.#columns[index] as NumberColumn
  }

  endRow(): void {
    this.#rows++
    if (this.#rows >= batchRows || this.#bufferedBytes() >= batchBytes) this.#writeBatch()
  }

  /** Writes what is buffered and gives the file its name. */
  commit(): WrittenFile {
    this.#writeBatch()
    return this.#file.commit()
  }

  /** Without a commit, removes what was written. */
  close(): void {
    this.#file.close()
  }

  #bufferedBytes(): number {
    let total = 0
    for (const column of this.#columns) total += column.byteLength
    return total
  }

  #writeBatch(): void {
    if (this.#rows === 0) return
    const children = this.#columns.map((column) => column.data(this.#rows))
    const type = new Struct(this.#schema.fields)
    const data = makeData({ type, length: this.#rows, nullCount: 0, children })
    this.#file.write(new RecordBatch(this.#schema, data))
    for (const column of this.#columns) column.clear()
    this.#rows = 0
  }
}

// The data files of one part of a map task: kept rows for the next phase, rows dropped per stage
// (when asked for), quarantined rows, the byte size of every row for the cut, exchange records.
// Nothing is opened before its first row.
import { join } from 'node:path'
import type { CorpusPass, Document } from '@shardmill/core'
import {
  droppedColumns,
  quarantineColumns,
  workColumns,
  writeDroppedRow,
  writeQuarantineRow,
  writeWorkRow,
} from '@shardmill/core/document-shard'
import type { Columns } from '@shardmill/core/columns'
import { ShardWriter } from '@shardmill/core/shard-writer'
import { RecordBuffer } from '../exchange/record-buffer.ts'
import type { Plan } from '../plan.ts'
import { dataFileName, writePartFile, type PartFile } from '../state.ts'
import type { Stats } from '../stats.ts'
import { CensusCounts } from './census.ts'

/** A growing list of row sizes. */
class Sizes {
  #bytes = new Uint32Array(1024)
  #count = 0

  push(bytes: number): void {
    if (this.#count === this.#bytes.length) {
      const larger = new Uint32Array(this.#count * 2)
      larger.set(this.#bytes)
      this.#bytes = larger
    }
    this.#bytes[this.#count++] = bytes
  }

  take(): Uint8Array {
    return new Uint8Array(this.#bytes.buffer, 0, this.#count * 4)
  }
}

interface Open {
  readonly name: string
  readonly writer: ShardWriter
  readonly sizes: Sizes
}

export class PartWriter {
  #rowBytes = 0
  readonly #plan: Plan
  readonly #folder: string
  readonly #part: number
  readonly #open = new Map<string, Open>()
  readonly #records: RecordBuffer | undefined
  readonly #pass: CorpusPass | undefined
  readonly #census: CensusCounts | undefined
  /** Rows kept by earlier parts of the task. */
  readonly #firstRow: number
  #rows = 0

  constructor(
    plan: Plan,
    folder: string,
    part: number,
    emission?: { pass: CorpusPass; firstRow: number },
  ) {
    this.#plan = plan
    this.#folder = folder
    this.#part = part
    this.#pass = emission?.pass
    this.#firstRow = emission?.firstRow ?? 0
    if (this.#pass?.emit) this.#records = new RecordBuffer(this.#pass.recordWords)
    if (this.#pass?.census) this.#census = new CensusCounts()
  }

  /** Bytes of rows and exchange records so far: what a part holds, on disk and in memory. */
  get byteLength(): number {
    return this.#rowBytes + (this.#records?.byteLength ?? 0)
  }

  /** Rows kept so far in this part. */
  get rows(): number {
    return this.#rows
  }

  /** Hands a document on to the next phase. Throws when the corpus stage fails on it. */
  keep(document: Document): void {
    const row = this.#firstRow + this.#rows
    this.#pass?.emit?.(document, (...record) => this.#records!.push(row, record))
    const counted = this.#pass?.census?.(document)
    this.#write('rows', workColumns, document, writeWorkRow)
    if (counted !== undefined) this.#census!.add(counted)
    this.#rows++
  }

  drop(document: Document): void {
    if (!this.#plan.keepDropped) return
    this.#write(`dropped/${document.dropped!.stage}`, droppedColumns, document, writeDroppedRow)
  }

  quarantine(document: Document): void {
    this.#write('quarantine', quarantineColumns, document, writeQuarantineRow)
  }

  /** Writes everything to its files; the part is committed by its manifest afterwards. */
  finish(
    stats: Stats,
    notes: ReadonlyMap<string, readonly string[]>,
  ): { files: PartFile[]; sections?: number[] } {
    const files: PartFile[] = []
    for (const [role, { name, writer, sizes }] of this.#open) {
      const { bytes, rows, xxh64 } = writer.commit()
      files.push({ role, name, bytes, rows, xxh64 })
      files.push(writePartFile(this.#folder, this.#part, `sizes/${role}`, sizes.take(), rows))
    }
    this.#open.clear()
    const json = Buffer.from(JSON.stringify(stats))
    files.push(writePartFile(this.#folder, this.#part, 'stats', json))
    if (this.#census) files.push(this.#census.write(this.#folder, this.#part))
    for (const [stage, lines] of notes) {
      const text = Buffer.from(lines.map((line) => `${line}\n`).join(''))
      files.push(writePartFile(this.#folder, this.#part, `notes/${stage}`, text, lines.length))
    }
    if (!this.#records) return { files }
    const { words, sections } = this.#records.partitioned(this.#plan.partitions)
    const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
    files.push(writePartFile(this.#folder, this.#part, 'records', bytes, this.#records.count))
    return { files, sections }
  }

  /** Without `finish`, removes what was written. */
  close(): void {
    for (const { writer } of this.#open.values()) writer.close()
  }

  #write(
    role: string,
    columns: Columns,
    document: Document,
    writeRow: (writer: ShardWriter, document: Document) => void,
  ): void {
    let open = this.#open.get(role)
    if (!open) {
      const name = dataFileName(this.#part, role, 'arrow')
      open = {
        name,
        writer: new ShardWriter(join(this.#folder, name), columns),
        sizes: new Sizes(),
      }
      this.#open.set(role, open)
    }
    writeRow(open.writer, document)
    const bytes = rowBytes(document)
    open.sizes.push(bytes)
    this.#rowBytes += bytes + (document.content?.length ?? 0)
  }
}

/** What a row adds to a shard, nearly: the same whatever phase it was measured in. */
function rowBytes({ text, url, id }: Document): number {
  return Buffer.byteLength(text) + url.length + id.length
}

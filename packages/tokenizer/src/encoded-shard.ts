// Encoded shards: the token ids of documents, before packing. Encoding costs far more than packing, so
// whoever packs one corpus in several ways (lengths, modes) encodes it once. Format and metadata:
// shards/README.md. Rows are documents, in order; no token is put around them, which is packing's part.
import { makeData, RecordBatch, Schema, Struct, type Data } from 'apache-arrow'
import { Bool, Field, List, Uint16, Uint32, Utf8 } from 'apache-arrow'
import { ArrowFile, type WrittenFile } from '@shardmill/core/arrow-file'
import { BytesColumn } from '@shardmill/core/columns'
import { InputError } from '@shardmill/core/errors'
import { ShardReader, type ShardBatch } from '@shardmill/core/shard-reader'
import type { TokenDocument } from './pack.ts'

const formatName = 'shardmill-encoded'
const formatVersion = '1'
/** A record batch ends with the document that makes it this large. */
const batchBytes = 4 << 20
const batchRows = 8192

export interface EncodedShardMetadata {
  readonly vocabSize: number
  readonly tokenizerHash: string
  /** Every token says whether it begins a word. */
  readonly hasWordStarts: boolean
}

function schemaOf({ vocabSize, tokenizerHash, hasWordStarts }: EncodedShardMetadata): Schema {
  const id = vocabSize <= 0x10000 ? new Uint16() : new Uint32()
  const list = (name: string, type: Bool | Uint16 | Uint32): Field =>
    new Field(name, new List(new Field('item', type, false)), false)
  const fields: Field[] = [new Field('id', new Utf8(), false), list('input_ids', id)]
  if (hasWordStarts) fields.push(list('word_starts', new Bool()))
  const entries = [
    ['format', formatName],
    ['format_version', formatVersion],
    ['vocab_size', String(vocabSize)],
    ['tokenizer_hash', tokenizerHash],
  ] as const
  return new Schema(fields, new Map(entries))
}

/** Writes documents one by one. Memory: one record batch, and its largest document. */
export class EncodedShardWriter {
  readonly #metadata: EncodedShardMetadata
  readonly #schema: Schema
  readonly #file: ArrowFile
  readonly #names = new BytesColumn('utf8')
  #ids: Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>
  #words = new Uint8Array(0)
  readonly #offsets = new Int32Array(batchRows + 1)
  #rows = 0
  #used = 0

  constructor(path: string, metadata: EncodedShardMetadata) {
    this.#metadata = metadata
    this.#schema = schemaOf(metadata)
    this.#file = new ArrowFile(path, this.#schema)
    this.#ids = this.#emptyIds(1 << 16)
    if (metadata.hasWordStarts) this.#words = new Uint8Array(1 << 13)
  }

  add({ id, ids, wordStarts }: TokenDocument): void {
    this.#reserve(ids.length)
    this.#names.pushText(id)
    this.#ids.set(ids, this.#used)
    if (this.#metadata.hasWordStarts) {
      const words = this.#words
      for (let i = 0, bit = this.#used; i < ids.length; i++, bit++) {
        words[bit >>> 3]! |= wordStarts![i]! << (bit & 7)
      }
    }
    this.#used += ids.length
    this.#offsets[++this.#rows] = this.#used
    const bytes = this.#used * this.#ids.BYTES_PER_ELEMENT + this.#names.byteLength
    if (this.#rows === batchRows || bytes >= batchBytes) this.#writeBatch()
  }

  /** Writes what is left and gives the file its name. */
  commit(): WrittenFile {
    if (this.#rows > 0) this.#writeBatch()
    return this.#file.commit()
  }

  /** Without a commit, removes the unfinished file. */
  close(): void {
    this.#file.close()
  }

  #writeBatch(): void {
    const length = this.#rows
    const valueOffsets = this.#offsets.slice(0, length + 1)
    const list = (field: number, data: Uint16Array | Uint32Array | Uint8Array): Data => {
      const type = this.#schema.fields[field]!.type as List
      const child = makeData({ type: type.valueType, length: this.#used, nullCount: 0, data })
      return makeData({ type, length, nullCount: 0, valueOffsets, child })
    }
    const children = [this.#names.data(length), list(1, this.#ids.subarray(0, this.#used))]
    if (this.#metadata.hasWordStarts) {
      children.push(list(2, this.#words.subarray(0, (this.#used + 7) >>> 3)))
    }
    const type = new Struct(this.#schema.fields)
    const data = makeData({ type, length, nullCount: 0, children })
    this.#file.write(new RecordBatch(this.#schema, data))
    this.#names.clear()
    this.#words.fill(0)
    this.#rows = 0
    this.#used = 0
  }

  #reserve(more: number): void {
    const wanted = this.#used + more
    if (wanted <= this.#ids.length) return
    const larger = this.#emptyIds(Math.max(wanted, this.#ids.length * 2))
    larger.set(this.#ids)
    this.#ids = larger
    if (!this.#metadata.hasWordStarts) return
    const words = new Uint8Array((larger.length + 7) >>> 3)
    words.set(this.#words)
    this.#words = words
  }

  #emptyIds(size: number): Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer> {
    return this.#metadata.vocabSize <= 0x10000 ? new Uint16Array(size) : new Uint32Array(size)
  }
}

/** Whether an Arrow shard is an encoded one, by its metadata. */
export function isEncodedShard({ metadata }: Pick<ShardReader, 'metadata'>): boolean {
  return metadata.get('format') === formatName
}

/** What an encoded shard says of itself. Throws `InputError` for another format or version. */
export function encodedMetadata(reader: ShardReader): EncodedShardMetadata {
  const { path, metadata, columns } = reader
  const version = metadata.get('format_version')
  if (!isEncodedShard(reader) || version !== formatVersion) {
    const found = `${metadata.get('format') ?? 'none'} ${version ?? ''}`.trim()
    throw new InputError(`${path}: expected format ${formatName} ${formatVersion}, got ${found}`)
  }
  return {
    vocabSize: Number(metadata.get('vocab_size')),
    tokenizerHash: metadata.get('tokenizer_hash') ?? '',
    hasWordStarts: columns.includes('word_starts'),
  }
}

/** The documents of an encoded shard in order; their ids are valid until the next one. */
export async function* readEncoded(reader: ShardReader): AsyncGenerator<TokenDocument> {
  encodedMetadata(reader)
  for await (const batch of reader.batches()) yield* documentsOf(reader.path, batch)
}

function* documentsOf(path: string, batch: ShardBatch): Generator<TokenDocument> {
  const names = batch.bytes('id')
  const tokens = batch.lists('input_ids')
  if (!names || !tokens) throw new InputError(`${path}: expected the columns \`id\`, \`input_ids\``)
  const words = batch.lists('word_starts')?.values as Uint8Array | undefined
  const values = tokens.values as Uint16Array | Uint32Array
  for (let row = 0; row < batch.rows; row++) {
    const [from, to] = [tokens.offsets[row]!, tokens.offsets[row + 1]!]
    const ids = Int32Array.from(values.subarray(from, to))
    let wordStarts: Uint8Array | undefined
    if (words) {
      wordStarts = new Uint8Array(to - from)
      for (let i = from; i < to; i++) wordStarts[i - from] = (words[i >>> 3]! >>> (i & 7)) & 1
    }
    yield { id: names.text(row), ids, wordStarts }
  }
}

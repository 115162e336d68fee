// Packed shards: token rows of one fixed length, ready for a trainer. Arrow IPC *file* format
// (random access by record batch), uncompressed, so a batch's token column is a typed-array view of
// the bytes read. The schema is written down in shards/README.md; `packed-shard-writer.ts` writes it.
//
// A row is a sequence of pieces of documents, one after the other, then padding. Attention,
// positions and loss must not cross a piece border; positions are implied (0, 1, 2 … in each piece).
// `piece_offsets` tells where in its document a piece begins, so documents can be put together again
// and every token accounted for.
import { open, type FileHandle } from 'node:fs/promises'
import {
  AsyncRecordBatchFileReader,
  Bool,
  Field,
  FixedSizeList,
  List,
  RecordBatchReader,
  Schema,
  Uint16,
  Uint32,
  Utf8,
  type Data,
  type DataType,
  type RecordBatch,
} from 'apache-arrow'
import { InputError } from '@shardmill/core/errors'

/** What a trainer must know about a shard; kept as strings in the Arrow schema's metadata. */
export interface PackedShardMetadata {
  /** Tokens per row. */
  readonly sequenceLength: number
  /** Ids are below it; u16 columns up to 65,536 entries, u32 beyond. */
  readonly vocabSize: number
  /** Hash of the tokenizer's vocabulary and merges: rows of different hashes must not be mixed. */
  readonly tokenizerHash: string
  /** Fills the rest of a row; a row's real length is the sum of its `piece_lengths`. */
  readonly padId: number
  /** Ends every document when the packer was told to add it. */
  readonly eosId?: number | undefined
  readonly bosId?: number | undefined
  /** Every batch has this many rows, except the last one. */
  readonly rowsPerBatch: number
  readonly hasWordStarts: boolean
}

export type PackedTypes = {
  input_ids: FixedSizeList<Uint16 | Uint32>
  piece_lengths: List<Uint32>
  piece_offsets: List<Uint32>
  doc_ids: List<Utf8>
  word_starts: FixedSizeList<Bool>
}

/** Raw columns of one record batch: views of its bytes, nothing is copied. */
export interface PackedBatch {
  readonly rows: number
  /** `rows` × `sequenceLength` ids, row after row. */
  readonly inputIds: Uint16Array | Uint32Array
  /** Pieces of row r are `rowPieces[r]` .. `rowPieces[r + 1]`; `rows` + 1 entries. */
  readonly rowPieces: Int32Array
  /** Tokens of each piece. */
  readonly pieceLengths: Uint32Array
  /** Where in its document each piece begins, in tokens; 0 starts a document. */
  readonly pieceOffsets: Uint32Array
  /** The document of piece p. */
  docId(piece: number): string
  /** Bit r × `sequenceLength` + t (least significant first): token t of row r begins a word. */
  readonly wordStarts: Uint8Array | undefined
}

const formatName = 'shardmill-packed'
const formatVersion = '1'

/** The Arrow schema of a packed shard, metadata included. */
export function packedSchema(metadata: PackedShardMetadata): Schema<PackedTypes> {
  const { sequenceLength } = metadata
  const types = packedItemTypes(metadata)
  const fields: Field[] = [
    new Field('input_ids', new FixedSizeList(sequenceLength, item(types.id)), false),
    new Field('piece_lengths', new List(item(types.number)), false),
    new Field('piece_offsets', new List(item(types.number)), false),
    new Field('doc_ids', new List(item(types.text)), false),
  ]
  if (metadata.hasWordStarts) {
    fields.push(new Field('word_starts', new FixedSizeList(sequenceLength, item(types.bit)), false))
  }
  const entries: [string, string][] = [
    ['format', formatName],
    ['format_version', formatVersion],
    ['sequence_length', String(sequenceLength)],
    ['vocab_size', String(metadata.vocabSize)],
    ['tokenizer_hash', metadata.tokenizerHash],
    ['pad_id', String(metadata.padId)],
    ['rows_per_batch', String(metadata.rowsPerBatch)],
  ]
  if (metadata.eosId !== undefined) entries.push(['eos_id', String(metadata.eosId)])
  if (metadata.bosId !== undefined) entries.push(['bos_id', String(metadata.bosId)])
  return new Schema(fields, new Map(entries))
}

/** Lists hold no nulls. */
function item(type: DataType): Field {
  return new Field('item', type, false)
}

/** Types of the values inside the lists. */
export function packedItemTypes(metadata: Pick<PackedShardMetadata, 'vocabSize'>): {
  id: Uint16 | Uint32
  number: Uint32
  text: Utf8
  bit: Bool
} {
  const id = metadata.vocabSize <= 0x10000 ? new Uint16() : new Uint32()
  return { id, number: new Uint32(), text: new Utf8(), bit: new Bool() }
}

/** Reads packed rows by batch number; holds one open file and no data. */
export class PackedShardReader {
  readonly path: string
  readonly metadata: PackedShardMetadata
  readonly batchCount: number
  /** Rows of all batches together. */
  readonly rowCount: number
  readonly #reader: AsyncRecordBatchFileReader<PackedTypes>
  readonly #handle: FileHandle

  /** Opens a shard and checks that it is one. Throws `InputError` when it is not. */
  static async open(path: string): Promise<PackedShardReader> {
    const handle = await open(path, 'r')
    try {
      const reader = await openFile(path, handle)
      const metadata = parseMetadata(path, reader.schema)
      const last = reader.numRecordBatches - 1
      const lastRows = last < 0 ? 0 : ((await reader.readRecordBatch(last))?.numRows ?? 0)
      const rowCount = Math.max(0, last) * metadata.rowsPerBatch + lastRows
      return new PackedShardReader(path, metadata, rowCount, reader, handle)
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  private constructor(
    path: string,
    metadata: PackedShardMetadata,
    rowCount: number,
    reader: AsyncRecordBatchFileReader<PackedTypes>,
    handle: FileHandle,
  ) {
    this.path = path
    this.metadata = metadata
    this.batchCount = reader.numRecordBatches
    this.rowCount = rowCount
    this.#reader = reader
    this.#handle = handle
  }

  /** The columns of batch `index`. Row r of the shard lies in batch ⌊r / rowsPerBatch⌋. */
  async readBatch(index: number): Promise<PackedBatch> {
    const batch = await this.#reader.readRecordBatch(index)
    if (!batch) {
      const range = `0..${this.batchCount - 1}`
      throw new InputError(`${this.path}: no record batch ${index}, the file has ${range}`)
    }
    return readColumns(this.path, batch, this.metadata)
  }

  /** All batches in order. */
  async *batches(): AsyncGenerator<PackedBatch> {
    for (let index = 0; index < this.batchCount; index++) yield await this.readBatch(index)
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }
}

async function openFile(
  path: string,
  handle: FileHandle,
): Promise<AsyncRecordBatchFileReader<PackedTypes>> {
  const magic = Buffer.alloc(6)
  await handle.read(magic, 0, 6, 0)
  if (magic.toString('latin1') !== 'ARROW1') {
    const hint = 'packed shards are Arrow IPC files (not streams), whole and uncompressed'
    throw new InputError(`${path}: expected an Arrow IPC file, which begins with ARROW1`, { hint })
  }
  const reader = await RecordBatchReader.from<PackedTypes>(handle)
  await reader.open()
  return reader as unknown as AsyncRecordBatchFileReader<PackedTypes>
}

function parseMetadata(path: string, schema: Schema): PackedShardMetadata {
  const entries = schema.metadata
  const format = entries.get('format')
  if (format !== formatName) {
    throw new InputError(
      `${path}: expected format \`${formatName}\`, got \`${format ?? 'none'}\``,
      {
        hint: 'this is not a packed shard; `shardmill tokenizer pack` writes them from text shards',
      },
    )
  }
  const version = entries.get('format_version')
  if (version !== formatVersion) {
    throw new InputError(`${path}: packed format version ${version}, expected ${formatVersion}`, {
      hint: 'pack again with this version of Shardmill',
    })
  }
  const optional = (key: string): number | undefined => {
    const value = entries.get(key)
    return value === undefined ? undefined : Number(value)
  }
  const needed = (key: string): number => {
    const value = optional(key)
    if (value === undefined || !Number.isSafeInteger(value)) {
      throw new InputError(`${path}: schema metadata \`${key}\` is missing or not a whole number`)
    }
    return value
  }
  return {
    sequenceLength: needed('sequence_length'),
    vocabSize: needed('vocab_size'),
    tokenizerHash: entries.get('tokenizer_hash') ?? '',
    padId: needed('pad_id'),
    eosId: optional('eos_id'),
    bosId: optional('bos_id'),
    rowsPerBatch: needed('rows_per_batch'),
    hasWordStarts: schema.fields.some((field) => field.name === 'word_starts'),
  }
}

function readColumns(
  path: string,
  batch: RecordBatch<PackedTypes>,
  metadata: PackedShardMetadata,
): PackedBatch {
  const column = (name: keyof PackedTypes): Data | undefined => batch.getChild(name)?.data[0]
  const child = <Type extends DataType>(name: keyof PackedTypes): Data<Type> => {
    const data = column(name)?.children[0]
    if (!data) throw new InputError(`${path}: column \`${name}\` is missing`)
    return data as Data<Type>
  }
  const rows = batch.numRows
  const ids = child<Uint16 | Uint32>('input_ids')
  const docIds = child<Utf8>('doc_ids')
  const wordStarts = column('word_starts')?.children[0] as Data<Bool> | undefined
  return {
    rows,
    inputIds: ids.values.subarray(0, rows * metadata.sequenceLength),
    rowPieces: column('piece_lengths')!.valueOffsets as Int32Array,
    pieceLengths: child<Uint32>('piece_lengths').values,
    pieceOffsets: child<Uint32>('piece_offsets').values,
    docId(piece) {
      const bytes = docIds.values
      const [from, to] = [docIds.valueOffsets[piece]!, docIds.valueOffsets[piece + 1]!]
      return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('utf8')
    },
    wordStarts: wordStarts?.values,
  }
}

// Writes packed shards (the format: packed-shard.ts) row by row. Columns are built in typed arrays
// and wrapped by `makeData`; apache-arrow's builders are 45 times slower on token lists.
// Memory: one record batch, about `batchBytes`.
import {
  makeData,
  RecordBatch,
  Struct,
  type Data,
  type FixedSizeList,
  type List,
  type Schema,
  type Utf8,
} from 'apache-arrow'
import { ArrowFile, type WrittenFile } from '@shardmill/core/arrow-file'
import {
  packedItemTypes,
  packedSchema,
  type PackedShardMetadata,
  type PackedTypes,
} from './packed-shard.ts'

/** Record batches of about this size read well at random and cost nothing in bookkeeping. */
const batchBytes = 4 << 20

export type PackedShardOptions = Omit<PackedShardMetadata, 'rowsPerBatch'>

/** Tokens of one document, or a part of them, to be placed in a row. */
export interface Piece {
  readonly ids: Uint16Array | Uint32Array | Int32Array
  /** The piece is `ids[from]` .. `ids[to - 1]`. */
  readonly from: number
  readonly to: number
  /** Index of `ids[from]` within the document's tokens. */
  readonly offset: number
  readonly docId: string
  /** For each entry of `ids`, 1 where a word begins; needed when the shard has word starts. */
  readonly wordStarts?: Uint8Array | undefined
}

export class PackedShardWriter {
  readonly metadata: PackedShardMetadata
  rows = 0
  readonly #schema: Schema<PackedTypes>
  readonly #file: ArrowFile
  #ids: Uint16Array | Uint32Array
  #words: Uint8Array
  #row = 0
  #fill = 0
  #rowPieces: Int32Array
  #pieces = 0
  #lengths = new Uint32Array(1024)
  #offsets = new Uint32Array(1024)
  #docIds: string[] = []

  constructor(path: string, options: PackedShardOptions) {
    const width = options.vocabSize <= 0x10000 ? 2 : 4
    const rowsPerBatch = Math.max(1, Math.floor(batchBytes / (options.sequenceLength * width)))
    this.metadata = { ...options, rowsPerBatch }
    this.#schema = packedSchema(this.metadata)
    this.#file = new ArrowFile(path, this.#schema)
    this.#ids = this.#emptyIds()
    this.#words = this.#emptyWords()
    this.#rowPieces = new Int32Array(rowsPerBatch + 1)
  }

  /** Appends a piece to the open row. Throws when it does not fit. */
  addPiece(piece: Piece): void {
    const { sequenceLength } = this.metadata
    const length = piece.to - piece.from
    if (length <= 0 || this.#fill + length > sequenceLength) {
      const free = sequenceLength - this.#fill
      throw new RangeError(`packed row: expected a piece of 1..${free} tokens, got ${length}`)
    }
    const at = this.#row * sequenceLength + this.#fill
    this.#ids.set(piece.ids.subarray(piece.from, piece.to), at)
    if (this.metadata.hasWordStarts) this.#setWordStarts(piece, at)
    this.#fill += length
    if (this.#pieces === this.#lengths.length) this.#growPieces()
    this.#lengths[this.#pieces] = length
    this.#offsets[this.#pieces] = piece.offset
    this.#docIds[this.#pieces++] = piece.docId
  }

  /** Ends the open row; the rest of it is padding. */
  endRow(): void {
    this.#fill = 0
    this.#rowPieces[++this.#row] = this.#pieces
    this.rows++
    if (this.#row === this.metadata.rowsPerBatch) this.#writeBatch()
  }

  /** Writes what is left and gives the file its name. */
  commit(): WrittenFile {
    if (this.#fill > 0) this.endRow()
    if (this.#row > 0) this.#writeBatch()
    return this.#file.commit()
  }

  /** Without a commit, removes the unfinished file. */
  close(): void {
    this.#file.close()
  }

  #setWordStarts(piece: Piece, at: number): void {
    const { wordStarts } = piece
    if (!wordStarts)
      throw new TypeError('packed row: the shard has word starts, the piece has none')
    const words = this.#words
    for (let i = piece.from, bit = at; i < piece.to; i++, bit++) {
      words[bit >>> 3]! |= wordStarts[i]! << (bit & 7)
    }
  }

  #writeBatch(): void {
    const { sequenceLength } = this.metadata
    const rows = this.#row
    const tokens = rows * sequenceLength
    const pieces = this.#pieces
    const rowPieces = this.#rowPieces.slice(0, rows + 1)
    const { fields } = this.#schema
    const types = packedItemTypes(this.metadata)
    const list = (field: number, child: Data): Data => {
      const type = fields[field]!.type as List
      return makeData({ type, length: rows, nullCount: 0, valueOffsets: rowPieces, child })
    }
    const fixed = (field: number, child: Data): Data => {
      const type = fields[field]!.type as FixedSizeList
      return makeData({ type, length: rows, nullCount: 0, child })
    }
    const numbers = (data: Uint32Array): Data =>
      makeData({ type: types.number, length: pieces, nullCount: 0, data: data.slice(0, pieces) })
    const ids = this.#ids.subarray(0, tokens)
    const columns = [
      fixed(0, makeData({ type: types.id, length: tokens, nullCount: 0, data: ids })),
      list(1, numbers(this.#lengths)),
      list(2, numbers(this.#offsets)),
      list(3, encodeStrings(types.text, this.#docIds)),
    ]
    if (this.metadata.hasWordStarts) {
      const bits = this.#words.subarray(0, (tokens + 7) >>> 3)
      const child = makeData({ type: types.bit, length: tokens, nullCount: 0, data: bits })
      columns.push(fixed(4, child))
    }
    const type = new Struct<PackedTypes>(fields)
    const data = makeData({ type, length: rows, nullCount: 0, children: columns })
    this.#file.write(new RecordBatch(this.#schema, data))
    this.#ids = this.#emptyIds()
    this.#words = this.#emptyWords()
    this.#row = 0
    this.#pieces = 0
    this.#docIds = []
  }

  #emptyIds(): Uint16Array | Uint32Array {
    const { rowsPerBatch, sequenceLength, vocabSize, padId } = this.metadata
    const size = rowsPerBatch * sequenceLength
    const ids = vocabSize <= 0x10000 ? new Uint16Array(size) : new Uint32Array(size)
    return padId === 0 ? ids : ids.fill(padId)
  }

  #emptyWords(): Uint8Array {
    const { rowsPerBatch, sequenceLength, hasWordStarts } = this.metadata
    return new Uint8Array(hasWordStarts ? (rowsPerBatch * sequenceLength + 7) >>> 3 : 0)
  }

  #growPieces(): void {
    const [lengths, offsets] = [this.#lengths, this.#offsets]
    this.#lengths = new Uint32Array(lengths.length * 2)
    this.#lengths.set(lengths)
    this.#offsets = new Uint32Array(offsets.length * 2)
    this.#offsets.set(offsets)
  }
}

function encodeStrings(type: Utf8, strings: readonly string[]): Data<Utf8> {
  const valueOffsets = new Int32Array(strings.length + 1)
  for (let i = 0; i < strings.length; i++) {
    valueOffsets[i + 1] = valueOffsets[i]! + Buffer.byteLength(strings[i]!)
  }
  const data = Buffer.allocUnsafe(valueOffsets[strings.length]!)
  for (let i = 0; i < strings.length; i++) data.write(strings[i]!, valueOffsets[i]!, 'utf8')
  return makeData({ type, length: strings.length, nullCount: 0, valueOffsets, data })
}

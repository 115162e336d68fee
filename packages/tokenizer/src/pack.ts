// Packing: documents of any length into rows of one length, for training without padding.
//
//   bfd          Documents longer than a row are cut into full rows and a rest; documents and rests
//                are put where they fit best, the longest first, within a window (best-fit
//                decreasing; "Fewer Truncations Improve Language Modeling", Ding et al. 2024).
//                Rows that stay too empty wait for the next window.
//   concat       Documents end to end, cut at every row end (GPT-2 and most trainers since).
//   bos-bestfit  Every piece of a row begins with the BOS token; the longest document that fits is
//                taken, and when none fits the shortest is cut to fill the row (nanochat's loader).
//                nanochat throws the rest of a cut document away; here it goes on as a piece with a
//                BOS of its own.
//
// No mode loses a token. Memory: the window, 9 bytes per token (64 MB at the default), and the rows
// being filled. Cost: two copies per token; placing is O(1) per piece on average.
import { bestFitDecreasing } from './pack-bins.ts'
import { PieceArena } from './pack-arena.ts'
import type { Piece } from './packed-shard-writer.ts'

export const packModes = ['bfd', 'concat', 'bos-bestfit'] as const
export type PackMode = (typeof packModes)[number]

export interface PackOptions {
  readonly mode: PackMode
  readonly sequenceLength: number
  /** Tokens looked at together; more fill rows better. Default 2^22, at least 64 rows. */
  readonly windowTokens?: number
  /** Needed by `bos-bestfit`. */
  readonly bosId?: number | undefined
}

export interface TokenDocument {
  readonly id: string
  readonly ids: Int32Array
  /** 1 where a word begins, for each id. */
  readonly wordStarts?: Uint8Array | undefined
}

/** Where rows go: a `PackedShardWriter`, or a counter in tests. */
export interface RowSink {
  addPiece(piece: Piece): void
  endRow(): void
}

export interface PackStatistics {
  documents: number
  /** Tokens of documents that came in; all of them went out. */
  tokens: number
  rows: number
  pieces: number
  /** Documents that lie in more than one piece. */
  splitDocuments: number
  /** BOS tokens that packing itself put in. */
  addedTokens: number
  paddingTokens: number
}

/** A bin this full, as a share of the row, is not kept for the next window. */
const fullEnough = 0.995
/** At most this share of a window waits; beyond it rows are filled by cutting documents. */
const mostCarried = 0.5

export class Packer {
  readonly statistics: PackStatistics = {
    documents: 0,
    tokens: 0,
    rows: 0,
    pieces: 0,
    splitDocuments: 0,
    addedTokens: 0,
    paddingTokens: 0,
  }
  readonly #options: PackOptions
  readonly #sink: RowSink
  readonly #windowTokens: number
  #arena = new PieceArena()
  /** Tokens in the open row (`concat`). */
  #fill = 0

  /** Throws `RangeError` when `bos-bestfit` has no BOS token. */
  constructor(options: PackOptions, sink: RowSink) {
    const { mode, sequenceLength, windowTokens = 1 << 22, bosId } = options
    if (mode === 'bos-bestfit' && bosId === undefined) {
      throw new RangeError('pack: mode `bos-bestfit` needs `bosId`, the tokenizer gives none')
    }
    this.#options = options
    this.#sink = sink
    this.#windowTokens = Math.max(windowTokens, sequenceLength * 64)
  }

  /** Takes one document; its arrays may be reused afterwards. */
  add(document: TokenDocument): void {
    const length = document.ids.length
    this.statistics.documents++
    this.statistics.tokens += length
    if (length === 0) return
    if (this.#options.mode === 'concat') this.#append(document)
    else if (this.#options.mode === 'bfd') this.#place(document)
    else this.#arena.add(document, 0, length)
    if (this.#arena.tokens >= this.#windowTokens) this.#flush(false)
  }

  /** Writes everything that waits. */
  finish(): void {
    if (this.#options.mode === 'concat') {
      if (this.#fill > 0) this.#endRow(this.#fill)
      this.#fill = 0
    } else if (this.#arena.count > 0) {
      this.#flush(true)
    }
  }

  #append(document: TokenDocument): void {
    const { sequenceLength } = this.#options
    const length = document.ids.length
    let pieces = 0
    for (let from = 0; from < length; pieces++) {
      const to = Math.min(length, from + sequenceLength - this.#fill)
      this.#write(document, from, to)
      this.#fill += to - from
      from = to
      if (this.#fill === sequenceLength) {
        this.#endRow(this.#fill)
        this.#fill = 0
      }
    }
    if (pieces > 1) this.statistics.splitDocuments++
  }

  /** Full rows go out at once, the rest waits for its window. */
  #place(document: TokenDocument): void {
    const { sequenceLength } = this.#options
    const length = document.ids.length
    let from = 0
    for (; length - from >= sequenceLength; from += sequenceLength) {
      this.#write(document, from, from + sequenceLength)
      this.#endRow(sequenceLength)
    }
    if (from < length) this.#arena.add(document, from, length)
    if (length > sequenceLength) this.statistics.splitDocuments++
  }

  #flush(isLast: boolean): void {
    if (this.#options.mode === 'bos-bestfit') this.#flushBestFit(isLast)
    else this.#flushWindow(isLast)
  }

  #flushWindow(isLast: boolean): void {
    const { sequenceLength } = this.#options
    const arena = this.#arena
    const bins = bestFitDecreasing(arena.lengths(), sequenceLength)
    const waiting: number[] = []
    let waitingTokens = 0
    for (let bin = 0; bin < bins.count; bin++) {
      const pieces = bins.piecesOf(bin)
      const filled = sequenceLength - bins.free[bin]!
      if (isLast || filled >= sequenceLength * fullEnough) {
        for (const piece of pieces) this.#writePiece(arena, piece)
        this.#endRow(filled)
      } else {
        waiting.push(...pieces)
        waitingTokens += filled
      }
    }
    this.#arena = new PieceArena()
    if (waitingTokens > this.#windowTokens * mostCarried) {
      this.#cutToFill(arena, waiting)
    } else {
      for (const piece of waiting) this.#arena.carry(arena, piece)
    }
  }

  /** Pieces that do not fit together (all a bit over half a row): end to end, cut at row ends. */
  #cutToFill(arena: PieceArena, pieces: readonly number[]): void {
    const { sequenceLength } = this.#options
    let fill = 0
    for (const piece of pieces) {
      const length = arena.lengthOf(piece)
      const to = Math.min(length, sequenceLength - fill)
      this.#writePiece(arena, piece, 0, to)
      fill += to
      if (fill < sequenceLength) continue
      this.#endRow(fill)
      fill = 0
      if (to === length) continue
      if (arena.offsetOf(piece) === 0) this.statistics.splitDocuments++
      this.#writePiece(arena, piece, to, length)
      fill = length - to
    }
    if (fill > 0) this.#endRow(fill)
  }

  #flushBestFit(isLast: boolean): void {
    const { sequenceLength, bosId } = this.#options
    const arena = this.#arena
    const order = arena.byLength(sequenceLength)
    const keep = isLast ? 0 : this.#windowTokens / 2
    let left = arena.tokens
    while (order.count > 0 && left > keep) {
      let fill = 0
      while (fill + 1 < sequenceLength && order.count > 0) {
        const free = sequenceLength - fill - 1
        const fitting = order.takeLongest(free)
        const piece = fitting >= 0 ? fitting : order.takeShortest()
        const from = arena.consumed(piece)
        const to = Math.min(arena.lengthOf(piece), from + free)
        this.statistics.pieces++
        this.statistics.addedTokens++
        this.#sink.addPiece(arena.pieceWithBos(piece, from, to, bosId!))
        fill += 1 + to - from
        left -= to - from
        if (to < arena.lengthOf(piece)) {
          if (from === 0) this.statistics.splitDocuments++
          arena.consume(piece, to)
          order.put(piece, arena.lengthOf(piece) - to)
        }
      }
      this.#endRow(fill)
    }
    this.#arena = new PieceArena()
    for (const piece of order.rest()) this.#arena.carry(arena, piece)
  }

  #write(document: TokenDocument, from: number, to: number): void {
    const { id, ids, wordStarts } = document
    this.statistics.pieces++
    this.#sink.addPiece({ ids, from, to, offset: from, docId: id, wordStarts })
  }

  #writePiece(arena: PieceArena, piece: number, from = 0, to = arena.lengthOf(piece)): void {
    this.statistics.pieces++
    this.#sink.addPiece(arena.piece(piece, from, to))
  }

  #endRow(filled: number): void {
    this.statistics.rows++
    this.statistics.paddingTokens += this.#options.sequenceLength - filled
    this.#sink.endRow()
  }
}

/** Share of row places that hold tokens. */
export function fillOf(statistics: PackStatistics): number {
  const used = statistics.tokens + statistics.addedTokens
  const places = used + statistics.paddingTokens
  return places === 0 ? 1 : used / places
}

// The tokens of a packing window in one growing array, piece behind piece, each with one free place
// in front (a BOS token may be put there).
import { NumberSet } from './pack-bins.ts'
import type { Piece } from './packed-shard-writer.ts'
import type { TokenDocument } from './pack.ts'

const firstTokens = 1 << 16

export class PieceArena {
  /** Tokens of all pieces. */
  tokens = 0
  #ids = new Int32Array(firstTokens)
  #words: Uint8Array<ArrayBuffer> | undefined
  #used = 0
  /** Per piece: where it begins in `#ids`, its length, its place in the document. */
  readonly #starts: number[] = []
  readonly #lengths: number[] = []
  readonly #offsets: number[] = []
  readonly #docIds: string[] = []
  /** How much of a piece has been written already. */
  readonly #consumed: number[] = []

  get count(): number {
    return this.#starts.length
  }

  add(document: TokenDocument, from: number, to: number, offset = from): void {
    const length = to - from
    this.#reserve(length + 1)
    const start = this.#used + 1
    this.#ids.set(document.ids.subarray(from, to), start)
    if (document.wordStarts) {
      this.#words ??= new Uint8Array(this.#ids.length)
      this.#words.set(document.wordStarts.subarray(from, to), start)
    }
    this.#used += length + 1
    this.tokens += length
    this.#starts.push(start)
    this.#lengths.push(length)
    this.#offsets.push(offset)
    this.#docIds.push(document.id)
    this.#consumed.push(0)
  }

  /** Takes over what is left of a piece of another window. */
  carry(other: PieceArena, piece: number): void {
    const consumed = other.#consumed[piece]!
    const start = other.#starts[piece]!
    const to = start + other.#lengths[piece]!
    const document = { id: other.#docIds[piece]!, ids: other.#ids, wordStarts: other.#words }
    this.add(document, start + consumed, to, other.#offsets[piece]! + consumed)
  }

  lengths(): Int32Array {
    return Int32Array.from(this.#lengths)
  }

  lengthOf(piece: number): number {
    return this.#lengths[piece]!
  }

  offsetOf(piece: number): number {
    return this.#offsets[piece]!
  }

  consumed(piece: number): number {
    return this.#consumed[piece]!
  }

  consume(piece: number, upTo: number): void {
    this.#consumed[piece] = upTo
  }

  /** Tokens `from` .. `to` of a piece, for the writer. */
  piece(piece: number, from: number, to: number): Piece {
    const start = this.#starts[piece]!
    return {
      ids: this.#ids,
      from: start + from,
      to: start + to,
      offset: this.#offsets[piece]! + from,
      docId: this.#docIds[piece]!,
      wordStarts: this.#words,
    }
  }

  /**
   * The same with `bosId` in front. It takes the place of a token that has been written before, or
   * the free one; the offset stays that of the document's own first token.
   */
  pieceWithBos(piece: number, from: number, to: number, bosId: number): Piece {
    const start = this.#starts[piece]! + from
    this.#ids[start - 1] = bosId
    if (this.#words) this.#words[start - 1] = 1
    return { ...this.piece(piece, from, to), from: start - 1 }
  }

  /** All pieces by their length; lengths beyond `longest` count as that. */
  byLength(longest: number): PiecesByLength {
    return new PiecesByLength(this.#lengths, longest)
  }

  #reserve(more: number): void {
    const needed = this.#used + more
    if (needed <= this.#ids.length) return
    const size = Math.max(needed, this.#ids.length * 2)
    const ids = new Int32Array(size)
    ids.set(this.#ids)
    this.#ids = ids
    if (!this.#words) return
    const words = new Uint8Array(size)
    words.set(this.#words)
    this.#words = words
  }
}

/** Pieces in stacks by length: the longest that fits, or the shortest, in O(1). */
export class PiecesByLength {
  count = 0
  readonly #longest: number
  readonly #stacks: Int32Array
  readonly #next: Int32Array
  readonly #lengths: NumberSet

  constructor(lengths: readonly number[], longest: number) {
    this.#longest = longest
    this.#stacks = new Int32Array(longest + 1).fill(-1)
    this.#next = new Int32Array(lengths.length)
    this.#lengths = new NumberSet(longest + 1)
    // Backwards, so that of equal lengths the first comes out first.
    for (let piece = lengths.length - 1; piece >= 0; piece--) this.put(piece, lengths[piece]!)
  }

  put(piece: number, length: number): void {
    const key = Math.min(length, this.#longest)
    if (this.#stacks[key] === -1) this.#lengths.add(key)
    this.#next[piece] = this.#stacks[key]!
    this.#stacks[key] = piece
    this.count++
  }

  /** The longest piece of at most `length` tokens, or -1. */
  takeLongest(length: number): number {
    const key = this.#lengths.atMost(Math.min(length, this.#longest - 1))
    return key < 0 ? -1 : this.#take(key)
  }

  /** The shortest piece; there must be one. */
  takeShortest(): number {
    return this.#take(this.#lengths.atLeast(0))
  }

  /** What is left, in the order of the pieces' numbers. */
  rest(): number[] {
    const pieces: number[] = []
    while (this.count > 0) pieces.push(this.takeShortest())
    return pieces.toSorted((a, b) => a - b)
  }

  #take(key: number): number {
    const piece = this.#stacks[key]!
    this.#stacks[key] = this.#next[piece]!
    if (this.#stacks[key] === -1) this.#lengths.delete(key)
    this.count--
    return piece
  }
}

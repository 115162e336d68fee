// A partition too large to hold is split by key into pieces on disk, so that grouping needs bounded
// memory however many records a plan's partitions turn out to have: nobody knows the number of documents
// before they are read. Records keep their order within a piece. Cost: the records written and read once
// more. Memory: 64 KB per piece. One key with more records than a piece should have makes it larger.
import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { mix32 } from '@shardmill/core/random'

const bufferWords = 16_384

export interface Piece {
  readonly path: string
  readonly words: number
}

export class PieceWriter {
  readonly #stride: number
  readonly #pieces: { path: string; words: number; descriptor: number; buffer: Uint32Array }[] = []
  readonly #used: Uint32Array

  /** Opens `pieces` files in `folder`, which must be empty. */
  constructor(folder: string, pieces: number, stride: number) {
    this.#stride = stride
    this.#used = new Uint32Array(pieces)
    for (let piece = 0; piece < pieces; piece++) {
      const path = join(folder, `piece-${piece}`)
      const buffer = new Uint32Array(bufferWords - (bufferWords % stride))
      this.#pieces.push({ path, words: 0, descriptor: openSync(path, 'w'), buffer })
    }
  }

  /** Appends whole records, each to the piece of its key. */
  add(words: Uint32Array): void {
    const { length } = this.#pieces
    for (let at = 0; at < words.length; at += this.#stride) {
      // Partitions go by mix32 of the same word: the complement gives independent bits.
      const piece = Math.floor((mix32(~words[at]!) / 0x1_0000_0000) * length)
      const { buffer } = this.#pieces[piece]!
      let used = this.#used[piece]!
      for (let i = at; i < at + this.#stride; i++) buffer[used++] = words[i]!
      this.#used[piece] = used
      if (used === buffer.length) this.#flush(piece)
    }
  }

  finish(): Piece[] {
    for (const piece of this.#pieces.keys()) this.#flush(piece)
    return this.#pieces.map(({ path, words }) => ({ path, words }))
  }

  close(): void {
    for (const { descriptor } of this.#pieces) closeSync(descriptor)
  }

  #flush(index: number): void {
    const piece = this.#pieces[index]!
    const used = this.#used[index]!
    const bytes = new Uint8Array(piece.buffer.buffer, 0, used * 4)
    for (let at = 0; at < bytes.length;) at += writeSync(piece.descriptor, bytes, at)
    piece.words += used
    this.#used[index] = 0
  }
}

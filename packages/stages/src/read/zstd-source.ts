// Zstandard (RFC 8878) by fzstd, frame after frame, block by block. Memory: the frame's window.
import { Decompress } from 'fzstd'
import type { DecodedSource } from './decoded-source.ts'
import type { FileBytes } from './file-bytes.ts'

/** One block inflates to 128 KiB at most, so this much input stays within tens of MB. */
const pieceBytes = 1 << 16

export class ZstdSource implements DecodedSource {
  problem: string | undefined
  readonly #file: FileBytes
  readonly #engine: Decompress
  readonly #ready: Uint8Array[] = []
  #position = 0

  constructor(file: FileBytes) {
    this.#file = file
    this.#engine = new Decompress((chunk) => void this.#ready.push(chunk))
  }

  pull(): Uint8Array | undefined {
    while (this.#ready.length === 0) {
      if (this.#position >= this.#file.size || this.problem !== undefined) return undefined
      const piece = this.#file.read(this.#position, pieceBytes)
      this.#position += piece.length
      const isLast = this.#position >= this.#file.size
      try {
        this.#engine.push(new Uint8Array(piece), isLast)
      } catch {
        this.problem = isLast ? 'cut-member' : 'bad-member'
      }
    }
    return this.#ready.shift()
  }
}

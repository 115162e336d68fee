// Buffered random access for decoders that want a stretch of compressed bytes in one piece.
import type { FileBytes } from './file-bytes.ts'

/** What `look` gives at least, short of the end of the file. */
export const aheadBytes = 1 << 20

export class LookAhead {
  readonly size: number
  readonly #file: FileBytes
  #buffer: Buffer = Buffer.alloc(0)
  #start = 0

  constructor(file: FileBytes) {
    this.#file = file
    this.size = file.size
  }

  /** The bytes at `position`, `wanted` or more unless the file ends before; a view. */
  look(position: number, wanted = aheadBytes): Buffer {
    const from = position - this.#start
    const end = this.#start + this.#buffer.length
    if (from < 0 || from > this.#buffer.length || (end < this.size && end - position < wanted)) {
      this.#buffer = this.#file.read(position, 4 * aheadBytes)
      this.#start = position
      return this.#buffer
    }
    return this.#buffer.subarray(from)
  }

  /** Passes over zero bytes between members, as tape blocks leave them. */
  skipPadding(position: number): number {
    let at = position
    for (;;) {
      const view = this.look(at, 1)
      let count = 0
      while (count < view.length && view[count] === 0) count++
      at += count
      if (count < view.length || view.length === 0) return at
    }
  }
}

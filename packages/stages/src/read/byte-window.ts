// A sliding view over a stream of bytes. A parser asks for as many bytes as it needs, looks at
// `bytes[from, to)` and moves on. Memory: the largest `fill` plus one chunk; growing doubles, so
// reading n bytes copies O(n).
import type { ByteSource } from './file-bytes.ts'

export class ByteWindow {
  bytes: Buffer = Buffer.alloc(0)
  from = 0
  to = 0
  /** Offset of `bytes[from]` in the stream. */
  position: number
  /** The byte before `bytes[0]`: a line end at the start of the stream, -1 when unknown. */
  before: number
  /** True when the source has no more; bytes may still be in the window. */
  ended = false
  readonly #source: ByteSource
  /** Whether `bytes` was made here, so that there is room to grow behind `to`. */
  #owned = false

  constructor(source: ByteSource, position = 0) {
    this.#source = source
    this.position = position
    this.before = position === 0 ? 10 : -1
  }

  get length(): number {
    return this.to - this.from
  }

  /** Whether `position` can be jumped to. */
  canSeek(position: number): boolean {
    return this.#source.seek !== undefined && position <= (this.#source.size ?? 0)
  }

  /** Makes `count` bytes available; false when the stream ends before that. */
  async fill(count: number): Promise<boolean> {
    while (this.to - this.from < count && !this.ended) {
      const chunk = await this.#source.pull()
      if (chunk === undefined) this.ended = true
      else this.#append(chunk, count)
    }
    return this.to - this.from >= count
  }

  /** Passes over bytes that are in the window. */
  advance(count: number): void {
    this.from += count
    this.position += count
  }

  /** Passes over any number of bytes without holding them; false when the stream ends before. */
  async skip(count: number): Promise<boolean> {
    let left = count
    while (left > this.length) {
      left -= this.length
      this.advance(this.length)
      if (!(await this.fill(1))) return false
    }
    this.advance(left)
    return true
  }

  /** Jumps to an offset of the stream; only where `canSeek`. */
  seek(position: number): void {
    const ahead = position - this.position
    if (ahead >= -this.from && ahead <= this.length) {
      this.from += ahead
    } else {
      this.#source.seek?.(position)
      this.from = this.to = 0
      this.bytes = Buffer.alloc(0)
      this.before = position === 0 ? 10 : -1
      this.ended = false
    }
    this.position = position
  }

  #append(chunk: Uint8Array, wanted: number): void {
    const held = this.to - this.from
    if (held === 0) {
      this.before = this.bytes[this.from - 1] ?? this.before
      this.bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
      this.from = 0
      this.to = chunk.length
      this.#owned = false
      return
    }
    // Always a fresh buffer once the old one is full: views handed out earlier stay valid.
    if (this.to + chunk.length > this.bytes.length || !this.#owned) {
      const capacity = chunk.length + Math.max(held, Math.min(wanted, held * 2))
      const grown = Buffer.allocUnsafeSlow(capacity)
      this.bytes.copy(grown, 0, this.from, this.to)
      this.before = this.bytes[this.from - 1] ?? this.before
      this.bytes = grown
      this.from = 0
      this.to = held
      this.#owned = true
    }
    this.bytes.set(chunk, this.to)
    this.to += chunk.length
  }
}

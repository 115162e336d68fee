// Random access to one input file in blocks. Reads are synchronous: a worker has one file open and
// nothing else to do meanwhile, and a synchronous 1 MiB read costs a tenth of an awaited one.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { InputError, messageOf, RetryableError } from '@shardmill/core/errors'

export const blockBytes = 1 << 20

/** Bytes of something: pulled in order; `seek` exists where jumping is free. */
export interface ByteSource {
  /** The next bytes, or undefined at the end. The caller may keep the array. */
  pull(): Uint8Array | undefined | Promise<Uint8Array | undefined>
  seek?(position: number): void
  /** Known where `seek` is. */
  readonly size?: number
}

export class FileBytes implements ByteSource {
  readonly path: string
  readonly size: number
  readonly #file: number
  #position: number

  /** Throws `InputError` when the file is missing, a folder or not readable. */
  constructor(path: string, position = 0) {
    this.path = path
    this.#position = position
    try {
      this.#file = openSync(path, 'r')
    } catch (cause) {
      throw new InputError(`${path}: cannot be opened: ${messageOf(cause)}`, { cause })
    }
    const stat = fstatSync(this.#file)
    if (!stat.isFile()) {
      closeSync(this.#file)
      throw new InputError(`${path}: expected a file, got a folder or device`)
    }
    this.size = stat.size
  }

  /** A new buffer of up to `count` bytes at `position`; shorter only at the end of the file. */
  read(position: number, count: number): Buffer {
    const wanted = Math.max(0, Math.min(count, this.size - position))
    const buffer = Buffer.allocUnsafeSlow(wanted)
    return buffer.subarray(0, this.readInto(buffer, 0, wanted, position))
  }

  /** Fills `buffer[at, at + count)`; returns how many bytes there were. */
  readInto(buffer: Buffer, at: number, count: number, position: number): number {
    let done = 0
    try {
      while (done < count) {
        const got = readSync(this.#file, buffer, at + done, count - done, position + done)
        if (got === 0) break
        done += got
      }
    } catch (cause) {
      const place = `${this.path}:${position + done}`
      throw new RetryableError(`${place}: reading failed: ${messageOf(cause)}`, { cause })
    }
    return done
  }

  pull(): Buffer | undefined {
    const block = this.read(this.#position, blockBytes)
    this.#position += block.length
    return block.length === 0 ? undefined : block
  }

  seek(position: number): void {
    this.#position = position
  }

  close(): void {
    closeSync(this.#file)
  }
}

// Files of small whole numbers, written and read from front to back: 7 bits a byte, the low ones
// first (LEB128). Temporary files of a training. Memory: one buffer.
import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { InputError } from '@shardmill/core/errors'

const bufferBytes = 1 << 18
/** Bytes of the largest number: 2^53 - 1. */
const maxNumberBytes = 8

export class NumberWriter {
  readonly path: string
  #descriptor: number | undefined
  readonly #buffer = Buffer.allocUnsafe(bufferBytes)
  #used = 0

  constructor(path: string) {
    this.path = path
    this.#descriptor = openSync(path, 'w')
  }

  write(value: number): void {
    if (this.#used > bufferBytes - maxNumberBytes) this.#flush()
    const buffer = this.#buffer
    let at = this.#used
    while (value >= 0x80000000) {
      buffer[at++] = (value % 128) | 128
      value = Math.floor(value / 128)
    }
    while (value >= 128) {
      buffer[at++] = (value & 127) | 128
      value >>>= 7
    }
    buffer[at++] = value
    this.#used = at
  }

  close(): void {
    if (this.#descriptor === undefined) return
    this.#flush()
    closeSync(this.#descriptor)
    this.#descriptor = undefined
  }

  #flush(): void {
    for (let at = 0; at < this.#used;) {
      at += writeSync(this.#descriptor!, this.#buffer, at, this.#used - at)
    }
    this.#used = 0
  }
}

export class NumberReader {
  readonly #path: string
  #descriptor: number | undefined
  readonly #buffer = Buffer.allocUnsafe(bufferBytes)
  #at = 0
  #used = 0

  constructor(path: string) {
    this.#path = path
    this.#descriptor = openSync(path, 'r')
  }

  /** False behind the last number. */
  get hasMore(): boolean {
    return this.#at < this.#used || this.#fill()
  }

  read(): number {
    if (this.#used - this.#at < maxNumberBytes) this.#fill()
    const buffer = this.#buffer
    let byte = buffer[this.#at++]!
    if (byte < 128) return byte
    let value = byte & 127
    for (let scale = 128; ; scale *= 128) {
      byte = buffer[this.#at++]!
      value += (byte & 127) * scale
      if (byte < 128) break
    }
    if (this.#at > this.#used) throw new InputError(`${this.#path}: ends in the middle of a number`)
    return value
  }

  close(): void {
    if (this.#descriptor === undefined) return
    closeSync(this.#descriptor)
    this.#descriptor = undefined
  }

  #fill(): boolean {
    this.#buffer.copyWithin(0, this.#at, this.#used)
    this.#used -= this.#at
    this.#at = 0
    while (this.#used < bufferBytes) {
      const got = readSync(
        this.#descriptor!,
        this.#buffer,
        this.#used,
        bufferBytes - this.#used,
        null,
      )
      if (got === 0) break
      this.#used += got
    }
    // Never reads old bytes as part of a number that the file cuts off.
    if (this.#used < bufferBytes) this.#buffer[this.#used] = 0
    return this.#used > 0
  }
}

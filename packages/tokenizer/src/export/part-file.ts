// A file that gets its name only when it is whole: written as `<path>.part`, flushed to disk and
// renamed by `commit`. Small writes are gathered, large ones go to the descriptor as they are.
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

const gatherBytes = 1 << 16

export class PartFile {
  readonly path: string
  /** Bytes written so far. */
  position = 0
  #descriptor: number | undefined
  readonly #gathered = new Uint8Array(gatherBytes)
  #fill = 0

  /** Opens `<path>.part`, making its folder. */
  constructor(path: string) {
    this.path = path
    mkdirSync(dirname(path), { recursive: true })
    this.#descriptor = openSync(`${path}.part`, 'w')
  }

  write(data: ArrayBufferView): void {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    this.position += bytes.length
    if (this.#fill + bytes.length > gatherBytes) this.#flush()
    if (bytes.length >= gatherBytes) {
      this.#put(bytes)
    } else {
      this.#gathered.set(bytes, this.#fill)
      this.#fill += bytes.length
    }
  }

  /** Flushes to disk and gives the file its final name. */
  commit(): void {
    this.#flush()
    fsyncSync(this.#descriptor!)
    closeSync(this.#descriptor!)
    this.#descriptor = undefined
    renameSync(`${this.path}.part`, this.path)
  }

  /** Without a commit, removes the unfinished file; afterwards it does nothing. */
  close(): void {
    if (this.#descriptor === undefined) return
    closeSync(this.#descriptor)
    this.#descriptor = undefined
    rmSync(`${this.path}.part`, { force: true })
  }

  #flush(): void {
    if (this.#fill > 0) this.#put(this.#gathered.subarray(0, this.#fill))
    this.#fill = 0
  }

  #put(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) at += writeSync(this.#descriptor!, bytes, at)
  }
}

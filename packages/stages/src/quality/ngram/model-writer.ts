// Writes a model file. Sections are laid out one after another as they are announced, and may then be
// filled side by side, each from front to back: an estimate writes a dozen arrays in one walk.
// Nothing is visible before `commit`. Memory: 64 KB per open section.
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { syncFolder } from '@shardmill/core/arrow-file'
import { createHash } from '@shardmill/core/hash'
import { bytesOf, modelMagic, type ModelFacts, type Section } from './model-header.ts'

const bufferNumbers = 1 << 14

export class ModelWriter {
  readonly #path: string
  readonly #temporary: string
  #descriptor: number | undefined
  readonly #sections: SectionWriter[] = []
  #offset = modelMagic.length

  constructor(path: string) {
    this.#path = path
    this.#temporary = `${path}.${process.pid}.part`
    this.#descriptor = openSync(this.#temporary, 'w')
    writeAll(this.#descriptor, Buffer.from(modelMagic), 0)
  }

  /** Lays out a section of `length` numbers. */
  section(name: string, type: Section['type'], length: number): SectionWriter {
    const section = new SectionWriter(this.#descriptor!, name, type, this.#offset, length)
    this.#sections.push(section)
    this.#offset += Math.ceil((length * bytesOf[type]) / 8) * 8
    return section
  }

  /** A section whose numbers are all there. */
  whole(name: string, numbers: Uint8Array | Uint32Array | Float32Array): void {
    const type =
      numbers instanceof Uint8Array ? 'u8' : numbers instanceof Uint32Array ? 'u32' : 'f32'
    this.section(name, type, numbers.length).pushAll(numbers)
  }

  /** Writes the header, flushes to the disk and gives the file its name. */
  commit(facts: ModelFacts): void {
    const sections = this.#sections.map((section) => section.finish())
    const header = Buffer.from(JSON.stringify({ version: 1, ...facts, sections }))
    const tail = Buffer.alloc(4)
    tail.writeUInt32LE(header.length)
    const descriptor = this.#descriptor!
    writeAll(descriptor, Buffer.concat([header, tail, Buffer.from(modelMagic)]), this.#offset)
    fsyncSync(descriptor)
    closeSync(descriptor)
    this.#descriptor = undefined
    renameSync(this.#temporary, this.#path)
    syncFolder(dirname(this.#path))
  }

  /** Without a commit, removes what was written. */
  close(): void {
    if (this.#descriptor === undefined) return
    closeSync(this.#descriptor)
    this.#descriptor = undefined
    rmSync(this.#temporary, { force: true })
  }
}

export class SectionWriter {
  readonly #descriptor: number
  readonly #section: Omit<Section, 'xxh64'>
  readonly #hash = createHash()
  readonly #numbers: Uint8Array | Uint32Array | Float32Array
  readonly #bytes: Uint8Array
  #used = 0
  #written = 0

  constructor(
    descriptor: number,
    name: string,
    type: Section['type'],
    offset: number,
    length: number,
  ) {
    this.#descriptor = descriptor
    this.#section = { name, type, offset, length }
    this.#bytes = new Uint8Array(bufferNumbers * bytesOf[type])
    const { buffer } = this.#bytes
    if (type === 'u8') this.#numbers = this.#bytes
    else this.#numbers = type === 'u32' ? new Uint32Array(buffer) : new Float32Array(buffer)
  }

  push(value: number): void {
    if (this.#used === bufferNumbers) this.#flush()
    this.#numbers[this.#used++] = value
  }

  pushAll(values: ArrayLike<number>): void {
    for (let i = 0; i < values.length; i++) this.push(values[i]!)
  }

  /** Checks that the section is full. */
  finish(): Section {
    this.#flush()
    const { name, length } = this.#section
    if (this.#written !== length) {
      throw new Error(`model section ${name}: ${length} numbers expected, got ${this.#written}`)
    }
    return { ...this.#section, xxh64: this.#hash.digest() }
  }

  #flush(): void {
    const { type, offset } = this.#section
    const width = bytesOf[type]
    const bytes = this.#bytes.subarray(0, this.#used * width)
    writeAll(this.#descriptor, bytes, offset + this.#written * width)
    this.#hash.update(bytes)
    this.#written += this.#used
    this.#used = 0
  }
}

function writeAll(descriptor: number, bytes: Uint8Array, position: number): void {
  for (let at = 0; at < bytes.length;) {
    at += writeSync(descriptor, bytes, at, bytes.length - at, position + at)
  }
}

// Writes a model file. Sections are laid out one after another as they are announced, and may then be
// filled side by side, each from front to back: an estimate writes a dozen arrays in one walk.
// Nothing is visible before `commit`. Memory: 64 KB per open section.
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { syncFolder } from '@shardmill/core/sync-folder'
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
    const section = new writers[type](this.#descriptor!, {
      name,
      type,
      offset: this.#offset,
      length,
    })
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

/** One section while it is filled. A class per type, so that `push` is compiled for one kind of array. */
export abstract class SectionWriter {
  readonly #descriptor: number
  readonly #section: Omit<Section, 'xxh64'>
  readonly #hash = createHash()
  readonly #bytes: Uint8Array
  /** Numbers that wait in the buffer. */
  protected used = 0
  #written = 0

  constructor(descriptor: number, section: Omit<Section, 'xxh64'>, bytes: Uint8Array) {
    this.#descriptor = descriptor
    this.#section = section
    this.#bytes = bytes
  }

  abstract push(value: number): void

  pushAll(values: ArrayLike<number>): void {
    for (let i = 0; i < values.length; i++) this.push(values[i]!)
  }

  /** Checks that the section is full. */
  finish(): Section {
    this.flush()
    const { name, length } = this.#section
    if (this.#written !== length) {
      throw new Error(`model section ${name}: ${length} numbers expected, got ${this.#written}`)
    }
    return { ...this.#section, xxh64: this.#hash.digest() }
  }

  protected flush(): void {
    const { type, offset } = this.#section
    const width = bytesOf[type]
    const bytes = this.#bytes.subarray(0, this.used * width)
    writeAll(this.#descriptor, bytes, offset + this.#written * width)
    this.#hash.update(bytes)
    this.#written += this.used
    this.used = 0
  }
}

class BytesWriter extends SectionWriter {
  readonly #numbers: Uint8Array

  constructor(descriptor: number, section: Omit<Section, 'xxh64'>) {
    const numbers = new Uint8Array(bufferNumbers)
    super(descriptor, section, numbers)
    this.#numbers = numbers
  }

  override push(value: number): void {
    if (this.used === bufferNumbers) this.flush()
    this.#numbers[this.used++] = value
  }
}

class WordsWriter extends SectionWriter {
  readonly #numbers: Uint32Array

  constructor(descriptor: number, section: Omit<Section, 'xxh64'>) {
    const numbers = new Uint32Array(bufferNumbers)
    super(descriptor, section, new Uint8Array(numbers.buffer))
    this.#numbers = numbers
  }

  override push(value: number): void {
    if (this.used === bufferNumbers) this.flush()
    this.#numbers[this.used++] = value
  }
}

class FloatsWriter extends SectionWriter {
  readonly #numbers: Float32Array

  constructor(descriptor: number, section: Omit<Section, 'xxh64'>) {
    const numbers = new Float32Array(bufferNumbers)
    super(descriptor, section, new Uint8Array(numbers.buffer))
    this.#numbers = numbers
  }

  override push(value: number): void {
    if (this.used === bufferNumbers) this.flush()
    this.#numbers[this.used++] = value
  }
}

const writers = { u8: BytesWriter, u32: WordsWriter, f32: FloatsWriter } as const

function writeAll(descriptor: number, bytes: Uint8Array, position: number): void {
  for (let at = 0; at < bytes.length;) {
    at += writeSync(descriptor, bytes, at, bytes.length - at, position + at)
  }
}

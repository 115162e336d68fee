// Opens a model file: checks magic, length and header at once, and the XXH64 of each section when it
// is read. Sections are read on demand into typed arrays of their own (Node has no mmap), so an export
// and a scorer load what they need.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { endianness } from 'node:os'
import { InputError, messageOf } from '@shardmill/core/errors'
import { createHash } from '@shardmill/core/hash'
import { bytesOf, modelHeaderSchema, modelMagic } from './model-header.ts'
import type { ModelHeader, Section } from './model-header.ts'

const footerBytes = 4 + modelMagic.length
/** Read and hashed at a time. */
const chunkBytes = 1 << 22

interface Arrays {
  u8: Uint8Array
  u32: Uint32Array
  f32: Float32Array
}

export class ModelFile {
  readonly path: string
  readonly bytes: number
  readonly header: ModelHeader
  #descriptor: number | undefined

  /** Throws `InputError` when it is not a whole model file. */
  constructor(path: string) {
    this.path = path
    if (endianness() !== 'LE') throw new InputError(`${path}: models need a little-endian machine`)
    try {
      this.#descriptor = openSync(path, 'r')
    } catch (cause) {
      throw new InputError(`${path}: cannot open the language model: ${messageOf(cause)}`, {
        hint: 'make one with `pipeline ngram train`, or `ngram import` from an ARPA file',
        cause,
      })
    }
    try {
      this.bytes = fstatSync(this.#descriptor).size
      this.header = this.#readHeader()
    } catch (error) {
      this.close()
      throw error
    }
  }

  has(name: string): boolean {
    return this.header.sections.some((section) => section.name === name)
  }

  /** The section of this name, or `kind/0`, `kind/1` … as one array, in the order of the file. */
  read<Type extends Section['type']>(kind: string, type: Type): Arrays[Type] {
    const { sections } = this.header
    const parts = sections.filter(
      ({ name }) => name === kind || name.replace(/\/\d+$/, '') === kind,
    )
    if (parts.length === 0) throw this.#broken(`it has no section ${kind}`)
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    const bytes = new Uint8Array(length * bytesOf[type])
    let at = 0
    for (const part of parts) {
      if (part.type !== type)
        throw this.#broken(`section ${part.name} is ${part.type}, not ${type}`)
      const end = at + part.length * bytesOf[type]
      this.#readSection(part, bytes.subarray(at, end))
      at = end
    }
    const { buffer } = bytes
    const arrays = { u8: bytes, u32: bytes, f32: bytes } as unknown as Arrays
    if (type === 'u32') arrays.u32 = new Uint32Array(buffer)
    if (type === 'f32') arrays.f32 = new Float32Array(buffer)
    return arrays[type]
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor)
    this.#descriptor = undefined
  }

  #readHeader(): ModelHeader {
    const head = this.#bytesAt(0, modelMagic.length)
    if (head.toString('latin1') !== modelMagic) {
      throw this.#broken(`it does not begin with ${modelMagic}`)
    }
    const footer = this.#bytesAt(this.bytes - footerBytes, footerBytes)
    if (footer.toString('latin1', 4) !== modelMagic) {
      throw this.#broken(`it does not end with ${modelMagic}: cut off while copying?`)
    }
    const length = footer.readUInt32LE(0)
    const start = this.bytes - footerBytes - length
    let parsed: ReturnType<typeof modelHeaderSchema.safeParse>
    try {
      const json: unknown = JSON.parse(this.#bytesAt(start, length).toString('utf8'))
      parsed = modelHeaderSchema.safeParse(json)
    } catch (cause) {
      throw this.#broken(`its header is no JSON: ${messageOf(cause)}`)
    }
    if (!parsed.success) {
      const [issue] = parsed.error.issues
      throw this.#broken(`its header is wrong: ${issue?.path.join('.')}: ${issue?.message}`)
    }
    for (const { name, type, offset, length: numbers } of parsed.data.sections) {
      if (offset + numbers * bytesOf[type] > start) {
        throw this.#broken(`section ${name} would reach beyond the file`)
      }
    }
    return parsed.data
  }

  #readSection(section: Section, target: Uint8Array): void {
    const hash = createHash()
    for (let at = 0; at < target.length; at += chunkBytes) {
      const chunk = target.subarray(at, at + chunkBytes)
      this.#readInto(chunk, section.offset + at)
      hash.update(chunk)
    }
    if (hash.digest() !== section.xxh64) {
      throw this.#broken(`the checksum of section ${section.name} is not what the header says`)
    }
  }

  #bytesAt(position: number, length: number): Buffer {
    if (position < 0 || position + length > this.bytes) {
      throw this.#broken(`it has only ${this.bytes} bytes`)
    }
    const bytes = Buffer.alloc(length)
    this.#readInto(bytes, position)
    return bytes
  }

  #readInto(target: Uint8Array, position: number): void {
    for (let at = 0; at < target.length;) {
      const got = readSync(this.#descriptor!, target, at, target.length - at, position + at)
      if (got === 0) throw this.#broken('it became shorter while it was read')
      at += got
    }
  }

  #broken(what: string): InputError {
    return new InputError(`${this.path}: not a usable language model: ${what}`, {
      hint: 'make it again with `pipeline ngram train` or `ngram import`',
    })
  }
}

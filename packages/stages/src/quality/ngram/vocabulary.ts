// The words of a language model and their ids, in order of first occurrence. Ids 0, 1, 2 are <unk>,
// <s>, </s> as in KenLM. An open-addressed table over the words' UTF-16 units: a word of a text is
// found without making a string of it.
// Cost: one hash per word; memory about 20 bytes and 2 per unit for each distinct word.
import { hashWord } from '@shardmill/core/words'

export const unknownId = 0
export const startId = 1
export const endId = 2

/** <unk>, <s>, </s>: the words that every model has and no text can name. */
const specialWords = ['<unk>', '<s>', '</s>'] as const

export class Vocabulary {
  #units = new Uint16Array(1 << 14)
  /** Word i is units [ends[i - 1], ends[i]). */
  #ends = new Uint32Array(1 << 10)
  #hashes = new Uint32Array(1 << 10)
  /** Id + 1 by hash; 0 is free. */
  #table = new Uint32Array(1 << 12)
  #count = 0

  constructor() {
    for (const word of specialWords) this.addWord(word)
  }

  get count(): number {
    return this.#count
  }

  /** Memory that the tables take. */
  get bytes(): number {
    return (
      this.#units.byteLength +
      this.#ends.byteLength +
      this.#hashes.byteLength +
      this.#table.byteLength
    )
  }

  /** The id of units [start, end) with their `hashWord`, or `unknownId`. */
  find(units: Uint16Array, start: number, end: number, hash: number): number {
    const mask = this.#table.length - 1
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const id = this.#table[at]! - 1
      if (id < 0) return unknownId
      if (this.#hashes[id] === hash && this.#equals(id, units, start, end)) return id
    }
  }

  /** The id of units [start, end), a new one when they were not seen before. */
  add(units: Uint16Array, start: number, end: number, hash: number): number {
    const mask = this.#table.length - 1
    let at = hash & mask
    for (; ; at = (at + 1) & mask) {
      const id = this.#table[at]! - 1
      if (id < 0) break
      if (this.#hashes[id] === hash && this.#equals(id, units, start, end)) return id
    }
    const id = this.#count++
    this.#table[at] = id + 1
    const from = id === 0 ? 0 : this.#ends[id - 1]!
    const to = from + end - start
    if (id === this.#ends.length) {
      this.#ends = grown(this.#ends, id + 1)
      this.#hashes = grown(this.#hashes, id + 1)
    }
    if (to > this.#units.length) this.#units = grown(this.#units, to)
    for (let i = start; i < end; i++) this.#units[from + i - start] = units[i]!
    this.#ends[id] = to
    this.#hashes[id] = hash
    if (this.#count * 2 > this.#table.length) this.#rehash()
    return id
  }

  addWord(word: string): number {
    return this.add(unitsOf(word), 0, word.length, hashWord(word))
  }

  findWord(word: string): number {
    return this.find(unitsOf(word), 0, word.length, hashWord(word))
  }

  word(id: number): string {
    const from = id === 0 ? 0 : this.#ends[id - 1]!
    const part = this.#units.subarray(from, this.#ends[id])
    return Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString('utf16le')
  }

  #equals(id: number, units: Uint16Array, start: number, end: number): boolean {
    let from = id === 0 ? 0 : this.#ends[id - 1]!
    if (this.#ends[id]! - from !== end - start) return false
    while (start < end) if (this.#units[from++] !== units[start++]) return false
    return true
  }

  #rehash(): void {
    const table = new Uint32Array(this.#table.length * 2)
    const mask = table.length - 1
    for (let id = 0; id < this.#count; id++) {
      let at = this.#hashes[id]! & mask
      while (table[at] !== 0) at = (at + 1) & mask
      table[at] = id + 1
    }
    this.#table = table
  }
}

export function unitsOf(text: string): Uint16Array {
  const units = new Uint16Array(text.length)
  for (let i = 0; i < text.length; i++) units[i] = text.charCodeAt(i)
  return units
}

function grown<T extends Uint16Array | Uint32Array>(old: T, needed: number): T {
  const larger = new (old.constructor as new (length: number) => T)(
    Math.max(needed, old.length * 2),
  )
  larger.set(old)
  return larger
}

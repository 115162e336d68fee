// Tokens as bytes in one arena, found by id in O(1) and by content through an open-addressing table.
// Ids may have gaps: a missing id has no bytes and is never found.
// Memory: the bytes of all tokens plus about 20 bytes per id.
import { createHash } from '@shardmill/core/hash'

export class Vocabulary {
  /** Highest id + 1. */
  readonly size: number
  readonly bytes: Uint8Array
  /** Token `id` is `bytes[offsets[id]]` .. `bytes[offsets[id + 1] - 1]`. */
  readonly offsets: Int32Array
  /** Bytes of the longest token. */
  readonly maxLength: number
  readonly #table: Int32Array
  readonly #mask: number

  /** `tokens[id]` holds the bytes of that id, or undefined for a gap. */
  constructor(tokens: readonly (Uint8Array | undefined)[]) {
    this.size = tokens.length
    this.offsets = new Int32Array(tokens.length + 1)
    let maxLength = 0
    for (let id = 0; id < tokens.length; id++) {
      const length = tokens[id]?.length ?? 0
      this.offsets[id + 1] = this.offsets[id]! + length
      if (length > maxLength) maxLength = length
    }
    this.maxLength = maxLength
    this.bytes = new Uint8Array(this.offsets[tokens.length]!)
    let slots = 16
    while (slots < tokens.length * 2) slots *= 2
    this.#mask = slots - 1
    this.#table = new Int32Array(slots).fill(-1)
    for (let id = 0; id < tokens.length; id++) {
      const token = tokens[id]
      if (!token || token.length === 0) continue
      this.bytes.set(token, this.offsets[id])
      let slot = hashRange(token, 0, token.length) & this.#mask
      while (this.#table[slot] !== -1) slot = (slot + 1) & this.#mask
      this.#table[slot] = id
    }
  }

  /** The id of `bytes[from..to)`, the lowest one when several are equal, or -1. */
  find(bytes: Uint8Array, from: number, to: number): number {
    const { offsets } = this
    const arena = this.bytes
    const length = to - from
    let slot = hashRange(bytes, from, to) & this.#mask
    for (;;) {
      const id = this.#table[slot]!
      if (id === -1) return -1
      const start = offsets[id]!
      if (offsets[id + 1]! - start === length) {
        let i = 0
        while (i < length && arena[start + i] === bytes[from + i]) i++
        if (i === length) return id
      }
      slot = (slot + 1) & this.#mask
    }
  }

  /** The bytes of a token; empty for a gap or an id out of range. */
  token(id: number): Uint8Array {
    if (!(id >= 0 && id < this.size)) return this.bytes.subarray(0, 0)
    return this.bytes.subarray(this.offsets[id], this.offsets[id + 1])
  }

  /** Length of a token in bytes. */
  lengthOf(id: number): number {
    return this.offsets[id + 1]! - this.offsets[id]!
  }

  /** XXH64 over ids and bytes, continued with `more` (merges, options). */
  hash(more: readonly Uint8Array[] = []): string {
    const hash = createHash()
    hash.update(viewBytes(this.offsets))
    hash.update(this.bytes)
    for (const bytes of more) hash.update(bytes)
    return hash.digest()
  }
}

/** The bytes of a typed array, not copied. */
export function viewBytes(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
}

/** FNV-1a (Fowler, Noll, Vo) with a final mix, so that low bits depend on all bytes. */
function hashRange(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x811c9dc5
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193)
  return hash ^ (hash >>> 15)
}

// The n-grams of one length of all evaluation items: hash of n tokens to the places where they begin.
// A bit per hash (about 16 per entry) answers nearly every question of a clean document from a small
// table; what passes is looked up among sorted hashes. A hash never decides: callers compare tokens.
// Memory: 12 to 16 bytes per n-gram and 2 for the bits; 24 more while it is built.
import { mix32 } from '@shardmill/core/random'

/** Odd, from xxHash (Collet 2012): the base of the rolling polynomial modulo 2^32. */
const base = 0x9e3779b1

export class GramSet {
  /** Tokens per n-gram. */
  readonly length: number
  readonly count: number
  readonly #bits: Uint32Array
  readonly #bitShift: number
  readonly #hashes: Uint32Array
  readonly #places: Uint32Array
  readonly #buckets: Uint32Array
  readonly #bucketShift: number
  readonly #leaving: number

  /** Entries as hash * 2^32 + place; sorted here. */
  constructor(length: number, entries: BigUint64Array<ArrayBuffer>) {
    entries.sort()
    this.length = length
    this.count = entries.length
    this.#leaving = power(length)
    const words = new Uint32Array(entries.buffer, entries.byteOffset, entries.length * 2)
    this.#hashes = new Uint32Array(entries.length)
    this.#places = new Uint32Array(entries.length)
    for (let i = 0; i < entries.length; i++) {
      this.#places[i] = words[2 * i]!
      this.#hashes[i] = words[2 * i + 1]!
    }
    const logCount = Math.max(8, 32 - Math.clz32(entries.length))
    this.#bitShift = 32 - Math.min(32, logCount + 4)
    this.#bits = new Uint32Array(2 ** (27 - this.#bitShift))
    this.#bucketShift = 32 - Math.min(28, logCount)
    this.#buckets = new Uint32Array(2 ** (32 - this.#bucketShift) + 1)
    for (const hash of this.#hashes) {
      const bit = hash >>> this.#bitShift
      this.#bits[bit >>> 5]! |= 1 << (bit & 31)
      this.#buckets[(hash >>> this.#bucketShift) + 1]!++
    }
    for (let b = 1; b < this.#buckets.length; b++) this.#buckets[b]! += this.#buckets[b - 1]!
  }

  /**
   * Calls `found(token, from, to)` for every window of the first `count` hashes, in order, whose hash is in
   * the set: entries [from, to) have it. `found` answers the next token to look at, or less to go on.
   */
  scan(
    tokens: Uint32Array,
    count: number,
    found: (token: number, from: number, to: number) => number,
  ): void {
    const { length } = this
    const [bits, bitShift, leaving] = [this.#bits, this.#bitShift, this.#leaving]
    let hash = 0
    let next = 0
    for (let i = 0; i < count; i++) {
      hash = (Math.imul(hash, base) + tokens[i]!) | 0
      if (i >= length) hash = (hash - Math.imul(tokens[i - length]!, leaving)) | 0
      const token = i - length + 1
      if (token < next) continue
      const key = mix32(hash)
      const bit = key >>> bitShift
      if ((bits[bit >>> 5]! & (1 << (bit & 31))) === 0) continue
      const from = this.#first(key)
      if (from < 0) continue
      let to = from + 1
      while (to < this.count && this.#hashes[to] === key) to++
      next = found(token, from, to)
    }
  }

  /** The token of the evaluation items at which entry i begins. */
  place(entry: number): number {
    return this.#places[entry]!
  }

  #first(key: number): number {
    const bucket = key >>> this.#bucketShift
    let [from, to] = [this.#buckets[bucket]!, this.#buckets[bucket + 1]!]
    while (from < to) {
      const middle = (from + to) >>> 1
      if (this.#hashes[middle]! < key) from = middle + 1
      else to = middle
    }
    return from < this.count && this.#hashes[from] === key ? from : -1
  }
}

/** Hash of `length` tokens from `from`: what `scan` computes by rolling. */
export function gramHash(tokens: Uint32Array, from: number, length: number): number {
  let hash = 0
  for (let i = from; i < from + length; i++) hash = (Math.imul(hash, base) + tokens[i]!) | 0
  return mix32(hash)
}

function power(length: number): number {
  let result = 1
  for (let i = 0; i < length; i++) result = Math.imul(result, base)
  return result
}

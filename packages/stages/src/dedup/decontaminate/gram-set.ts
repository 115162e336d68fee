// The n-grams of one length of all evaluation items: hash of n tokens to the places where they begin,
// sorted, in buckets; and one filter before all of them. Every n-gram of every length begins with as many
// tokens as the shortest has, so one rolling hash over those and one read answer nearly every question
// of a clean document for all sets. A hash never decides: callers compare tokens.
// Memory: 12 to 16 bytes per n-gram and 4 to 8 for the filter; 24 more while it is built.
import { mix32 } from '@shardmill/core/random'

/** Odd, from xxHash (Collet 2012): the base of the rolling polynomial modulo 2^32. */
const base = 0x9e3779b1

export class GramSet {
  /** Tokens per n-gram. */
  readonly length: number
  readonly count: number
  readonly #hashes: Uint32Array
  /** The token of the evaluation items at which each entry begins. */
  readonly places: Uint32Array
  readonly #buckets: Uint32Array
  readonly #bucketShift: number

  /** Entries as hash * 2^32 + place; sorted here. */
  constructor(length: number, entries: BigUint64Array<ArrayBuffer>) {
    entries.sort()
    this.length = length
    this.count = entries.length
    const words = new Uint32Array(entries.buffer, entries.byteOffset, entries.length * 2)
    this.#hashes = new Uint32Array(entries.length)
    this.places = new Uint32Array(entries.length)
    for (let i = 0; i < entries.length; i++) {
      this.places[i] = words[2 * i]!
      this.#hashes[i] = words[2 * i + 1]!
    }
    const logCount = Math.max(8, 32 - Math.clz32(entries.length))
    this.#bucketShift = 32 - Math.min(28, logCount)
    this.#buckets = new Uint32Array(2 ** (32 - this.#bucketShift) + 1)
    for (const hash of this.#hashes) {
      this.#buckets[(hash >>> this.#bucketShift) + 1]!++
    }
    for (let b = 1; b < this.#buckets.length; b++) this.#buckets[b]! += this.#buckets[b - 1]!
  }

  /** The first entry whose n-gram has the hash `key` (see `gramHash`), or -1. */
  first(key: number): number {
    const bucket = key >>> this.#bucketShift
    let [from, to] = [this.#buckets[bucket]!, this.#buckets[bucket + 1]!]
    while (from < to) {
      const middle = (from + to) >>> 1
      if (this.#hashes[middle]! < key) from = middle + 1
      else to = middle
    }
    return from < this.count && this.#hashes[from] === key ? from : -1
  }

  /** Behind the last entry with the hash of entry `first`. */
  last(first: number): number {
    const key = this.#hashes[first]!
    let last = first + 1
    while (last < this.count && this.#hashes[last] === key) last++
    return last
  }
}

/**
 * The first tokens of n-grams of any length: a Bloom filter of two bits in one word (Putze et al. 2007),
 * 16 to 32 bits per n-gram, which lets 1 in 60 to 250 other windows pass.
 */
export class PrefixFilter {
  /** Tokens of a prefix. */
  readonly length: number
  readonly #words: Uint32Array
  readonly #shift: number
  readonly #leaving: number

  /** `places`: where n-grams of `length` tokens or more begin among `tokens`. */
  constructor(length: number, tokens: Uint32Array, places: readonly Uint32Array[]) {
    this.length = length
    this.#leaving = power(length)
    const count = places.reduce((sum, each) => sum + each.length, 0)
    const wordBits = Math.min(26, Math.max(8, 32 - Math.clz32(count)))
    this.#shift = 32 - wordBits
    this.#words = new Uint32Array(2 ** wordBits)
    for (const each of places) {
      for (const place of each) {
        const key = gramHash(tokens, place, length)
        this.#words[key >>> this.#shift]! |= bitsOf(key)
      }
    }
  }

  /** Calls `found` for every one of the first `count` tokens at which an n-gram may begin, in order. */
  scan(tokens: Uint32Array, count: number, found: (token: number) => void): void {
    const { length } = this
    const [words, shift, leaving] = [this.#words, this.#shift, this.#leaving]
    if (count < length) return
    let hash = 0
    for (let i = 0; i < length - 1; i++) hash = (Math.imul(hash, base) + tokens[i]!) | 0
    for (let i = length - 1, token = 0; i < count; i++, token++) {
      hash = (Math.imul(hash, base) + tokens[i]!) | 0
      const key = mix32(hash)
      const bits = bitsOf(key)
      if ((words[key >>> shift]! & bits) === bits) found(token)
      hash = (hash - Math.imul(tokens[token]!, leaving)) | 0
    }
  }
}

/** Two bits of a word, by the low bits of a key whose high bits choose the word; as a signed number. */
function bitsOf(key: number): number {
  return (1 << (key & 31)) | (1 << ((key >>> 5) & 31))
}

/** Hash of `length` tokens from `from`: what `PrefixFilter` computes by rolling. */
export function gramHash(tokens: Uint32Array, from: number, length: number): number {
  let hash = 0
  for (let i = from; i < from + length; i++) hash = (Math.imul(hash, base) + tokens[i]!) | 0
  return mix32(hash)
}

/** base^(length - 1): what the first token of a window weighs. */
function power(length: number): number {
  let result = 1
  for (let i = 1; i < length; i++) result = Math.imul(result, base)
  return result
}

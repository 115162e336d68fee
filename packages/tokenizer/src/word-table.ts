// Counts pieces of text without making a string of any: an open-addressing table over one growing
// arena of bytes. A slot is four numbers in one cache line: the word, its length, and 64 bits that
// are the word itself when it has at most 8 bytes (nine in ten English pieces), else its hash; only
// longer words are compared byte by byte.
//
// Memory: at most 44 bytes per distinct word (slots are a half to a quarter full) plus its bytes;
// while it grows, half as much again. Counts are doubles: exact up to 2^53.
import type { Split } from './pretokenize/index.ts'

/** Distinct words and how often each was seen. Word i is `bytes[offsets[i], offsets[i + 1])`. */
export interface WordTable {
  readonly size: number
  readonly bytes: Uint8Array
  readonly offsets: Uint32Array
  readonly counts: Float64Array
}

export class WordCounter {
  #size = 0
  /** Four numbers per slot: word + 1, length, low and high half of the key. */
  #slots = new Int32Array(4 << 12)
  #offsets = new Uint32Array((1 << 11) + 1)
  #counts = new Float64Array(1 << 11)
  #arena = new Uint8Array(1 << 15)
  readonly #spans = new Int32Array(2048)

  /** Number of distinct words. */
  get size(): number {
    return this.#size
  }

  /** Bytes held by the table's arrays. */
  get memoryBytes(): number {
    return (
      this.#slots.byteLength +
      this.#offsets.byteLength +
      this.#counts.byteLength +
      this.#arena.byteLength
    )
  }

  /** Adds `weight` to the count of every piece of valid UTF-8 `bytes[from, to)`. */
  addText(split: Split, bytes: Uint8Array, from: number, to: number, weight = 1): void {
    const spans = this.#spans
    for (let at = from, count; (count = split(bytes, at, to, spans)) > 0;) {
      const last = count * 2
      for (let i = 0; i < last; i += 2) this.add(bytes, spans[i]!, spans[i + 1]!, weight)
      at = spans[last - 1]!
    }
  }

  /** As `addText`, but cuts pieces further at every byte that `marks` (from 0 at `from`) has set. */
  addMarkedText(
    split: Split,
    bytes: Uint8Array,
    from: number,
    to: number,
    marks: Uint8Array,
    weight = 1,
  ): void {
    const spans = this.#spans
    for (let at = from, count; (count = split(bytes, at, to, spans)) > 0;) {
      for (let i = 0; i < count; i++) {
        let start = spans[2 * i]!
        const end = spans[2 * i + 1]!
        for (let p = start + 1; p < end; p++) {
          if (marks[p - from] === 0) continue
          this.add(bytes, start, p, weight)
          start = p
        }
        this.add(bytes, start, end, weight)
      }
      at = spans[2 * count - 1]!
    }
  }

  /** Adds `weight` to the count of the word `bytes[start, end)`. */
  add(bytes: Uint8Array, start: number, end: number, weight: number): void {
    const length = end - start
    let low = 0
    let high = 0
    if (length <= 8 && start + 8 <= bytes.length) {
      // Eight loads and a mask: a loop over the length would be mispredicted at every word.
      low = bytes[start]! | (bytes[start + 1]! << 8) | (bytes[start + 2]! << 16)
      low = (low | (bytes[start + 3]! << 24)) & lowMasks[length]!
      high = bytes[start + 4]! | (bytes[start + 5]! << 8) | (bytes[start + 6]! << 16)
      high = (high | (bytes[start + 7]! << 24)) & highMasks[length]!
    } else if (length <= 8) {
      for (let i = 0; i < length; i++) {
        if (i < 4) low |= bytes[start + i]! << (i * 8)
        else high |= bytes[start + i]! << (i * 8 - 32)
      }
    } else {
      low = 0x811c9dc5 | 0
      for (let i = start; i < end; i++) low = Math.imul(low ^ bytes[i]!, 0x01000193)
    }
    const slots = this.#slots
    const mask = slots.length - 1
    let slot = slotOf(low, high, length) & mask
    for (let entry; (entry = slots[slot]!) !== 0; slot = (slot + 4) & mask) {
      if (slots[slot + 2] !== low || slots[slot + 3] !== high || slots[slot + 1] !== length)
        continue
      if (length > 8) {
        const arena = this.#arena
        const offset = this.#offsets[entry - 1]!
        let i = 0
        while (i < length && arena[offset + i] === bytes[start + i]) i++
        if (i < length) continue
      }
      this.#counts[entry - 1]! += weight
      return
    }
    slots[slot + 1] = length
    slots[slot + 2] = low
    slots[slot + 3] = high
    slots[slot] = this.#insert(bytes, start, end, weight) + 1
    if (this.#size * 8 > slots.length) this.#rehash()
  }

  /** The words so far, in the order they were first seen. Views: invalid after the next `add`. */
  table(): WordTable {
    const size = this.#size
    return {
      size,
      bytes: this.#arena.subarray(0, this.#offsets[size]),
      offsets: this.#offsets.subarray(0, size + 1),
      counts: this.#counts.subarray(0, size),
    }
  }

  /** Forgets all words but keeps the memory. */
  clear(): void {
    this.#size = 0
    this.#slots.fill(0)
  }

  #insert(bytes: Uint8Array, start: number, end: number, weight: number): number {
    const id = this.#size++
    if (id === this.#counts.length) {
      this.#counts = grown(this.#counts, new Float64Array(id * 2))
      this.#offsets = grown(this.#offsets, new Uint32Array(id * 2 + 1))
    }
    const offset = id === 0 ? 0 : this.#offsets[id]!
    const total = offset + end - start
    if (total > this.#arena.length) {
      const wanted = Math.max(total, Math.floor(this.#arena.length * 1.5))
      this.#arena = grown(this.#arena, new Uint8Array(wanted))
    }
    const arena = this.#arena
    for (let from = start, to = offset; from < end;) arena[to++] = bytes[from++]!
    this.#counts[id] = weight
    this.#offsets[id + 1] = total
    return id
  }

  #rehash(): void {
    const old = this.#slots
    const slots = new Int32Array(old.length * 2)
    const mask = slots.length - 1
    for (let from = 0; from < old.length; from += 4) {
      if (old[from] === 0) continue
      const length = old[from + 1]!
      const low = old[from + 2]!
      const high = old[from + 3]!
      let slot = slotOf(low, high, length) & mask
      while (slots[slot] !== 0) slot = (slot + 4) & mask
      slots[slot] = old[from]!
      slots[slot + 1] = length
      slots[slot + 2] = low
      slots[slot + 3] = high
    }
    this.#slots = slots
  }
}

const lowMasks = Int32Array.of(0, 0xff, 0xffff, 0xffffff, -1, -1, -1, -1, -1)
const highMasks = Int32Array.of(0, 0, 0, 0, 0, 0xff, 0xffff, 0xffffff, -1)

/** A multiple of 4, spread over all bits. */
function slotOf(low: number, high: number, length: number): number {
  const mixed = Math.imul(low ^ Math.imul(high, 0x9e3779b1) ^ length, 0x85ebca6b)
  return (mixed ^ (mixed >>> 15)) << 2
}

function grown<T extends { set(from: T): void }>(old: T, larger: T): T {
  larger.set(old)
  return larger
}

// Winnowing (Schleimer, Wilkerson & Aiken 2003): which few places of a text stand for all its windows.
// A window is a stretch of at least `windowSize` that begins at a unit and is no longer than needed; its
// anchor is the gram (a stretch of a quarter of that) of least hash in it, so that equal windows have
// equal anchors wherever they stand. Of equal least grams a window takes the one of the window before
// if it can and the last otherwise, which keeps anchors rare even in "aaaa…".
//
// That has a price: two equal windows that overlap may share one anchor instead of having one each. Then
// the first of them holds the anchor's gram twice (once at the place that it has in the other), so an
// anchor with such a window is `tied`: it counts as two.
//
// About one unit in 20 (words) or 38 (Chinese) is an anchor. Cost: one pass, 12 bytes per unit.
import { mix32 } from '@shardmill/core/random'
import { characterSize, type Units } from '../units.ts'

/** Grams of a quarter of the window: shorter ones repeat without their windows, longer are denser. */
const gramsPerWindow = 4

// Odd multipliers of two rolling hashes: primes of XXH32 (Collet 2012).
const multiplier1 = 0x9e3779b1
const multiplier2 = 0x85ebca77

export class Anchors {
  count = 0
  /** A number below 2^53 per anchor: equal grams have equal ones. */
  keys = new Float64Array(1024)
  /** The windows of an anchor begin at the units from `first` to `last`. */
  first = new Uint32Array(1024)
  last = new Uint32Array(1024)
  /** 1 where windows of the anchor may be equal to each other. */
  isTied = new Uint8Array(1024)
  readonly #windowSize: number
  readonly #gramSize: number
  readonly #powers1: Uint32Array
  readonly #powers2: Uint32Array
  #grams = new Float64Array(4096)
  #queue = new Uint32Array(4096)
  /** Of each gram the last earlier one with the same key, plus one, while no lesser lies between. */
  #twins = new Uint32Array(4096)

  constructor(windowSize: number) {
    this.#windowSize = windowSize
    this.#gramSize = Math.ceil(windowSize / gramsPerWindow)
    const longest = Math.ceil(this.#gramSize / characterSize) + 1
    this.#powers1 = powersOf(multiplier1, longest)
    this.#powers2 = powersOf(multiplier2, longest)
  }

  /** Finds the anchors of a scanned text. */
  scan(units: Units): void {
    const { count, hashes, sums } = units
    const windowSize = this.#windowSize
    const gramSize = this.#gramSize
    this.count = 0
    if (sums[count]! < windowSize) return
    this.#reserve(count)
    const grams = this.#grams
    const queue = this.#queue
    const twins = this.#twins
    let [head, tail] = [0, 0]
    let [gram, gramEnd] = [0, 0]
    let [hash1, hash2] = [0, 0]
    let windowEnd = 0
    let chosen = -1
    for (let start = 0; ; start++) {
      while (windowEnd < count && sums[windowEnd]! - sums[start]! < windowSize) windowEnd++
      if (sums[windowEnd]! - sums[start]! < windowSize) return
      // Grams that end within this window join the queue of least ones, later before equal earlier.
      for (;;) {
        while (gramEnd < windowEnd && sums[gramEnd]! - sums[gram]! < gramSize) {
          hash1 = (Math.imul(hash1, multiplier1) + hashes[gramEnd]!) | 0
          hash2 = (Math.imul(hash2, multiplier2) + hashes[gramEnd]!) | 0
          gramEnd++
        }
        if (sums[gramEnd]! - sums[gram]! < gramSize) break
        const key = mix32(hash1) * 0x20_0000 + (mix32(hash2) >>> 11)
        grams[gram] = key
        let twin = 0
        while (tail > head && grams[queue[tail - 1]!]! >= key) {
          tail--
          if (grams[queue[tail]!]! === key) twin = queue[tail]! + 1
        }
        twins[gram] = twin
        queue[tail++] = gram
        const length = gramEnd - gram
        hash1 = (hash1 - Math.imul(hashes[gram]!, this.#powers1[length - 1]!)) | 0
        hash2 = (hash2 - Math.imul(hashes[gram]!, this.#powers2[length - 1]!)) | 0
        gram++
      }
      while (queue[head]! < start) head++
      const least = queue[head]!
      if (chosen < start || grams[chosen]! !== grams[least]!) {
        chosen = least
        this.#push(grams[least]!, start)
      }
      this.last[this.count - 1] = start
      if (twins[least]! > start) this.isTied[this.count - 1] = 1
    }
  }

  #push(key: number, start: number): void {
    if (this.count === this.keys.length) {
      const [keys, first, last] = [this.keys, this.first, this.last]
      this.keys = new Float64Array(keys.length * 2)
      this.first = new Uint32Array(keys.length * 2)
      this.last = new Uint32Array(keys.length * 2)
      this.keys.set(keys)
      this.first.set(first)
      this.last.set(last)
      const isTied = new Uint8Array(keys.length * 2)
      isTied.set(this.isTied)
      this.isTied = isTied
    }
    this.isTied[this.count] = 0
    this.keys[this.count] = key
    this.first[this.count++] = start
  }

  #reserve(units: number): void {
    if (units <= this.#grams.length) return
    this.#grams = new Float64Array(units * 2)
    this.#queue = new Uint32Array(units * 2)
    this.#twins = new Uint32Array(units * 2)
  }
}

/** 1, base, base^2, … modulo 2^32. */
export function powersOf(base: number, count: number): Uint32Array {
  const powers = new Uint32Array(count)
  powers[0] = 1
  for (let i = 1; i < count; i++) powers[i] = Math.imul(powers[i - 1]!, base)
  return powers
}

/**
 * The end of the longest window that begins at unit `start`, where the shortest ends at `end`: a word
 * at its begin may leave room for one more character at its end.
 */
export function longestWindow(
  { count, sums }: Units,
  start: number,
  end: number,
  windowSize: number,
): number {
  let longest = end
  while (longest < count && sums[longest + 1]! - sums[start + 1]! < windowSize) longest++
  return longest
}

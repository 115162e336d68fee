// Winnowing (Schleimer, Wilkerson & Aiken 2003): which few places of a text stand for all its windows.
// A window is a stretch of at least `windowSize` that begins at a unit and is no longer than needed; its
// anchor is the gram (a stretch of half of that) of least hash in it, so that equal windows have
// equal anchors wherever they stand. Of equal least grams a window takes the one of the window before
// if it can and the last otherwise, which keeps anchors rare even in "aaaa…".
//
// That has a price: two equal windows that overlap may share one anchor instead of having one each. Then
// the first of them holds the anchor's gram twice (once at the place that it has in the other), so an
// anchor with such a window is `tied`: it counts as two.
//
// About one word in 13 or one Chinese character in 26 is an anchor. Cost: one pass, 8 bytes per unit; the
// least gram is looked for anew, among those of a window, only when the one before has left it.
import { grow } from '@shardmill/core/lines'
import { mix32 } from '@shardmill/core/random'
import { characterSize, type Units } from '../units.ts'

/** Grams of half a window: shorter ones repeat where windows do not, and each such costs a second look. */
const gramsPerWindow = 2

// Odd multipliers of two rolling hashes: primes of XXH32 (Collet 2012).
const multiplier1 = 0x9e3779b1
const multiplier2 = 0x85ebca77

export class Anchors {
  count = 0
  /** Two words per anchor: equal grams have equal ones. */
  highs = new Uint32Array(1024)
  lows = new Uint32Array(1024)
  /** The windows of an anchor begin at the units from `first` to `last`. */
  first = new Uint32Array(1024)
  last = new Uint32Array(1024)
  /** 1 where windows of the anchor may be equal to each other. */
  isTied = new Uint8Array(1024)
  readonly #windowSize: number
  readonly #gramSize: number
  readonly #powers1: Uint32Array
  readonly #powers2: Uint32Array
  #gramHighs = new Uint32Array(4096)
  #gramLows = new Uint32Array(4096)

  constructor(windowSize: number) {
    this.#windowSize = windowSize
    this.#gramSize = Math.ceil(windowSize / gramsPerWindow)
    const longest = Math.ceil(this.#gramSize / characterSize) + 1
    this.#powers1 = powersOf(multiplier1, longest)
    this.#powers2 = powersOf(multiplier2, longest)
  }

  /** Finds the anchors of a scanned text. */
  scan({ count, hashes, sums }: Units): void {
    const windowSize = this.#windowSize
    const gramSize = this.#gramSize
    this.count = 0
    if (sums[count]! < windowSize) return
    this.#reserve(count)
    const highs = this.#gramHighs
    const lows = this.#gramLows
    const powers1 = this.#powers1
    const powers2 = this.#powers2
    let [gram, gramEnd] = [0, 0]
    let [hash1, hash2] = [0, 0]
    let windowEnd = 0
    // The anchor of the window before, and the last other gram that is equal to it.
    let [chosen, high, low] = [-1, 0, 0]
    let twin = -1
    for (let start = 0; ; start++) {
      const size = sums[start]! + windowSize
      while (windowEnd < count && sums[windowEnd]! < size) windowEnd++
      if (sums[windowEnd]! < size) return
      let isNew = false
      // Grams that end within this window.
      for (;;) {
        const gramTo = sums[gram]! + gramSize
        while (gramEnd < windowEnd && sums[gramEnd]! < gramTo) {
          const hash = hashes[gramEnd++]!
          hash1 = (Math.imul(hash1, multiplier1) + hash) | 0
          hash2 = (Math.imul(hash2, multiplier2) + hash) | 0
        }
        if (sums[gramEnd]! < gramTo) break
        const gramHigh = mix32(hash1)
        const gramLow = mix32(hash2)
        highs[gram] = gramHigh
        lows[gram] = gramLow
        if (chosen >= start && gramHigh <= high) {
          if (gramHigh < high || gramLow < low) {
            chosen = gram
            high = gramHigh
            low = gramLow
            twin = -1
            isNew = true
          } else if (gramLow === low) twin = gram
        }
        const length = gramEnd - gram
        hash1 = (hash1 - Math.imul(hashes[gram]!, powers1[length - 1]!)) | 0
        hash2 = (hash2 - Math.imul(hashes[gram]!, powers2[length - 1]!)) | 0
        gram++
      }
      if (chosen < start) {
        chosen = gram - 1
        high = highs[chosen]!
        low = lows[chosen]!
        twin = -1
        for (let i = gram - 2; i >= start; i--) {
          const [otherHigh, otherLow] = [highs[i]!, lows[i]!]
          if (otherHigh > high) continue
          if (otherHigh === high && otherLow >= low) {
            if (twin < 0 && otherLow === low) twin = i
            continue
          }
          chosen = i
          high = otherHigh
          low = otherLow
          twin = -1
        }
        isNew = true
      }
      if (isNew) this.#push(high, low, start)
      this.last[this.count - 1] = start
      if (twin >= start) this.isTied[this.count - 1] = 1
    }
  }

  #push(high: number, low: number, start: number): void {
    const at = this.count++
    if (at === this.highs.length) {
      this.highs = grow(this.highs)
      this.lows = grow(this.lows)
      this.first = grow(this.first)
      this.last = grow(this.last)
      const isTied = new Uint8Array(at * 2)
      isTied.set(this.isTied)
      this.isTied = isTied
    }
    this.highs[at] = high
    this.lows[at] = low
    this.first[at] = start
    this.isTied[at] = 0
  }

  #reserve(units: number): void {
    if (units <= this.#gramHighs.length) return
    this.#gramHighs = new Uint32Array(units * 2)
    this.#gramLows = new Uint32Array(units * 2)
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

// Which windows of the quotations of one anchor occur more than once. Windows go through a hash table
// and are compared unit by unit with the first of their hash, so chance decides nothing; where the
// window before was found equal, only the last unit is new. Quotations that bring no new window are
// forgotten at once: a thousand copies of a footer take the room of one.
//
// Cost: linear in the quotations, whatever repeats. Memory: 12 bytes per distinct window and the
// quotations that hold them, for one anchor at a time.
import type { Cluster, Verdict } from '@shardmill/core/stage'
import { characterSize, Units } from '../units.ts'
import { longestWindow, powersOf } from './anchors.ts'
import { qualityOf, readQuotation } from './quotation.ts'

const multiplier = 0x9e3779b1
const none = 0xffff_ffff

export class Repeats {
  readonly #windowSize: number
  readonly #keepsFirst: boolean
  readonly #looksWithin: boolean
  readonly #units = new Units()
  readonly #powers: Uint32Array
  // The text and units of the quotations that hold first windows.
  #text = new Uint16Array(1 << 14)
  #textUsed = 0
  #starts = new Uint32Array(1 << 12)
  #ends = new Uint32Array(1 << 12)
  #unitsUsed = 0
  // Distinct windows: first unit, unit after the last, the first document, whether it occurs again.
  #from = new Uint32Array(1 << 10)
  #to = new Uint32Array(1 << 10)
  #owner = new Uint32Array(1 << 10)
  #isRepeated = new Uint8Array(1 << 10)
  #windows = 0
  /** Open addressing: window, or `none`. A power of two, at most half full. */
  #slots = new Uint32Array(1 << 11).fill(none)
  #hashes = new Uint32Array(1 << 10)

  constructor(windowSize: number, keepsFirst: boolean, looksWithin: boolean) {
    this.#windowSize = windowSize
    this.#keepsFirst = keepsFirst
    this.#looksWithin = looksWithin
    this.#powers = powersOf(multiplier, windowSize / characterSize + 1)
  }

  /** Marks repeated windows: all but the first of each, or all. */
  mark(cluster: Cluster, verdict: Verdict): void {
    this.#clear()
    const order = orderOf(cluster)
    // To cut all copies of a window, its first one included, a second round has to know of the others.
    const rounds = this.#keepsFirst ? [true] : [false, true]
    for (const marks of rounds) {
      for (const member of order) {
        const mark = (from: number, to: number): void =>
          verdict.mark(cluster.ordinal(member), from, to)
        this.#read(cluster.ordinal(member), cluster.words(member), marks ? mark : undefined)
      }
    }
  }

  #read(
    ordinal: number,
    words: Uint32Array,
    mark: ((from: number, to: number) => void) | undefined,
  ): void {
    const { offset, windows, text } = readQuotation(words)
    const base = this.#unitsUsed
    const textBase = this.#textUsed
    const units = this.#append(text)
    const shift = offset - textBase
    const known = this.#windows
    const { sums, hashes } = units
    let hash = 0
    let end = 0
    // The stretch that is being marked, and the window found equal one unit before.
    let [markFrom, markTo] = [none, 0]
    let before = none
    for (let start = 0; start < windows; start++) {
      while (sums[end]! - sums[start]! < this.#windowSize) {
        hash = (Math.imul(hash, multiplier) + hashes[end]!) | 0
        end++
      }
      const longest = longestWindow(units, start, end, this.#windowSize)
      let next = none
      let longer = hash
      for (let to = end; to <= longest; to++) {
        if (to > end) longer = (Math.imul(longer, multiplier) + hashes[to - 1]!) | 0
        const found = this.#find(longer, base + start, base + to, before, ordinal)
        if (to === end) next = found
        if (found === none) continue
        const isRepeat = this.#looksWithin || this.#owner[found] !== ordinal
        if (mark === undefined) {
          if (isRepeat) this.#isRepeated[found] = 1
          continue
        }
        if (this.#keepsFirst ? !isRepeat : this.#isRepeated[found] === 0) continue
        const from = this.#starts[base + start]! + shift
        const until = this.#ends[base + to - 1]! + shift
        if (markFrom !== none && from > markTo) {
          mark(markFrom, markTo)
          markFrom = none
        }
        if (markFrom === none) markFrom = from
        markTo = Math.max(markTo, until)
      }
      before = next
      hash = (hash - Math.imul(hashes[start]!, this.#powers[end - start - 1]!)) | 0
    }
    if (markFrom !== none) mark?.(markFrom, markTo)
    if (this.#windows === known) {
      this.#unitsUsed = base
      this.#textUsed = textBase
    }
  }

  /** The first window equal to units [from, to), or none, and then this one is it. */
  #find(hash: number, from: number, to: number, before: number, ordinal: number): number {
    const mask = this.#slots.length - 1
    for (let slot = spread(hash) & mask; ; slot = (slot + 1) & mask) {
      const window = this.#slots[slot]!
      if (window === none) {
        this.#add(slot, hash, from, to, ordinal)
        return none
      }
      if (this.#hashes[window] === hash >>> 0 && this.#isEqual(window, from, to, before)) {
        return window
      }
    }
  }

  #isEqual(window: number, from: number, to: number, before: number): boolean {
    const start = this.#from[window]!
    if (this.#to[window]! - start !== to - from) return false
    let unit = from
    // The window one unit before is equal to the one before this: all but its last units are known.
    if (before !== none && this.#from[before]! + 1 === start) {
      unit = Math.max(from, from - 1 + (this.#to[before]! - this.#from[before]!))
    }
    const starts = this.#starts
    const ends = this.#ends
    const text = this.#text
    for (; unit < to; unit++) {
      const other = start + (unit - from)
      const length = ends[unit]! - starts[unit]!
      if (ends[other]! - starts[other]! !== length) return false
      for (let a = starts[unit]!, b = starts[other]!; a < ends[unit]!; a++, b++) {
        if (text[a] !== text[b]) return false
      }
    }
    return true
  }

  #add(slot: number, hash: number, from: number, to: number, ordinal: number): void {
    if (this.#windows === this.#from.length) {
      this.#from = larger(this.#from)
      this.#to = larger(this.#to)
      this.#owner = larger(this.#owner)
      this.#hashes = larger(this.#hashes)
      const repeated = new Uint8Array(this.#isRepeated.length * 2)
      repeated.set(this.#isRepeated)
      this.#isRepeated = repeated
    }
    const window = this.#windows++
    this.#from[window] = from
    this.#to[window] = to
    this.#owner[window] = ordinal
    this.#isRepeated[window] = 0
    this.#hashes[window] = hash
    this.#slots[slot] = window
    if (this.#windows * 2 > this.#slots.length) this.#rehash()
  }

  #rehash(): void {
    const slots = new Uint32Array(this.#slots.length * 2).fill(none)
    const mask = slots.length - 1
    for (let window = 0; window < this.#windows; window++) {
      let slot = spread(this.#hashes[window]!) & mask
      while (slots[slot] !== none) slot = (slot + 1) & mask
      slots[slot] = window
    }
    this.#slots = slots
  }

  /** Puts a quotation behind the others and finds its units, whose arrays count from 0. */
  #append(text: Uint16Array): Units {
    if (this.#textUsed + text.length > this.#text.length) {
      const room = new Uint16Array((this.#textUsed + text.length) * 2)
      room.set(this.#text.subarray(0, this.#textUsed))
      this.#text = room
    }
    this.#text.set(text, this.#textUsed)
    const units = this.#units
    units.scan(this.#text, this.#textUsed, this.#textUsed + text.length)
    this.#textUsed += text.length
    while (this.#unitsUsed + units.count > this.#starts.length) {
      this.#starts = larger(this.#starts)
      this.#ends = larger(this.#ends)
    }
    this.#starts.set(units.starts.subarray(0, units.count), this.#unitsUsed)
    this.#ends.set(units.ends.subarray(0, units.count), this.#unitsUsed)
    this.#unitsUsed += units.count
    return units
  }

  #clear(): void {
    // Large tables of one busy anchor are not carried through all that follow.
    if (this.#slots.length > 1 << 13) this.#slots = new Uint32Array(1 << 11)
    this.#slots.fill(none)
    this.#windows = 0
    this.#textUsed = 0
    this.#unitsUsed = 0
  }
}

/** Members by quality, best first, then as they come: in document order. */
function orderOf(cluster: Cluster): Uint32Array {
  const order = Uint32Array.from({ length: cluster.count }, (_, member) => member)
  const qualities = order.map((member) => qualityOf(cluster.words(member)))
  return order.toSorted((a, b) => qualities[b]! - qualities[a]! || a - b)
}

function larger(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const copy = new Uint32Array(array.length * 2)
  copy.set(array)
  return copy
}

/** Rolling hashes have weak low bits. */
function spread(hash: number): number {
  return (Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) >>> 7) >>> 0
}

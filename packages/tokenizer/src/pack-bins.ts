// Best-fit decreasing bin packing (Johnson 1973) for lengths that are small whole numbers: pieces are
// counting-sorted, open bins are kept by their free space, and the next larger free space is found in
// a two-level bit set. O(pieces + capacity), no comparisons.

/** A set of whole numbers below `size`, with the nearest member above or below in a few steps. */
export class NumberSet {
  readonly #bits: Uint32Array
  readonly #words: Uint32Array

  constructor(size: number) {
    this.#bits = new Uint32Array((size >>> 5) + 1)
    this.#words = new Uint32Array((size >>> 10) + 1)
  }

  add(value: number): void {
    this.#bits[value >>> 5]! |= 1 << (value & 31)
    this.#words[value >>> 10]! |= 1 << ((value >>> 5) & 31)
  }

  delete(value: number): void {
    const word = (this.#bits[value >>> 5]! &= ~(1 << (value & 31)))
    if (word === 0) this.#words[value >>> 10]! &= ~(1 << ((value >>> 5) & 31))
  }

  /** The least member that is at least `value`, or -1. */
  atLeast(value: number): number {
    let index = value >>> 5
    if (index >= this.#bits.length) return -1
    const first = this.#bits[index]! & (-1 << (value & 31))
    if (first !== 0) return (index << 5) + lowest(first)
    index++
    let group = index >>> 5
    if (group >= this.#words.length) return -1
    let word = this.#words[group]! & (-1 << (index & 31))
    while (word === 0) {
      if (++group >= this.#words.length) return -1
      word = this.#words[group]!
    }
    index = (group << 5) + lowest(word)
    return (index << 5) + lowest(this.#bits[index]!)
  }

  /** The greatest member that is at most `value`, or -1. */
  atMost(value: number): number {
    let index = value >>> 5
    const first = this.#bits[index]! & (0xffffffff >>> (31 - (value & 31)))
    if (first !== 0) return (index << 5) + highest(first)
    if (index-- === 0) return -1
    let group = index >>> 5
    let word = this.#words[group]! & (0xffffffff >>> (31 - (index & 31)))
    while (word === 0) {
      if (--group < 0) return -1
      word = this.#words[group]!
    }
    index = (group << 5) + highest(word)
    return (index << 5) + highest(this.#bits[index]!)
  }
}

function lowest(word: number): number {
  return 31 - Math.clz32(word & -word)
}

function highest(word: number): number {
  return 31 - Math.clz32(word)
}

export interface Bins {
  readonly count: number
  /** Free space of each bin. */
  readonly free: Int32Array
  /** Indices into `lengths`, longest first. */
  piecesOf(bin: number): number[]
}

/** Packs pieces of 1 .. `capacity` into bins; equal lengths keep their order. */
export function bestFitDecreasing(lengths: Int32Array, capacity: number): Bins {
  const order = longestFirst(lengths, capacity)
  const free = new Int32Array(lengths.length)
  const heads = new Int32Array(lengths.length)
  const tails = new Int32Array(lengths.length)
  const nextPiece = new Int32Array(lengths.length).fill(-1)
  // Bins by free space: a stack for each, linked through the bins.
  const stacks = new Int32Array(capacity + 1).fill(-1)
  const nextBin = new Int32Array(lengths.length)
  const spaces = new NumberSet(capacity + 1)
  let count = 0
  for (const piece of order) {
    const length = lengths[piece]!
    const space = spaces.atLeast(length)
    let bin: number
    if (space < 0) {
      bin = count++
      free[bin] = capacity
      heads[bin] = piece
    } else {
      bin = stacks[space]!
      stacks[space] = nextBin[bin]!
      if (stacks[space] === -1) spaces.delete(space)
      nextPiece[tails[bin]!] = piece
    }
    tails[bin] = piece
    const rest = (free[bin]! -= length)
    if (rest === 0) continue
    if (stacks[rest] === -1) spaces.add(rest)
    nextBin[bin] = stacks[rest]!
    stacks[rest] = bin
  }
  return {
    count,
    free,
    piecesOf(bin) {
      const pieces: number[] = []
      for (let piece = heads[bin]!; piece !== -1; piece = nextPiece[piece]!) pieces.push(piece)
      return pieces
    },
  }
}

function longestFirst(lengths: Int32Array, capacity: number): Int32Array {
  const starts = new Int32Array(capacity + 2)
  for (const length of lengths) starts[capacity - length + 1]!++
  for (let i = 1; i < starts.length; i++) starts[i]! += starts[i - 1]!
  const order = new Int32Array(lengths.length)
  for (let piece = 0; piece < lengths.length; piece++) {
    order[starts[capacity - lengths[piece]!]!++] = piece
  }
  return order
}

// Finds the pairs of neighbouring tokens whose weighted count reaches a threshold, and where they
// are. With few tokens every pair has a counter of its own. With many, a first look adds each pair
// into one of a few hashed counters, which can only overestimate, and a second look counts exactly
// but only pairs whose counter reaches the threshold: most distinct pairs are rare, so the exact
// table stays small (the idea of Park, Chen and Yu's DHP, 1995, for frequent item sets).
//
// Cost: two passes over compacted cells, 2-10 ns per cell each, and one over the places found.
// Memory: 12 bytes per place of a candidate pair while it runs; 4 afterwards.
import type { Cells } from './cells.ts'

export interface FrequentPairs {
  readonly size: number
  readonly left: Int32Array
  readonly right: Int32Array
  readonly counts: Float64Array
  /** The positions of pair i are `positions[starts[i], starts[i + 1])`, ascending. */
  readonly starts: Uint32Array
  readonly positions: Int32Array
}

/** Up to this many tokens every pair has a counter of its own (8 MB). */
const denseTokens = 1024

/** Pairs counted at least `threshold` times that `allows` does not refuse. Compact `corpus` first. */
export function findFrequentPairs(
  corpus: Cells,
  tokenCount: number,
  threshold: number,
  allows: (left: number, right: number) => boolean,
): FrequentPairs {
  const table = new PairTable()
  const places =
    tokenCount <= denseTokens
      ? countDensely(corpus, tokenCount, threshold, table)
      : countHashed(corpus, threshold, table)
  return table.finish(threshold, allows, places)
}

function countDensely(
  corpus: Cells,
  tokenCount: number,
  threshold: number,
  table: PairTable,
): Places {
  const counts = countEveryPair(corpus, tokenCount)
  return placesOf(corpus, tokenCount, insertFrequent(counts, tokenCount, threshold, table))
}

// Every pass is a function of its own: V8 compiles a loop while it runs, and had to throw the code
// away when the loop ended and it came to lines that it had never seen executed.

function countEveryPair(corpus: Cells, tokenCount: number): Float64Array {
  const { cells } = corpus
  const counts = new Float64Array(tokenCount * tokenCount)
  for (let run = 0; run < corpus.runCount; run++) {
    const weight = corpus.runWeight(run)
    const end = corpus.runStart(run + 1)
    let left = -1
    for (let p = corpus.runStart(run); p < end; p++) {
      const right = cells[p]!
      if ((left | right) >= 0) counts[left * tokenCount + right]! += weight
      left = right
    }
  }
  return counts
}

/** Entry of every pair that reaches the threshold, -1 of the others. */
function insertFrequent(
  counts: Float64Array,
  tokenCount: number,
  threshold: number,
  table: PairTable,
): Int32Array {
  const entries = new Int32Array(counts.length).fill(-1)
  for (let index = 0; index < counts.length; index++) {
    if (counts[index]! < threshold) continue
    const left = Math.floor(index / tokenCount)
    entries[index] = table.insert(left, index - left * tokenCount, counts[index]!)
  }
  return entries
}

function placesOf({ cells, length }: Cells, tokenCount: number, entries: Int32Array): Places {
  const places = new Places()
  let left = -1
  for (let p = 0; p < length; p++) {
    const right = cells[p]!
    if ((left | right) >= 0) {
      const entry = entries[left * tokenCount + right]!
      if (entry >= 0) places.push(p - 1, entry)
    }
    left = right
  }
  return places
}

function countHashed(corpus: Cells, threshold: number, table: PairTable): Places {
  const bits = Math.min(23, Math.max(16, Math.ceil(Math.log2(corpus.length)) - 2))
  // Counters stop at their highest value: it is enough to know that the threshold is reached.
  const isSmall = threshold < 0x7fff
  const most = isSmall ? 0x7fff : 0x7fff_ffff
  const counters = isSmall ? new Uint16Array(2 ** bits) : new Uint32Array(2 ** bits)
  addUpHashes(corpus, counters, 32 - bits, most)
  return countCandidates(corpus, counters, 32 - bits, Math.min(most, threshold), table)
}

function addUpHashes(
  corpus: Cells,
  counters: Uint16Array | Uint32Array,
  shift: number,
  most: number,
): void {
  const { cells } = corpus
  for (let run = 0; run < corpus.runCount; run++) {
    const weight = Math.min(most, Math.ceil(corpus.runWeight(run)))
    const end = corpus.runStart(run + 1)
    let left = -1
    for (let p = corpus.runStart(run); p < end; p++) {
      const right = cells[p]!
      if ((left | right) >= 0) {
        const index = hashPair(left, right) >>> shift
        const sum = counters[index]! + weight
        counters[index] = sum < most ? sum : most
      }
      left = right
    }
  }
}

/** Exact counts and places of the pairs whose counter is at least `enough`. */
function countCandidates(
  corpus: Cells,
  counters: Uint16Array | Uint32Array,
  shift: number,
  enough: number,
  table: PairTable,
): Places {
  const { cells } = corpus
  const places = new Places()
  for (let run = 0; run < corpus.runCount; run++) {
    const weight = corpus.runWeight(run)
    const end = corpus.runStart(run + 1)
    let left = -1
    for (let p = corpus.runStart(run); p < end; p++) {
      const right = cells[p]!
      if ((left | right) >= 0) {
        const hash = hashPair(left, right)
        if (counters[hash >>> shift]! >= enough) {
          places.push(p - 1, table.count(left, right, hash, weight))
        }
      }
      left = right
    }
  }
  return places
}

function hashPair(left: number, right: number): number {
  const hash = Math.imul(left ^ Math.imul(right, 0x9e3779b1), 0x85ebca6b)
  return hash ^ (hash >>> 15)
}

/** Positions of candidate pairs, with the entry of the pair, in order of position. */
class Places {
  size = 0
  positions = new Int32Array(1 << 14)
  entries = new Int32Array(1 << 14)

  push(position: number, entry: number): void {
    if (this.size === this.positions.length) {
      this.positions = enlarged(this.positions, new Int32Array(this.size * 2))
      this.entries = enlarged(this.entries, new Int32Array(this.size * 2))
    }
    this.positions[this.size] = position
    this.entries[this.size++] = entry
  }
}

/** Exact counts of some pairs: open addressing, at most half full. */
class PairTable {
  #size = 0
  #slots = new Int32Array(1 << 13)
  #left = new Int32Array(1 << 12)
  #right = new Int32Array(1 << 12)
  #counts = new Float64Array(1 << 12)

  /** Adds a pair that is known to be new and will not be looked for. */
  insert(left: number, right: number, count: number): number {
    const entry = this.#size++
    this.#left[entry] = left
    this.#right[entry] = right
    this.#counts[entry] = count
    if (this.#size === this.#left.length) this.#grow()
    return entry
  }

  /** Adds to the count of a pair; answers its entry. */
  count(left: number, right: number, hash: number, weight: number): number {
    const slots = this.#slots
    const mask = slots.length - 1
    let slot = hash & mask
    for (let entry; (entry = slots[slot]! - 1) >= 0; slot = (slot + 1) & mask) {
      if (this.#left[entry] === left && this.#right[entry] === right) {
        this.#counts[entry]! += weight
        return entry
      }
    }
    slots[slot] = this.#size + 1
    return this.insert(left, right, weight)
  }

  /** Numbers the pairs at or above the threshold and sorts the places by pair. */
  finish(
    threshold: number,
    allows: (left: number, right: number) => boolean,
    places: Places,
  ): FrequentPairs {
    const kept = this.#number(threshold, allows)
    const { starts, positions } = sortPlaces(places, kept.numbers, kept.size)
    return {
      size: kept.size,
      left: this.#left.slice(0, kept.size),
      right: this.#right.slice(0, kept.size),
      counts: this.#counts.slice(0, kept.size),
      starts,
      positions,
    }
  }

  /** New numbers of the entries that stay, -1 of the others; moves what stays to the front. */
  #number(
    threshold: number,
    allows: (left: number, right: number) => boolean,
  ): { readonly numbers: Int32Array; readonly size: number } {
    const numbers = new Int32Array(this.#size).fill(-1)
    let size = 0
    for (let entry = 0; entry < this.#size; entry++) {
      if (this.#counts[entry]! < threshold) continue
      if (!allows(this.#left[entry]!, this.#right[entry]!)) continue
      const pair = size++
      numbers[entry] = pair
      this.#left[pair] = this.#left[entry]!
      this.#right[pair] = this.#right[entry]!
      this.#counts[pair] = this.#counts[entry]!
    }
    return { numbers, size }
  }

  #grow(): void {
    const length = this.#left.length * 2
    this.#left = enlarged(this.#left, new Int32Array(length))
    this.#right = enlarged(this.#right, new Int32Array(length))
    this.#counts = enlarged(this.#counts, new Float64Array(length))
    const slots = new Int32Array(length * 2)
    const mask = slots.length - 1
    for (let entry = 0; entry < this.#size; entry++) {
      let slot = hashPair(this.#left[entry]!, this.#right[entry]!) & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = entry + 1
    }
    this.#slots = slots
  }
}

/** A counting sort of places by pair. */
function sortPlaces(
  { size, positions: unsorted, entries }: Places,
  numbers: Int32Array,
  pairCount: number,
): { readonly starts: Uint32Array; readonly positions: Int32Array } {
  const starts = new Uint32Array(pairCount + 1)
  for (let i = 0; i < size; i++) {
    const pair = numbers[entries[i]!]!
    if (pair >= 0) starts[pair + 1]!++
  }
  for (let pair = 0; pair < pairCount; pair++) starts[pair + 1]! += starts[pair]!
  const positions = new Int32Array(starts[pairCount]!)
  distribute(unsorted, entries, size, numbers, starts.slice(), positions)
  return { starts, positions }
}

function distribute(
  unsorted: Int32Array,
  entries: Int32Array,
  size: number,
  numbers: Int32Array,
  cursors: Uint32Array,
  positions: Int32Array,
): void {
  for (let i = 0; i < size; i++) {
    const pair = numbers[entries[i]!]!
    if (pair >= 0) positions[cursors[pair]!++] = unsorted[i]!
  }
}

function enlarged<T extends { set(from: T): void }>(old: T, larger: T): T {
  larger.set(old)
  return larger
}

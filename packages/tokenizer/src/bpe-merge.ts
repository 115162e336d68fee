// The merge loop of BPE training, exact and in HF's order (see bpe-train.ts for the rules).
//
// Textbook loops keep the count of every pair up to date, which costs a hash lookup per neighbour of
// every merge, and the positions of every pair, which costs memory; almost all pairs are too rare to
// be merged ever. Three observations remove both:
//
// 1. As long as no token comes into being twice, the count of a pair never rises once both tokens
//    exist. A stored count is an upper bound, so it is enough to recount a pair, over its own
//    positions, when it reaches the top of the queue. No decrements, no lookups.
// 2. Merging (a, b) into a new token X makes pairs that did not exist before. Their counts are summed
//    in arrays indexed by the neighbour; no lookup either.
// 3. Pairs below a threshold are not stored at all. When the queue has no pair left above it, the
//    cells are compacted, the threshold falls, and the corpus is searched anew:
//    four to six searches in all, each over fewer cells.
//
// Observation 1 would break if one string were spelt by two merges. Plain BPE never does that: where a
// string ends up as one token, no merge ever crossed its borders, so what happened inside depended on
// the string alone and was the same, merge by merge, at all its places. It takes a prefix or suffix
// that also occurs as text, or merges from outside; `run` then stops with `repeated`, and bpe-train.ts
// starts again with the plain loop of bpe-merge-plain.ts.
//
// Memory: 4 bytes per symbol, plus 4 per position of a pair above the threshold.
import { covered, type Cells } from './cells.ts'
import { findFrequentPairs, type FrequentPairs } from './frequent-pairs.ts'
import { PairHeap } from './pair-heap.ts'

export interface MergeRules {
  /** Pairs counted less often are not merged; at least 1. */
  readonly minFrequency: number
  /** A new pair is only considered when its length in symbols is below this. */
  readonly maxLength: number
}

/** Where the merge loop asks for names and reports what it did. */
export interface MergeTarget {
  /** Ids in use; grows with `join`. */
  readonly size: number
  /** True when no further token is wanted. */
  readonly isFull: boolean
  /** Length of a token in symbols. */
  lengthOf(token: number): number
  /** False when the pair must not be merged. */
  allows(left: number, right: number): boolean
  /** Records the merge and answers its token, or undefined when that token is in use already. */
  join(left: number, right: number): number | undefined
}

export type MergeState = 'working' | 'done' | 'repeated'

// The threshold falls by `coarseStep` while pairs are frequent, and by `fineStep` when it is below
// `manyPlaces`, where every halving doubles the number of pairs. Measured: docs/log.md.
const coarseStep = 64
const fineStep = 8
const manyPlaces = 1000

export class MergeLoop {
  readonly #corpus: Cells
  readonly #rules: MergeRules
  readonly #target: MergeTarget
  readonly #heap = new PairHeap()
  /** Lowest count stored in this round; pairs below it are not in the queue. */
  #threshold = 0
  #rounds = 0
  // Entries of the queue: the pair, and where its positions are.
  #entries = 0
  #left = new Int32Array(1024)
  #right = new Int32Array(1024)
  #starts = new Uint32Array(1024)
  #lengths = new Uint32Array(1024)
  /** The positions of all entries, one list behind the other. */
  #positions: Int32Array = new Int32Array(0)
  #used = 0
  // Per token: weight and number of its occurrences beside the merge at hand, and its new entry.
  #before = new Neighbours()
  #after = new Neighbours()

  constructor(corpus: Cells, rules: MergeRules, target: MergeTarget) {
    this.#corpus = corpus
    this.#rules = rules
    this.#target = target
  }

  /** Does up to `budget` pops of the queue. */
  run(budget: number): MergeState {
    const target = this.#target
    const heap = this.#heap
    for (let pops = 0; pops < budget; pops++) {
      if (target.isFull) return 'done'
      if (heap.size === 0 || heap.topCount < this.#threshold) {
        if (!this.#search()) return 'done'
        continue
      }
      const entry = heap.topEntry
      const left = this.#left[entry]!
      const right = this.#right[entry]!
      const count = this.#recount(entry, left, right)
      if (count < heap.topCount) {
        if (count < this.#threshold) heap.pop()
        else heap.lowerTop(count)
        continue
      }
      heap.pop()
      const token = target.join(left, right)
      if (token === undefined) return 'repeated'
      this.#merge(entry, left, right, token)
    }
    return 'working'
  }

  /** Fills the queue with the pairs above the next threshold; false when there is none left. */
  #search(): boolean {
    const { minFrequency, maxLength } = this.#rules
    const target = this.#target
    const floor = Math.max(1, minFrequency)
    const corpus = this.#corpus
    for (;;) {
      if (this.#rounds++ === 0) this.#threshold = corpus.highestWeight(target.size)
      else if (this.#threshold <= floor) return false
      const step = this.#threshold > manyPlaces ? coarseStep : fineStep
      this.#threshold = Math.max(floor, Math.floor(this.#threshold / step))
      corpus.compact()
      const found = findFrequentPairs(corpus, target.size, this.#threshold, (left, right) => {
        const length = target.lengthOf(left) + target.lengthOf(right)
        return (length === 2 || length < maxLength) && target.allows(left, right)
      })
      if (found.size === 0) continue
      this.#heap.clear()
      this.#entries = 0
      this.#positions = found.positions
      this.#used = found.positions.length
      this.#pushAll(found)
      return true
    }
  }

  #pushAll({ size, left, right, counts, starts }: FrequentPairs): void {
    for (let i = 0; i < size; i++) {
      const start = starts[i]!
      this.#push(left[i]!, right[i]!, counts[i]!, start, starts[i + 1]! - start)
    }
  }

  #push(left: number, right: number, count: number, start: number, length: number): void {
    const entry = this.#entries++
    if (entry === this.#left.length) {
      this.#left = doubled(this.#left, new Int32Array(entry * 2))
      this.#right = doubled(this.#right, new Int32Array(entry * 2))
      this.#starts = doubled(this.#starts, new Uint32Array(entry * 2))
      this.#lengths = doubled(this.#lengths, new Uint32Array(entry * 2))
    }
    this.#left[entry] = left
    this.#right[entry] = right
    this.#starts[entry] = start
    this.#lengths[entry] = length
    this.#heap.push(count, left, right, entry)
  }

  /** Sums the weights of the places where the pair still stands, and forgets the other places. */
  #recount(entry: number, left: number, right: number): number {
    const corpus = this.#corpus
    const { cells } = corpus
    const positions = this.#positions
    const start = this.#starts[entry]!
    const end = start + this.#lengths[entry]!
    let count = 0
    let kept = start
    for (let i = start; i < end; i++) {
      const p = positions[i]!
      if (cells[p] !== left) continue
      let q = p + 1
      while (cells[q] === covered) q++
      if (cells[q] !== right) continue
      positions[kept++] = p
      count += corpus.weightAt(p)
    }
    this.#lengths[entry] = kept - start
    return count
  }

  #merge(entry: number, left: number, right: number, token: number): void {
    const before = this.#before
    const after = this.#after
    before.reserve(this.#target.size)
    after.reserve(this.#target.size)
    const start = this.#starts[entry]!
    const end = this.#replace(start, start + this.#lengths[entry]!, left, right, token)
    this.#sumNeighbours(start, end, token)
    const anyBefore = this.#open(before, token, true)
    const anyAfter = this.#open(after, token, false)
    if (anyBefore || anyAfter) this.#listNeighbours(start, end, token)
    before.clear()
    after.clear()
  }

  // The three loops over the places are functions of their own: compiled as one, V8 left the code of
  // the first loop by a deoptimisation at every merge of a short training.

  /** Writes `token` where the pair stands; answers where the list of its places ends. */
  #replace(start: number, listed: number, left: number, right: number, token: number): number {
    const { cells } = this.#corpus
    const list = this.#positions
    let end = start
    for (let i = start; i < listed; i++) {
      const p = list[i]!
      // Of "aaa", (a, a) has two places and merges once, at the left one.
      if (cells[p] !== left) continue
      let q = p + 1
      while (cells[q] === covered) q++
      if (cells[q] !== right) continue
      cells[p] = token
      cells[q] = covered
      list[end++] = p
    }
    return end
  }

  /** Sums up what stands on both sides of the merged token. */
  #sumNeighbours(start: number, end: number, token: number): void {
    const corpus = this.#corpus
    const { cells } = corpus
    const list = this.#positions
    const before = this.#before
    const after = this.#after
    for (let i = start; i < end; i++) {
      const p = list[i]!
      const weight = corpus.weightAt(p)
      let r = p - 1
      while (cells[r] === covered) r--
      const previous = cells[r]!
      // (X, X) is seen from its left token only.
      if (previous >= 0 && previous !== token) before.add(previous, weight)
      let q = p + 1
      while (cells[q] === covered) q++
      const next = cells[q]!
      if (next >= 0) after.add(next, weight)
    }
  }

  /** Writes the places of the pairs just opened behind their queue entries. */
  #listNeighbours(start: number, end: number, token: number): void {
    const { cells } = this.#corpus
    // The lists just opened may have moved the array; the old places are still in it.
    const list = this.#positions
    const before = this.#before
    const after = this.#after
    for (let i = start; i < end; i++) {
      const p = list[i]!
      let r = p - 1
      while (cells[r] === covered) r--
      const previous = cells[r]!
      if (previous >= 0 && previous !== token && before.isOpen[previous]) {
        list[before.cursors[previous]!++] = r
      }
      let q = p + 1
      while (cells[q] === covered) q++
      const next = cells[q]!
      if (next >= 0 && after.isOpen[next]) list[after.cursors[next]!++] = p
    }
  }

  /** Makes queue entries for the neighbours that are frequent enough; false when none is. */
  #open(neighbours: Neighbours, token: number, isBefore: boolean): boolean {
    const target = this.#target
    const { maxLength } = this.#rules
    let any = false
    for (let i = 0; i < neighbours.size; i++) {
      const other = neighbours.tokens[i]!
      const weight = neighbours.weights[other]!
      if (weight < this.#threshold) continue
      if (target.lengthOf(other) + target.lengthOf(token) >= maxLength) continue
      const left = isBefore ? other : token
      const right = isBefore ? token : other
      if (!target.allows(left, right)) continue
      const length = neighbours.counts[other]!
      const start = this.#allocate(length)
      neighbours.isOpen[other] = 1
      neighbours.cursors[other] = start
      this.#push(left, right, weight, start, length)
      any = true
    }
    return any
  }

  #allocate(length: number): number {
    const start = this.#used
    this.#used += length
    if (this.#used > this.#positions.length) {
      const wanted = Math.max(this.#used, Math.ceil(this.#positions.length * 1.25), 1 << 16)
      this.#positions = doubled(this.#positions, new Int32Array(wanted))
    }
    return start
  }
}

/** What stands on one side of the merged token, summed by token. */
class Neighbours {
  tokens = new Int32Array(256)
  size = 0
  weights = new Float64Array(0)
  counts = new Int32Array(0)
  /** Of tokens with a new queue entry: where its next position goes. */
  cursors = new Uint32Array(0)
  isOpen = new Uint8Array(0)

  reserve(tokenCount: number): void {
    if (tokenCount <= this.weights.length) return
    const length = Math.max(1024, tokenCount * 2)
    this.weights = new Float64Array(length)
    this.counts = new Int32Array(length)
    this.cursors = new Uint32Array(length)
    this.isOpen = new Uint8Array(length)
  }

  add(token: number, weight: number): void {
    if (this.counts[token] === 0) {
      if (this.size === this.tokens.length) {
        this.tokens = doubled(this.tokens, new Int32Array(this.size * 2))
      }
      this.tokens[this.size++] = token
    }
    this.counts[token]!++
    this.weights[token]! += weight
  }

  clear(): void {
    for (let i = 0; i < this.size; i++) {
      const token = this.tokens[i]!
      this.weights[token] = 0
      this.counts[token] = 0
      this.isOpen[token] = 0
    }
    this.size = 0
  }
}

function doubled<T extends { set(from: T): void }>(old: T, larger: T): T {
  larger.set(old)
  return larger
}

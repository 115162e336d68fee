// The merges of a BPE model: a table from a pair of ids to (rank, merged id), and the two ways to
// apply it. Both always take the merge of lowest rank, the leftmost of equals, as HF tokenizers,
// tiktoken and sentencepiece do.
//
// Short runs: search the minimum of an array of ranks, quadratic with a tiny constant.
// Long runs: positions are kept in one list per rank, and a heap holds the distinct ranks. In a
// trained vocabulary a merge only creates pairs of higher rank, so a rank's list is complete and in
// order when its turn comes. Where a vocabulary breaks that rule the list is put back and sorted; the
// result stays exact. Cost O(n log ranks); about 40 bytes per symbol, freed after very long runs.
// Runs that repeat themselves ("aaaa"): while one pair makes up much of a long run, all its places are
// merged in one pass over the symbols, without lists: every pass of a million equal letters halves them.
const none = 0x7fffffff
/** Beyond this many symbols the list method is faster (measured, bench/encode.ts). */
const shortRun = 48
/** From this many symbols on it is worth a look whether a run repeats itself. */
const repetitiveRun = 4096
/** A pass over a long run must take away this part of it, so that all passes cost a few of the first. */
const leastShare = 8
/** Larger scratch arrays are dropped after use. */
const keptSymbols = 1 << 18

export interface MergeList {
  readonly lefts: Int32Array
  readonly rights: Int32Array
  readonly ids: Int32Array
  readonly ranks: Int32Array
}

export class Merges {
  /** Four entries per slot: left, right, rank, merged id; left is -1 in an empty slot. */
  readonly #slots: Int32Array
  readonly #mask: number
  /** A bit per pair, by hash: most pairs in a text have no merge, and this fits the CPU's cache. */
  readonly #filter: Int32Array
  readonly #filterMask: number
  #rankCount = 0
  readonly #ranks = new Int32Array(shortRun + 1)
  readonly #made = new Int32Array(shortRun + 1)
  #lists: RankLists | undefined

  /** An empty table with room for `count` merges. */
  constructor(count: number) {
    let slots = 16
    while (slots < count * 2) slots *= 2
    this.#mask = slots - 1
    this.#filterMask = slots * 4 - 1
    this.#filter = new Int32Array(slots >>> 3)
    this.#slots = new Int32Array(slots * 4).fill(-1)
  }

  static from(list: MergeList): Merges {
    const merges = new Merges(list.ids.length)
    for (let i = 0; i < list.ids.length; i++) {
      merges.add(list.lefts[i]!, list.rights[i]!, list.ids[i]!, list.ranks[i]!)
    }
    return merges
  }

  /** `left` and `right` join to `id`; a pair that was added before gets the new rank. */
  add(left: number, right: number, id: number, rank: number): void {
    const hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b)
    const mixed = hash ^ (hash >>> 15)
    const bit = mixed & this.#filterMask
    this.#filter[bit >>> 5]! |= 1 << (bit & 31)
    let slot = mixed & this.#mask
    for (; ; slot = (slot + 1) & this.#mask) {
      const found = this.#slots[slot << 2]
      if (found === -1 || (found === left && this.#slots[(slot << 2) + 1] === right)) break
    }
    this.#slots.set([left, right, rank, id], slot << 2)
    if (rank >= this.#rankCount) this.#rankCount = rank + 1
    this.#lists = undefined
  }

  /** Rank of a pair, or -1. */
  rank(left: number, right: number): number {
    const at = this.#find(left, right)
    return at < 0 ? -1 : this.#slots[at + 2]!
  }

  /** Replaces `symbols[i]` by what it joins to with `symbols[i + 1]`, a pair that has a rank. */
  joinAt(symbols: Int32Array, i: number): void {
    symbols[i] = this.#slots[this.#find(symbols[i]!, symbols[i + 1]!) + 3]!
  }

  /** Merges `symbols[from, from + count)` in place; returns how many are left. */
  apply(symbols: Int32Array, from: number, count: number): number {
    if (count < 2) return count
    if (count <= shortRun) return this.#applyShort(symbols, from, count)
    const long = symbols.subarray(from, from + count)
    return count < repetitiveRun ? this.#applyLists(long) : this.#applyPasses(long)
  }

  /** Where the pair is in `#slots`, or -1. */
  #find(left: number, right: number): number {
    const hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b)
    const mixed = hash ^ (hash >>> 15)
    const bit = mixed & this.#filterMask
    if ((this.#filter[bit >>> 5]! & (1 << (bit & 31))) === 0) return -1
    const slots = this.#slots
    const mask = this.#mask
    let slot = mixed & mask
    for (;;) {
      const at = slot << 2
      const found = slots[at]!
      if (found === left && slots[at + 1] === right) return at
      if (found === -1) return -1
      slot = (slot + 1) & mask
    }
  }

  #applyShort(symbols: Int32Array, from: number, count: number): number {
    const slots = this.#slots
    const ranks = this.#ranks
    const made = this.#made
    let last = count - 1
    let best = none
    let bestAt = 0
    for (let i = 0; i < last; i++) {
      const at = this.#find(symbols[from + i]!, symbols[from + i + 1]!)
      if (at < 0) {
        ranks[i] = none
        continue
      }
      const rank = slots[at + 2]!
      ranks[i] = rank
      made[i] = slots[at + 3]!
      if (rank < best) {
        best = rank
        bestAt = i
      }
    }
    while (best !== none) {
      const i = bestAt
      const id = made[i]!
      symbols[from + i] = id
      last--
      // One walk does three things: renews the pairs at the new symbol, moves what lies behind it one
      // place forward, and finds the next lowest rank.
      best = none
      for (let k = 0; k < i - 1; k++) {
        if (ranks[k]! < best) {
          best = ranks[k]!
          bestAt = k
        }
      }
      if (i > 0) {
        const at = this.#find(symbols[from + i - 1]!, id)
        const rank = at < 0 ? none : slots[at + 2]!
        ranks[i - 1] = rank
        if (at >= 0) made[i - 1] = slots[at + 3]!
        if (rank < best) {
          best = rank
          bestAt = i - 1
        }
      }
      if (i === last) continue
      const at = this.#find(id, symbols[from + i + 2]!)
      const rank = at < 0 ? none : slots[at + 2]!
      ranks[i] = rank
      if (at >= 0) made[i] = slots[at + 3]!
      if (rank < best) {
        best = rank
        bestAt = i
      }
      for (let k = i + 1; k < last; k++) {
        symbols[from + k] = symbols[from + k + 1]!
        const moved = ranks[k + 1]!
        ranks[k] = moved
        made[k] = made[k + 1]!
        if (moved < best) {
          best = moved
          bestAt = k
        }
      }
      symbols[from + last] = symbols[from + last + 1]!
    }
    return last + 1
  }

  /**
   * Merges all pairs of the lowest rank in one pass over the run, again and again, as long as that
   * makes it much shorter, and leaves the rest to the lists.
   */
  #applyPasses(symbols: Int32Array): number {
    const ranks = new Int32Array(symbols.length)
    for (let left = symbols.length; ;) {
      const { rank, places } = this.#lowestRank(symbols, ranks, left)
      if (rank === none) return left
      const merged = places * leastShare < left ? left : this.#mergeRank(symbols, ranks, left, rank)
      if ((left - merged) * leastShare < left) return this.#applyLists(symbols.subarray(0, merged))
      left = merged
    }
  }

  /** Fills in the rank of every pair; answers the lowest, and how many pairs have it. */
  #lowestRank(
    symbols: Int32Array,
    ranks: Int32Array,
    count: number,
  ): { readonly rank: number; readonly places: number } {
    const slots = this.#slots
    const pair = new LastPair()
    let rank = none
    let places = 0
    for (let i = 0; i < count - 1; i++) {
      const at = this.#findAgain(pair, symbols[i]!, symbols[i + 1]!)
      const found = at < 0 ? none : slots[at + 2]!
      ranks[i] = found
      if (found < rank) {
        rank = found
        places = 0
      }
      if (found === rank) places++
    }
    return { rank, places }
  }

  /**
   * Merges the pairs of the lowest rank from left to right; answers how many symbols are left. Stops
   * when that makes a pair of a rank as low (not a trained order), which would be next.
   */
  #mergeRank(symbols: Int32Array, ranks: Int32Array, count: number, rank: number): number {
    const slots = this.#slots
    const pair = new LastPair()
    const pairBefore = new LastPair()
    const pairAfter = new LastPair()
    let to = 0
    for (let i = 0; i < count;) {
      if (i === count - 1 || ranks[i] !== rank) {
        symbols[to++] = symbols[i++]!
        continue
      }
      const id = slots[this.#findAgain(pair, symbols[i]!, symbols[i + 1]!) + 3]!
      symbols[to++] = id
      i += 2
      const before = to > 1 ? this.#findAgain(pairBefore, symbols[to - 2]!, id) : -1
      const after = i < count ? this.#findAgain(pairAfter, id, symbols[i]!) : -1
      if (
        (before >= 0 && slots[before + 2]! <= rank) ||
        (after >= 0 && slots[after + 2]! <= rank)
      ) {
        symbols.copyWithin(to, i, count)
        return to + count - i
      }
    }
    return to
  }

  /** As `#find`; in a long run the same pair is often looked up again and again. */
  #findAgain(pair: LastPair, left: number, right: number): number {
    if (left !== pair.left || right !== pair.right) {
      pair.left = left
      pair.right = right
      pair.at = this.#find(left, right)
    }
    return pair.at
  }

  #applyLists(symbols: Int32Array): number {
    const count = symbols.length
    const lists = (this.#lists ??= new RankLists(this.#rankCount))
    if (count > keptSymbols) this.#lists = undefined
    const slots = this.#slots
    const previous = new Int32Array(count)
    const next = new Int32Array(count)
    // Slot of the pair that begins at a position, -1 when there is no merge for it.
    const pairs = new Int32Array(count)
    const pair = new LastPair()
    const look = (p: number): number => {
      const at = this.#findAgain(pair, symbols[p]!, symbols[next[p]!]!)
      pairs[p] = at
      if (at < 0) return none
      const rank = slots[at + 2]!
      lists.push(rank, p)
      return rank
    }
    lists.reserve(count * 2)
    for (let p = 0; p < count; p++) {
      previous[p] = p - 1
      next[p] = p + 1
    }
    pairs[count - 1] = -1
    for (let p = 0; p < count - 1; p++) look(p)
    let remaining = count
    for (let rank = lists.popRank(); rank >= 0; rank = lists.popRank()) {
      const positions = lists.take(rank)
      for (let i = 0; i < positions.length; i++) {
        const p = positions[i]!
        const at = pairs[p]!
        if (at < 0 || slots[at + 2] !== rank) continue
        const dead = next[p]!
        const after = next[dead]!
        symbols[p] = slots[at + 3]!
        pairs[dead] = -1
        next[p] = after
        remaining--
        let lowest = none
        if (after < count) {
          previous[after] = p
          lowest = look(p)
        } else {
          pairs[p] = -1
        }
        const before = previous[p]!
        if (before >= 0) lowest = Math.min(lowest, look(before))
        if (lowest <= rank) {
          // Not a trained order: the new pair goes first (or between the rest of this list).
          for (let k = i + 1; k < positions.length; k++) lists.push(rank, positions[k]!)
          break
        }
      }
    }
    for (let p = 0, to = 0; p < count; p = next[p]!) symbols[to++] = symbols[p]!
    return remaining
  }
}

/** The pair that was looked up last, and where it is. */
class LastPair {
  left = -1
  right = -1
  at = -1
}

/** One list of positions per rank, and a binary heap of the ranks that have a list. */
class RankLists {
  readonly #heads: Int32Array
  readonly #tails: Int32Array
  readonly #lengths: Int32Array
  readonly #unsorted: Uint8Array
  #positions = new Int32Array(4096)
  #nexts = new Int32Array(4096)
  #nodes = 0
  #heap = new Int32Array(256)
  #heapSize = 0

  constructor(rankCount: number) {
    this.#heads = new Int32Array(rankCount).fill(-1)
    this.#tails = new Int32Array(rankCount)
    this.#lengths = new Int32Array(rankCount)
    this.#unsorted = new Uint8Array(rankCount)
  }

  /** Makes room for at least `count` positions. */
  reserve(count: number): void {
    if (this.#positions.length >= count) return
    this.#positions = new Int32Array(count)
    this.#nexts = new Int32Array(count)
  }

  push(rank: number, position: number): void {
    const node = this.#nodes++
    if (node === this.#positions.length) this.#growNodes()
    this.#positions[node] = position
    this.#nexts[node] = -1
    if (this.#heads[rank] === -1) {
      this.#heads[rank] = node
      this.#lengths[rank] = 0
      this.#unsorted[rank] = 0
      this.#pushRank(rank)
    } else {
      const tail = this.#tails[rank]!
      if (position < this.#positions[tail]!) this.#unsorted[rank] = 1
      this.#nexts[tail] = node
    }
    this.#tails[rank] = node
    this.#lengths[rank]!++
  }

  /** The positions of a rank in ascending order; its list is empty afterwards. */
  take(rank: number): Int32Array {
    const taken = new Int32Array(this.#lengths[rank]!)
    let i = 0
    for (let node = this.#heads[rank]!; node !== -1; node = this.#nexts[node]!) {
      taken[i++] = this.#positions[node]!
    }
    this.#heads[rank] = -1
    return this.#unsorted[rank] === 1 ? taken.toSorted() : taken
  }

  /** The lowest rank that has a list, or -1, which also forgets all nodes. */
  popRank(): number {
    if (this.#heapSize === 0) {
      this.#nodes = 0
      return -1
    }
    const heap = this.#heap
    const top = heap[0]!
    const moved = heap[--this.#heapSize]!
    let at = 0
    for (;;) {
      let child = at * 2 + 1
      if (child >= this.#heapSize) break
      if (child + 1 < this.#heapSize && heap[child + 1]! < heap[child]!) child++
      if (heap[child]! >= moved) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = moved
    return top
  }

  #pushRank(rank: number): void {
    if (this.#heapSize === this.#heap.length) this.#heap = doubled(this.#heap)
    const heap = this.#heap
    let at = this.#heapSize++
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (heap[parent]! <= rank) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = rank
  }

  #growNodes(): void {
    this.#positions = doubled(this.#positions)
    this.#nexts = doubled(this.#nexts)
  }
}

function doubled(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2)
  larger.set(array)
  return larger
}

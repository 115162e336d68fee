// The queue of BPE training: highest count first, then the pair with the smaller left, then the
// smaller right token, which is HF's order. A 4-ary heap over typed arrays (a node's four children
// share a cache line), without an object per entry.

/** Token ids stay below this, so that a pair is one exact double. */
export const maxTokens = 2 ** 21

export class PairHeap {
  #counts = new Float64Array(1024)
  #pairs = new Float64Array(1024)
  #entries = new Int32Array(1024)
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Count, left token and entry number of the top; only when `size` is not 0. */
  get topCount(): number {
    return this.#counts[0]!
  }

  get topEntry(): number {
    return this.#entries[0]!
  }

  clear(): void {
    this.#size = 0
  }

  push(count: number, left: number, right: number, entry: number): void {
    if (this.#size === this.#counts.length) this.#grow()
    this.#rise(this.#size++, count, left * maxTokens + right, entry)
  }

  /** Removes the top. */
  pop(): void {
    const last = --this.#size
    if (last > 0) {
      this.#sink(this.#counts[last]!, this.#pairs[last]!, this.#entries[last]!)
    }
  }

  /** Lowers the count of the top and moves it to its place. */
  lowerTop(count: number): void {
    this.#sink(count, this.#pairs[0]!, this.#entries[0]!)
  }

  #rise(from: number, count: number, pair: number, entry: number): void {
    const counts = this.#counts
    const pairs = this.#pairs
    let at = from
    while (at > 0) {
      const parent = (at - 1) >> 2
      const above = counts[parent]!
      if (above > count || (above === count && pairs[parent]! <= pair)) break
      this.#move(parent, at)
      at = parent
    }
    this.#place(at, count, pair, entry)
  }

  #sink(count: number, pair: number, entry: number): void {
    const counts = this.#counts
    const pairs = this.#pairs
    const size = this.#size
    let at = 0
    for (;;) {
      let best = at * 4 + 1
      if (best >= size) break
      const end = Math.min(best + 4, size)
      for (let child = best + 1; child < end; child++) {
        const difference = counts[child]! - counts[best]!
        if (difference > 0 || (difference === 0 && pairs[child]! < pairs[best]!)) best = child
      }
      const below = counts[best]!
      if (below < count || (below === count && pairs[best]! >= pair)) break
      this.#move(best, at)
      at = best
    }
    this.#place(at, count, pair, entry)
  }

  #move(from: number, to: number): void {
    this.#place(to, this.#counts[from]!, this.#pairs[from]!, this.#entries[from]!)
  }

  #place(at: number, count: number, pair: number, entry: number): void {
    this.#counts[at] = count
    this.#pairs[at] = pair
    this.#entries[at] = entry
  }

  #grow(): void {
    const length = this.#counts.length * 2
    const counts = new Float64Array(length)
    const pairs = new Float64Array(length)
    const entries = new Int32Array(length)
    counts.set(this.#counts)
    pairs.set(this.#pairs)
    entries.set(this.#entries)
    this.#counts = counts
    this.#pairs = pairs
    this.#entries = entries
  }
}

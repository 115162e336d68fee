// Sorted n-grams, one after another: from a sorted block in memory, from a run on disk, or from many
// of these merged. All give the same sequence for the same corpus, whatever the blocks were.
import type { RunReader } from './ngram-run.ts'

/** A cursor over distinct n-grams in the order of sort-ngrams.ts. */
export interface NgramStream {
  /** The context from its last word backwards (pads at its end), then the word that follows. */
  readonly key: Uint32Array
  /** How often it occurs. */
  count: number
  /** Goes to the next n-gram; false behind the last. */
  next(): boolean
  close(): void
}

/** The n-grams of a sorted block. */
export class BlockStream implements NgramStream {
  readonly key: Uint32Array
  count = 0
  readonly #tokens: Uint32Array
  readonly #positions: Uint32Array
  readonly #order: number
  #at = 0

  constructor(tokens: Uint32Array, positions: Uint32Array, order: number) {
    this.#tokens = tokens
    this.#positions = positions
    this.#order = order
    this.key = new Uint32Array(order)
  }

  next(): boolean {
    const [tokens, positions, key] = [this.#tokens, this.#positions, this.key]
    const contextLength = this.#order - 1
    if (this.#at === positions.length) return false
    const first = positions[this.#at]!
    for (let back = 0; back < contextLength; back++) key[back] = tokens[first - 1 - back]!
    key[contextLength] = tokens[first]!
    let end = this.#at + 1
    search: for (; end < positions.length; end++) {
      const other = positions[end]!
      if (tokens[other] !== key[contextLength]) break
      for (let back = 0; back < contextLength; back++) {
        if (tokens[other - 1 - back] !== key[back]) break search
      }
    }
    this.count = end - this.#at
    this.#at = end
    return true
  }

  close(): void {}
}

/** Many streams as one: a binary heap by n-gram; the counts of equal n-grams are added. */
export class MergedStream implements NgramStream {
  readonly key: Uint32Array
  count = 0
  readonly #inputs: readonly (RunReader | BlockStream)[]
  readonly #heap: NgramStream[]

  constructor(inputs: readonly (RunReader | BlockStream)[], order: number) {
    this.#inputs = inputs
    this.key = new Uint32Array(order)
    this.#heap = inputs.filter((input) => input.next())
    for (let at = (this.#heap.length >> 1) - 1; at >= 0; at--) this.#sink(at)
  }

  next(): boolean {
    const heap = this.#heap
    if (heap.length === 0) return false
    this.key.set(heap[0]!.key)
    this.count = 0
    do {
      const top = heap[0]!
      this.count += top.count
      if (!top.next()) {
        const last = heap.pop()!
        if (heap.length === 0) break
        heap[0] = last
      }
      if (heap.length > 1) this.#sink(0)
    } while (compare(heap[0]!.key, this.key) === 0)
    return true
  }

  close(): void {
    for (const input of this.#inputs) input.close()
  }

  #sink(at: number): void {
    const heap = this.#heap
    const item = heap[at]!
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && compare(heap[child + 1]!.key, heap[child]!.key) < 0) child++
      if (compare(item.key, heap[child]!.key) <= 0) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = item
  }
}

function compare(a: Uint32Array, b: Uint32Array): number {
  for (let i = 0; i < a.length; i++) {
    const difference = a[i]! - b[i]!
    if (difference !== 0) return difference
  }
  return 0
}

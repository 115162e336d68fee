// The same merges as bpe-merge.ts, the slow way: every pair keeps its count and its words in maps,
// like HF's trainer (models/bpe/{trainer,word}.rs). It is the fallback for the rare case (see there)
// that one string is spelt by two merges, where HF's result depends on bookkeeping only this keeps:
//
// - the count of a merged pair is not taken back, so a pair that comes up again starts from there;
// - a pair may wait in the queue several times, each time with the words of its own moment;
// - a queue entry keeps the count it was stored with until it reaches the top.
//
// It is also the obviously right twin of the fast loop in the tests. About 20 times slower.
import { separator, type Cells } from './cells.ts'
import { maxTokens } from './bpe-vocabulary.ts'
import type { MergeRules, MergeState, MergeTarget } from './bpe-merge.ts'

export interface PlainMergeTarget extends MergeTarget {
  /** True when no further token is wanted. */
  readonly isFull: boolean
  /** As `join`, but a string in use gives its old token once more. */
  joinAgain(left: number, right: number): number
}

interface Entry {
  count: number
  readonly left: number
  readonly right: number
  readonly words: Set<number>
}

export class PlainMergeLoop {
  readonly #rules: MergeRules
  readonly #target: PlainMergeTarget
  readonly #words: number[][] = []
  readonly #weights: number[] = []
  readonly #counts = new Map<number, number>()
  readonly #heap: Entry[] = []
  /** Words in which a pair appeared since the queue was last fed. */
  #changed = new Map<number, Set<number>>()

  constructor(corpus: Cells, rules: MergeRules, target: PlainMergeTarget) {
    this.#rules = rules
    this.#target = target
    let word: number[] = []
    for (let p = 1; p < corpus.length; p++) {
      const token = corpus.cells[p]!
      if (token >= 0) word.push(token)
      if (token !== separator) continue
      this.#weights.push(corpus.weightAt(p - 1))
      this.#words.push(word)
      word = []
    }
    this.#words.forEach((symbols, index) => {
      for (let i = 1; i < symbols.length; i++) {
        this.#change(symbols[i - 1]!, symbols[i]!, 1, index)
      }
    })
    this.#feed()
  }

  run(budget: number): MergeState {
    const floor = Math.max(1, this.#rules.minFrequency)
    for (let pops = 0; pops < budget; pops++) {
      const top = this.#heap[0]
      if (this.#target.isFull || top === undefined) return 'done'
      const count = this.#counts.get(top.left * maxTokens + top.right)!
      if (top.count !== count) {
        top.count = count
        this.#sink(0)
        continue
      }
      if (count < floor) return 'done'
      const last = this.#heap.pop()!
      if (last !== top) {
        this.#heap[0] = last
        this.#sink(0)
      }
      if (!this.#target.allows(top.left, top.right)) continue
      const token = this.#target.joinAgain(top.left, top.right)
      for (const word of top.words) this.#mergeWord(word, top.left, top.right, token)
      this.#feed()
    }
    return 'working'
  }

  #mergeWord(index: number, left: number, right: number, token: number): void {
    const symbols = this.#words[index]!
    for (let i = 0; i + 1 < symbols.length; i++) {
      if (symbols[i] !== left || symbols[i + 1] !== right) continue
      symbols.splice(i, 2, token)
      if (i > 0) {
        this.#change(symbols[i - 1]!, left, -1, index)
        if (this.#isShort(symbols[i - 1]!, token)) this.#change(symbols[i - 1]!, token, 1, index)
      }
      if (i + 1 < symbols.length) {
        this.#change(right, symbols[i + 1]!, -1, index)
        if (this.#isShort(token, symbols[i + 1]!)) this.#change(token, symbols[i + 1]!, 1, index)
      }
    }
  }

  #isShort(left: number, right: number): boolean {
    const target = this.#target
    return target.lengthOf(left) + target.lengthOf(right) < this.#rules.maxLength
  }

  #change(left: number, right: number, by: number, word: number): void {
    const pair = left * maxTokens + right
    this.#counts.set(pair, (this.#counts.get(pair) ?? 0) + by * this.#weights[word]!)
    if (by < 0) return
    const words = this.#changed.get(pair)
    if (words) words.add(word)
    else this.#changed.set(pair, new Set([word]))
  }

  #feed(): void {
    for (const [pair, words] of this.#changed) {
      const count = this.#counts.get(pair)!
      if (count <= 0) continue
      this.#heap.push({ count, left: Math.floor(pair / maxTokens), right: pair % maxTokens, words })
      this.#rise(this.#heap.length - 1)
    }
    this.#changed = new Map()
  }

  #rise(from: number): void {
    const heap = this.#heap
    for (let at = from; at > 0;) {
      const parent = (at - 1) >> 1
      if (!comesBefore(heap[at]!, heap[parent]!)) return
      this.#swap(at, parent)
      at = parent
    }
  }

  #sink(from: number): void {
    const heap = this.#heap
    for (let at = from; ;) {
      let best = at
      for (const child of [at * 2 + 1, at * 2 + 2]) {
        if (child < heap.length && comesBefore(heap[child]!, heap[best]!)) best = child
      }
      if (best === at) return
      this.#swap(at, best)
      at = best
    }
  }

  #swap(a: number, b: number): void {
    const entry = this.#heap[a]!
    this.#heap[a] = this.#heap[b]!
    this.#heap[b] = entry
  }
}

function comesBefore(a: Entry, b: Entry): boolean {
  if (a.count !== b.count) return a.count > b.count
  return a.left !== b.left ? a.left < b.left : a.right < b.right
}

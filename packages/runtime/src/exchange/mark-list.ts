// Marked stretches of documents on their way back: reduce gives them key by key, a map task wants those
// of its own documents. A reduce task writes (row, from, to) ordered by the map task that has the row,
// with a count per task; a map task reads its section of every reduce task's file and orders them by
// row. Linear on both sides. Memory: 12 bytes per mark of one task, twice while ordering.
import { mergeSpans, type Spans } from '@shardmill/core/lines'

const stride = 3

export class MarkList {
  #words = new Uint32Array(stride * 256)
  #used = 0

  get count(): number {
    return this.#used / stride
  }

  push(ordinal: number, from: number, to: number): void {
    if (this.#used + stride > this.#words.length) {
      const larger = new Uint32Array(this.#words.length * 2)
      larger.set(this.#words)
      this.#words = larger
    }
    this.#words[this.#used++] = ordinal
    this.#words[this.#used++] = from
    this.#words[this.#used++] = to
  }

  /** All marks ordered by map task, ordinals turned into rows; `firsts` as of `firstOrdinals`. */
  byTask(firsts: readonly number[]): { words: Uint32Array; sections: number[] } {
    const tasks = firsts.length - 1
    const sections = Array.from({ length: tasks }, () => 0)
    const taskOf = new Uint32Array(this.count)
    for (let i = 0; i < taskOf.length; i++) {
      const task = taskHolding(firsts, this.#words[i * stride]!)
      taskOf[i] = task
      sections[task]!++
    }
    const next = [0]
    for (const size of sections) next.push(next.at(-1)! + size)
    const words = new Uint32Array(this.#used)
    for (let i = 0; i < taskOf.length; i++) {
      const at = next[taskOf[i]!]!++ * stride
      words[at] = this.#words[i * stride]! - firsts[taskOf[i]!]!
      words[at + 1] = this.#words[i * stride + 1]!
      words[at + 2] = this.#words[i * stride + 2]!
    }
    return { words, sections }
  }
}

/** The last task whose first ordinal is not above `ordinal`. */
function taskHolding(firsts: readonly number[], ordinal: number): number {
  let [low, high] = [0, firsts.length - 1]
  while (high - low > 1) {
    const middle = (low + high) >>> 1
    if (firsts[middle]! <= ordinal) low = middle
    else high = middle
  }
  return low
}

/** The marks of one map task's documents. */
export class DocumentMarks {
  /** Where the marks of each row begin, in `#words`; one more at the end. */
  readonly #starts: Uint32Array
  readonly #words: Uint32Array

  /** `words` as of `MarkList.byTask`, the sections of all reduce tasks one behind the other. */
  constructor(words: Uint32Array) {
    let rows = 0
    for (let at = 0; at < words.length; at += stride) rows = Math.max(rows, words[at]! + 1)
    const starts = new Uint32Array(rows + 1)
    for (let at = 0; at < words.length; at += stride) starts[words[at]! + 1]! += 2
    for (let row = 0; row < rows; row++) starts[row + 1]! += starts[row]!
    const next = starts.slice()
    const ordered = new Uint32Array((words.length / stride) * 2)
    for (let at = 0; at < words.length; at += stride) {
      const target = next[words[at]!]!
      ordered[target] = words[at + 1]!
      ordered[target + 1] = words[at + 2]!
      next[words[at]!] = target + 2
    }
    this.#starts = starts
    this.#words = ordered
  }

  /** True when no row of [from, to) has marks. */
  hasNone(from: number, to: number): boolean {
    const last = this.#starts.length - 1
    return this.#starts[Math.min(from, last)] === this.#starts[Math.min(to, last)]
  }

  /** The marks of a row: ascending, those that touch or overlap as one; undefined without any. */
  of(row: number): Spans | undefined {
    if (this.hasNone(row, row + 1)) return undefined
    const pairs = this.#words.subarray(this.#starts[row], this.#starts[row + 1])
    return mergeSpans(pairs)
  }
}

// The corpus as BPE training sees it, laid out by assembly/layout.ts: every distinct word once, as a
// row of cells. A cell holds the token that begins there, or says that a token further left covers it.
// Words are separated by one cell and sorted by falling weight; words of equal weight are a run.
//
// These are views of the training memory: valid until it grows, so read them before a loop is made.
import type { TrainingMemory } from './training-memory.ts'

/** Between words, before the first and after the last. */
export const separator = -1
/** Covered by the token that begins further left. */
export const covered = -2

export class Cells {
  readonly memory: TrainingMemory
  /** The first and the last are separators. */
  readonly cells: Int32Array
  /** Run r of equal weight begins at `#starts[r]`. */
  readonly #starts: Uint32Array
  readonly #weights: Float64Array

  /** The `length` cells that are laid out in `memory`. */
  constructor(memory: TrainingMemory, length: number) {
    const { kernel, buffer } = memory
    const runs = kernel.runCountOf()
    this.memory = memory
    this.cells = new Int32Array(buffer, kernel.cellsAddress() >>> 0, length)
    this.#starts = new Uint32Array(buffer, kernel.startsAddress() >>> 0, runs)
    this.#weights = new Float64Array(buffer, kernel.weightsAddress() >>> 0, runs)
  }

  get length(): number {
    return this.cells.length
  }

  /** How often the word at this position was counted. */
  weightAt(position: number): number {
    let low = 0
    let high = this.#starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#starts[middle]! <= position) low = middle
      else high = middle - 1
    }
    return this.#weights[low]!
  }
}

// The corpus as BPE training sees it: every distinct word once, as a row of cells. A cell holds the
// token that begins there, or says that a token further left covers it. Words are separated by one
// cell and sorted by falling weight, so that the weight of a position needs no array of its own: it
// is looked up per block of 64 cells, and only blocks where it changes need a search.
//
// Memory: 4 bytes per symbol. `compact` squeezes covered cells out; no list of neighbours is kept,
// the next token is simply the next cell that is not covered (tokens are short, so it is near).

/** Between words, before the first and after the last. */
export const separator = -1
/** Covered by the token that begins further left. */
export const covered = -2

export class Cells {
  readonly cells: Int32Array
  /** Used cells; the first and the last are separators. */
  length: number
  /** Run r of equal weight begins at `#starts[r]`. */
  readonly #starts: Int32Array
  readonly #weights: Float64Array
  readonly #blocks: Float64Array

  /** `starts[r]` is the first position whose weight is `weights[r]`; starts ascend from 0. */
  constructor(cells: Int32Array, starts: Int32Array, weights: Float64Array) {
    this.cells = cells
    this.length = cells.length
    this.#starts = starts
    this.#weights = weights
    this.#blocks = new Float64Array((cells.length >> 6) + 1)
    this.#fillBlocks()
  }

  get runCount(): number {
    return this.#starts.length
  }

  /** First position and weight of a run; run `runCount` begins at the end. */
  runStart(run: number): number {
    return run < this.#starts.length ? this.#starts[run]! : this.length
  }

  runWeight(run: number): number {
    return this.#weights[run]!
  }

  /** How often the word at this position was counted. */
  weightAt(position: number): number {
    const weight = this.#blocks[position >> 6]!
    return weight >= 0 ? weight : this.#searchWeight(position)
  }

  /** Summed weight of the most frequent of `tokenCount` tokens: no pair is counted more often. */
  highestWeight(tokenCount: number): number {
    const sums = new Float64Array(tokenCount)
    for (let run = 0; run < this.#starts.length; run++) {
      addUp(this.cells, this.#starts[run]!, this.runStart(run + 1), this.#weights[run]!, sums)
    }
    return sums.reduce((highest, sum) => Math.max(highest, sum), 0)
  }

  /** Removes covered cells, so that neighbouring tokens are neighbouring cells. */
  compact(): void {
    let to = 0
    for (let run = 0; run < this.#starts.length; run++) {
      const from = this.#starts[run]!
      const end = this.runStart(run + 1)
      this.#starts[run] = to
      to = squeeze(this.cells, from, end, to)
    }
    this.length = to
    this.#fillBlocks()
  }

  #fillBlocks(): void {
    this.#blocks.fill(-1)
    for (let run = 0; run < this.#starts.length; run++) {
      const first = (this.#starts[run]! + 63) >> 6
      const end = run + 1 < this.#starts.length ? this.#starts[run + 1]! >> 6 : this.#blocks.length
      if (first < end) this.#blocks.fill(this.#weights[run]!, first, end)
    }
  }

  #searchWeight(position: number): number {
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

function addUp(
  cells: Int32Array,
  from: number,
  end: number,
  weight: number,
  sums: Float64Array,
): void {
  for (let p = from; p < end; p++) {
    const token = cells[p]!
    if (token >= 0) sums[token]! += weight
  }
}

/** Moves the cells that are not covered down to `to`; answers where they end. */
function squeeze(cells: Int32Array, from: number, end: number, to: number): number {
  let filled = to
  for (let p = from; p < end; p++) {
    const token = cells[p]!
    if (token !== covered) cells[filled++] = token
  }
  return filled
}

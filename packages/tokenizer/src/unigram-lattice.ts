// The passes of Unigram training over all words: expected counts of the pieces (forward-backward), and
// counts on the best paths (Viterbi). The lattice of a word is not built; the pieces that begin at a
// position were listed once, with the seeds.
//
// Forward and backward sums are plain products, not logarithms: every symbol is scaled by a constant
// near the average probability of a symbol, which keeps words of hundreds of symbols in range. The few
// that leave it are done again with logarithms. Cost: 5 ns per edge instead of 40.
import type { WordSymbols } from './word-symbols.ts'
import type { Seeds } from './unigram-seeds.ts'

/** How much less likely than the rarest piece an unknown character is (sentencepiece: 10 nats). */
const unknownPenalty = 10

export class UnigramLattice {
  readonly words: WordSymbols
  /** Sum of count × log-likelihood of the last pass, and of count × length. */
  logLikelihood = 0
  readonly symbols: number
  readonly #edgeStarts: Uint32Array
  readonly #edges: Int32Array
  #lengths: Uint8Array
  #scores: Float64Array
  #unknown = 0
  #forward = new Float64Array(256)
  #backward = new Float64Array(256)
  #from = new Int32Array(256)

  /** Takes over the edges of `seeds` and changes them in `renumber`. */
  constructor(words: WordSymbols, seeds: Seeds) {
    this.words = words
    this.#edgeStarts = seeds.edgeStarts
    this.#edges = seeds.edges
    this.#lengths = seeds.lengths
    this.#scores = new Float64Array(0)
    let symbols = 0
    let longest = 0
    for (let word = 0; word < words.counts.length; word++) {
      const length = words.starts[word + 1]! - 1 - words.starts[word]!
      symbols += words.counts[word]! * length
      if (length > longest) longest = length
    }
    this.symbols = symbols
    this.#forward = new Float64Array(longest + 1)
    this.#backward = new Float64Array(longest + 1)
    this.#from = new Int32Array(longest + 1)
  }

  /** Log-probabilities of the pieces, by number. */
  setScores(scores: Float64Array): void {
    this.#scores = scores
    let lowest = Infinity
    for (const score of scores) if (score < lowest) lowest = score
    this.#unknown = lowest - unknownPenalty
  }

  get unknownScore(): number {
    return this.#unknown
  }

  /** Gives piece i the number `numbers[i]`, or removes it where that is negative. */
  renumber(numbers: Int32Array, lengths: Uint8Array): void {
    this.#lengths = lengths
    const edges = this.#edges
    const starts = this.#edgeStarts
    let to = 0
    let from = 0
    for (let p = 0; p + 1 < starts.length; p++) {
      const end = starts[p + 1]!
      for (; from < end; from++) {
        const piece = numbers[edges[from]!]!
        if (piece >= 0) edges[to++] = piece
      }
      starts[p + 1] = to
    }
  }

  /** Expected count of every piece, summed over all ways to cut every word. */
  expectedCounts(): Float64Array {
    const scores = this.#scores
    const lengths = this.#lengths
    const { starts, counts } = this.words
    const edges = this.#edges
    const edgeStarts = this.#edgeStarts
    const expected = new Float64Array(scores.length)
    const scale = this.logLikelihood === 0 ? 4 : -this.logLikelihood / this.symbols
    const factors = new Float64Array(scores.length)
    for (let i = 0; i < scores.length; i++) factors[i] = Math.exp(scores[i]! + scale * lengths[i]!)
    const unknown = Math.exp(this.#unknown + scale)
    const forward = this.#forward
    const backward = this.#backward
    let logLikelihood = 0
    for (let word = 0; word < counts.length; word++) {
      const start = starts[word]!
      const length = starts[word + 1]! - 1 - start
      forward.fill(0, 0, length + 1)
      forward[0] = 1
      let lowest = 1
      let highest = 1
      for (let i = 0; i < length; i++) {
        const sum = forward[i]!
        if (sum < lowest) lowest = sum
        if (sum > highest) highest = sum
        let hasSingle = false
        const last = edgeStarts[start + i + 1]!
        for (let edge = edgeStarts[start + i]!; edge < last; edge++) {
          const piece = edges[edge]!
          const step = lengths[piece]!
          if (step === 1) hasSingle = true
          forward[i + step]! += sum * factors[piece]!
        }
        if (!hasSingle) forward[i + 1]! += sum * unknown
      }
      const total = forward[length]!
      const count = counts[word]!
      // No backward sum is above `total / lowest`, so with these bounds all products stay in range.
      if (Math.min(lowest, total) < 1e-140 || !(Math.max(highest, total) < 1e140)) {
        logLikelihood += count * this.#expectSlowly(start, length, count, expected)
        continue
      }
      logLikelihood += count * (Math.log(total) - scale * length)
      const share = count / total
      backward.fill(0, 0, length + 1)
      backward[length] = 1
      for (let i = length - 1; i >= 0; i--) {
        let sum = 0
        let hasSingle = false
        const here = forward[i]! * share
        const last = edgeStarts[start + i + 1]!
        for (let edge = edgeStarts[start + i]!; edge < last; edge++) {
          const piece = edges[edge]!
          const step = lengths[piece]!
          if (step === 1) hasSingle = true
          const product = factors[piece]! * backward[i + step]!
          sum += product
          expected[piece]! += here * product
        }
        if (!hasSingle) sum += unknown * backward[i + 1]!
        backward[i] = sum
      }
    }
    this.logLikelihood = logLikelihood
    return expected
  }

  /** The same for one word, with logarithms; answers its log-likelihood. */
  #expectSlowly(start: number, length: number, count: number, expected: Float64Array): number {
    const forward = new Float64Array(length + 1).fill(-Infinity)
    const backward = new Float64Array(length + 1).fill(-Infinity)
    forward[0] = 0
    for (let i = 0; i < length; i++) {
      this.#eachEdge(start, i, (_, step, score) => {
        forward[i + step] = logAdd(forward[i + step]!, forward[i]! + score)
      })
    }
    backward[length] = 0
    const total = forward[length]!
    for (let i = length - 1; i >= 0; i--) {
      this.#eachEdge(start, i, (piece, step, score) => {
        const path = score + backward[i + step]!
        backward[i] = logAdd(backward[i]!, path)
        if (piece >= 0) expected[piece]! += count * Math.exp(forward[i]! + path - total)
      })
    }
    return total
  }

  #eachEdge(
    start: number,
    i: number,
    visit: (piece: number, step: number, score: number) => void,
  ): void {
    let hasSingle = false
    for (let edge = this.#edgeStarts[start + i]!; edge < this.#edgeStarts[start + i + 1]!; edge++) {
      const piece = this.#edges[edge]!
      const step = this.#lengths[piece]!
      if (step === 1) hasSingle = true
      visit(piece, step, this.#scores[piece]!)
    }
    if (!hasSingle) visit(-1, 1, this.#unknown)
  }

  /** How often each piece is on the best path of a word. */
  bestCounts(): Float64Array {
    const { starts, counts } = this.words
    const best = new Float64Array(this.#scores.length)
    for (let word = 0; word < counts.length; word++) {
      const start = starts[word]!
      const length = starts[word + 1]! - 1 - start
      this.#viterbi(start, length, -1)
      for (let at = length; at > 0;) {
        const piece = this.#from[at]!
        if (piece >= 0) best[piece]! += counts[word]!
        at -= piece < 0 ? 1 : this.#lengths[piece]!
      }
    }
    return best
  }

  /**
   * The best way to cut the text of a piece without that piece: numbers of pieces (-1 for an unknown
   * character), or undefined when there is none. `score` is the sum of their scores.
   */
  alternative(piece: number, place: number): { pieces: number[]; score: number } | undefined {
    const length = this.#lengths[piece]!
    if (length < 2) return undefined
    const score = this.#viterbi(place, length, piece)
    if (score === -Infinity) return undefined
    const pieces: number[] = []
    for (let at = length; at > 0;) {
      const part = this.#from[at]!
      pieces.push(part)
      at -= part < 0 ? 1 : this.#lengths[part]!
    }
    return { pieces, score }
  }

  /** Best cut of text [start, start + length) without `excluded`; the path is left in `#from`. */
  #viterbi(start: number, length: number, excluded: number): number {
    const scores = this.#scores
    const lengths = this.#lengths
    const edges = this.#edges
    const best = this.#forward
    const from = this.#from
    best.fill(-Infinity, 0, length + 1)
    best[0] = 0
    for (let i = 0; i < length; i++) {
      const score = best[i]!
      let hasSingle = false
      const last = this.#edgeStarts[start + i + 1]!
      for (let edge = this.#edgeStarts[start + i]!; edge < last; edge++) {
        const piece = edges[edge]!
        const step = lengths[piece]!
        if (step === 1) hasSingle = true
        const end = i + step
        if (end > length || piece === excluded) continue
        const sum = score + scores[piece]!
        if (sum > best[end]!) {
          best[end] = sum
          from[end] = piece
        }
      }
      if (!hasSingle && score + this.#unknown > best[i + 1]!) {
        best[i + 1] = score + this.#unknown
        from[i + 1] = -1
      }
    }
    return best[length]!
  }
}

function logAdd(a: number, b: number): number {
  if (a === -Infinity) return b
  const [high, low] = a > b ? [a, b] : [b, a]
  return high + Math.log1p(Math.exp(low - high))
}

// Unigram language model training (Kudo 2018), step by step as sentencepiece does it
// (unigram_model_trainer.cc), so that the pieces agree: seeds from repeated substrings; then rounds of
// two EM iterations, each with a Bayesian M-step (digamma; pieces expected less than half a time
// go), and a pruning step that keeps the three quarters whose loss would cost the likelihood most,
// until 1.1 times the wanted size is left; characters always stay; the rest is cut by score.
//
// Where we differ: suffixes are ordered to the largest piece length only, sums run over words in an
// order of their own (so the result does not depend on files or workers), and the lattice passes
// multiply instead of adding logarithms. Memory: about 40 bytes per symbol of the distinct words.
import type { TrainingSteps } from './bpe-train.ts'
import { findSeeds } from './unigram-seeds.ts'
import { UnigramLattice } from './unigram-lattice.ts'
import { symbolsOf, type WordSymbols } from './word-symbols.ts'
import type { WordTable } from './word-table.ts'

export interface UnigramOptions {
  /** Special tokens included. */
  readonly vocabSize: number
  /** They come first; the first one that is `<unk>` stands for unknown characters. */
  readonly specialTokens: readonly string[]
  readonly initialAlphabet: readonly string[]
  /** Share of the text that the alphabet must cover; the rest becomes unknown. */
  readonly characterCoverage: number
  readonly seedSize: number
}

export const unigramDefaults: UnigramOptions = {
  vocabSize: 8_000,
  specialTokens: ['<unk>'],
  initialAlphabet: [],
  characterCoverage: 0.9995,
  seedSize: 1_000_000,
}

export interface UnigramModel {
  readonly tokens: readonly string[]
  /** Natural log-probability of each token; 0 for special tokens. */
  readonly scores: readonly number[]
}

const iterationsPerRound = 2
const shrinkingFactor = 0.75
const spareFactor = 1.1
const leastExpected = 0.5
/** Score steps between characters that the training had dropped. */
const characterStep = 0.0001

/** Trains Unigram on counted words. */
export async function trainUnigram(
  words: WordTable,
  options: Partial<UnigramOptions> = {},
  steps: TrainingSteps = {},
): Promise<UnigramModel> {
  const rules: UnigramOptions = { ...unigramDefaults, ...options }
  const symbols = symbolsOf(words, rules.characterCoverage, rules.initialAlphabet)
  const trainer = new UnigramTrainer(symbols, rules.seedSize)
  const wanted = Math.floor(rules.vocabSize * spareFactor)
  for (;;) {
    for (let i = 0; i < iterationsPerRound; i++) trainer.iterate()
    await steps.onProgress?.(trainer.size, rules.vocabSize)
    if (trainer.size <= wanted || !trainer.prune(wanted)) break
  }
  return finish(trainer.pieces(), symbols, rules)
}

class UnigramTrainer {
  readonly #words: WordSymbols
  readonly #lattice: UnigramLattice
  #lengths: Uint8Array
  #places: Int32Array
  #scores: Float64Array

  constructor(words: WordSymbols, seedSize: number) {
    const seeds = findSeeds(words, seedSize)
    this.#words = words
    this.#lattice = new UnigramLattice(words, seeds)
    this.#lengths = seeds.lengths
    this.#places = seeds.places
    const sum = seeds.scores.reduce((total, score) => total + score, 0)
    this.#scores = seeds.scores.map((score) => Math.log(score) - Math.log(sum))
    this.#keep((piece) => seeds.scores[piece]! > 0)
  }

  get size(): number {
    return this.#scores.length
  }

  /** One EM iteration. */
  iterate(): void {
    const expected = this.#lattice.expectedCounts()
    // Single precision, as sentencepiece: the scores of equally frequent pieces are then equal, and
    // their order is decided by their spelling, not by noise.
    this.#scores = expected.map(Math.fround)
    this.#keep((piece) => expected[piece]! >= leastExpected)
    const sum = this.#scores.reduce((total, count) => total + count, 0)
    const logSum = digamma(sum)
    this.#scores = this.#scores.map((count) => Math.fround(digamma(count) - logSum))
    this.#lattice.setScores(this.#scores)
  }

  /** Removes the pieces that are missed least; false when none can be. */
  prune(wanted: number): boolean {
    const { size } = this
    const scores = this.#scores
    const counts = this.#lattice.bestCounts()
    const { counts: wordCounts } = this.#words
    const wordSum = wordCounts.reduce((total, count) => total + count, 0)
    const sum = counts.reduce((total, count) => total + count, 0)
    const logSum = Math.log(sum)
    const isKept = new Uint8Array(size)
    const candidates: number[] = []
    const losses = new Float64Array(size)
    let kept = 0
    for (let piece = 0; piece < size; piece++) {
      const count = counts[piece]!
      if (count === 0) continue
      const other = this.#lattice.alternative(piece, this.#places[piece]!)
      if (!other) {
        // Nothing else spells it.
        isKept[piece] = 1
        kept++
        continue
      }
      if (other.score > scores[piece]!) continue
      // What its words lose when its count goes to the pieces of the next best cut.
      const logSumOther = Math.log(sum + count * (other.pieces.length - 1))
      let logOther = 0
      for (const part of other.pieces) {
        logOther += Math.log((part < 0 ? 0 : counts[part]!) + count) - logSumOther
      }
      losses[piece] = Math.fround((count / wordSum) * (Math.log(count) - logSum - logOther))
      candidates.push(piece)
    }
    const target = Math.max(wanted, Math.floor(shrinkingFactor * size))
    candidates.sort((a, b) => losses[b]! - losses[a]! || a - b)
    for (const piece of candidates.slice(0, Math.max(0, target - kept))) isKept[piece] = 1
    this.#keep((piece) => isKept[piece] === 1)
    return this.size < size
  }

  /** Every piece as text with its score. */
  pieces(): Map<string, number> {
    const { text, characters } = this.#words
    const found = new Map<string, number>()
    this.#scores.forEach((score, piece) => {
      const place = this.#places[piece]!
      let spelling = ''
      for (let i = 0; i < this.#lengths[piece]!; i++) {
        spelling += String.fromCodePoint(characters[text[place + i]!]!)
      }
      found.set(spelling, score)
    })
    return found
  }

  #keep(keeps: (piece: number) => boolean): void {
    const { size } = this
    const numbers = new Int32Array(size).fill(-1)
    let kept = 0
    for (let piece = 0; piece < size; piece++) if (keeps(piece)) numbers[piece] = kept++
    const isHere = (_: number, piece: number): boolean => numbers[piece]! >= 0
    this.#lengths = this.#lengths.filter(isHere)
    this.#places = this.#places.filter(isHere)
    this.#scores = this.#scores.filter(isHere)
    this.#lattice.renumber(numbers, this.#lengths)
    this.#lattice.setScores(this.#scores)
  }
}

/** Special tokens, then the characters and the best other pieces, by falling score. */
function finish(
  trained: Map<string, number>,
  { characters }: WordSymbols,
  rules: UnigramOptions,
): UnigramModel {
  const special = new Set(rules.specialTokens)
  const room = rules.vocabSize - special.size
  let lowest = 0
  for (const score of trained.values()) if (score < lowest) lowest = score
  const chosen = new Map<string, number>()
  let missing = 0
  for (const codePoint of characters.subarray(2)) {
    const character = String.fromCodePoint(codePoint)
    if (special.has(character)) continue
    chosen.set(character, trained.get(character) ?? lowest + characterStep * missing++)
  }
  const compare = (a: readonly [string, number], b: readonly [string, number]): number =>
    b[1] - a[1] || (a[0] < b[0] ? -1 : 1)
  for (const [piece, score] of [...trained].toSorted(compare)) {
    if (chosen.size >= room) break
    if (!special.has(piece)) chosen.set(piece, score)
  }
  const ranked = [...chosen].toSorted(compare)
  return {
    tokens: [...special, ...ranked.map(([piece]) => piece)],
    scores: [...Array.from(special, () => 0), ...ranked.map(([, score]) => score)],
  }
}

/** The derivative of log Γ, by recurrence and the asymptotic series at x + ½. */
function digamma(value: number): number {
  let x = value
  let result = 0
  for (; x < 7; x++) result -= 1 / x
  x -= 0.5
  const inverse = 1 / (x * x)
  const series =
    inverse * (1 / 24 - inverse * (7 / 960 - inverse * (31 / 8064 - (inverse * 127) / 30720)))
  return result + Math.log(x) + series
}

// WordPiece vocabularies, two ways that are often taken for one another (see transformers #41019):
//
// - `bpe`: what HF tokenizers train: BPE with the prefix ## and the merge list thrown away. HF numbers
//   the ##-characters in the order of a hash map, so its result differs from run to run; ours does not.
// - `likelihood`: what the papers describe (Schuster and Nakajima 2012; Wu et al. 2016): the pair is
//   joined that raises the likelihood of the corpus most, count(ab) / (count(a) · count(b)).
//
// With `likelihood` a pair's score rises when its parts get rarer, so the lazy recount of merge-loop.ts
// does not hold: counts are kept up to date, and all pairs around the joined tokens are scored again.
import { bpeDefaults, trainBpe, type BpeOptions, type TrainingSteps } from './bpe-train.ts'
import { BpeVocabulary, maxTokens, type TokenTexts } from './bpe-vocabulary.ts'
import { separator, type Cells } from './cells.ts'
import { codePointAt, utf8Width } from './pretokenize/utf8.ts'
import { layOutWords } from './word-cells.ts'
import type { WordTable } from './word-table.ts'

export interface WordPieceModel {
  readonly tokens: TokenTexts
}

/** Trains a WordPiece vocabulary on counted words. */
export async function trainWordPiece(
  words: WordTable,
  method: 'bpe' | 'likelihood',
  options: Partial<BpeOptions> = {},
  steps: TrainingSteps = {},
): Promise<WordPieceModel> {
  const rules: BpeOptions = {
    ...bpeDefaults,
    continuingPrefix: '##',
    ...options,
    unit: 'character',
  }
  if (method === 'bpe') {
    const { tokens } = await trainBpe(words, rules, steps)
    return { tokens }
  }
  const vocabulary = new BpeVocabulary(rules)
  for (const token of rules.specialTokens) vocabulary.add(token)
  const corpus = layOutWords(words, rules, vocabulary)
  const loop = new LikelihoodLoop(corpus, countSingles(words, vocabulary), rules, vocabulary)
  while (loop.run(512)) await steps.onProgress?.(vocabulary.size, rules.vocabSize)
  return { tokens: vocabulary.tokens }
}

/** Words of one character: they have no pair, but count as their token. */
function countSingles(words: WordTable, vocabulary: BpeVocabulary): Map<number, number> {
  const singles = new Map<number, number>()
  for (let word = 0; word < words.size; word++) {
    const start = words.offsets[word]!
    const end = words.offsets[word + 1]!
    if (utf8Width(codePointAt(words.bytes, start)) !== end - start) continue
    const id = vocabulary.idOf(String.fromCodePoint(codePointAt(words.bytes, start)))
    if (id !== undefined) singles.set(id, words.counts[word]!)
  }
  return singles
}

interface Pair {
  readonly left: number
  readonly right: number
  count: number
  /** The newest entry in the heap; older ones are stale. */
  entry: Scored | undefined
  /** Words that hold the pair, or did. */
  readonly words: Set<number>
}

interface Scored {
  readonly pair: Pair
  readonly score: number
  /** Count when it was scored. */
  readonly count: number
}

class LikelihoodLoop {
  readonly #rules: BpeOptions
  readonly #vocabulary: BpeVocabulary
  readonly #words: number[][] = []
  readonly #weights: number[] = []
  readonly #tokenCounts: number[] = []
  readonly #pairs = new Map<number, Pair>()
  /** Pairs that hold a token. */
  readonly #around: Set<Pair>[] = []
  readonly #heap: Scored[] = []

  constructor(
    corpus: Cells,
    singles: ReadonlyMap<number, number>,
    rules: BpeOptions,
    vocabulary: BpeVocabulary,
  ) {
    this.#rules = rules
    this.#vocabulary = vocabulary
    let word: number[] = []
    for (let p = 1; p < corpus.length; p++) {
      const token = corpus.cells[p]!
      if (token !== separator) {
        word.push(token)
        continue
      }
      this.#weights.push(corpus.weightAt(p - 1))
      this.#words.push(word)
      word = []
    }
    this.#words.forEach((tokens, index) => {
      tokens.forEach((token, i) => {
        this.#countToken(token, this.#weights[index]!)
        if (i > 0) this.#countPair(tokens[i - 1]!, token, index, 1)
      })
    })
    for (const [token, count] of singles) this.#countToken(token, count)
    for (const pair of this.#pairs.values()) this.#score(pair)
  }

  /** Does up to `budget` steps; false when there is nothing left to join. */
  run(budget: number): boolean {
    for (let step = 0; step < budget; step++) {
      if (this.#vocabulary.isFull) return false
      const top = this.#pop()
      if (!top) return false
      const { pair } = top
      if (pair.entry !== top || pair.count < Math.max(1, this.#rules.minFrequency)) continue
      if (!this.#vocabulary.allows(pair.left, pair.right)) continue
      this.#join(pair)
    }
    return true
  }

  #join(pair: Pair): void {
    const { left, right } = pair
    const token = this.#vocabulary.joinAgain(left, right)
    const touched = new Set<Pair>()
    for (const index of pair.words) this.#joinInWord(index, left, right, token)
    for (const id of [left, right, token]) {
      for (const other of this.#around[id] ?? []) touched.add(other)
    }
    for (const other of touched) {
      if (other.count <= 0) {
        this.#pairs.delete(other.left * maxTokens + other.right)
        this.#around[other.left]!.delete(other)
        this.#around[other.right]!.delete(other)
        other.entry = undefined
      } else this.#score(other)
    }
  }

  #joinInWord(index: number, left: number, right: number, token: number): void {
    const tokens = this.#words[index]!
    const weight = this.#weights[index]!
    for (let i = 0; i + 1 < tokens.length; i++) {
      if (tokens[i] !== left || tokens[i + 1] !== right) continue
      const before = tokens[i - 1]
      const after = tokens[i + 2]
      this.#countPair(left, right, index, -1)
      if (before !== undefined) {
        this.#countPair(before, left, index, -1)
        this.#countPair(before, token, index, 1)
      }
      if (after !== undefined) {
        this.#countPair(right, after, index, -1)
        this.#countPair(token, after, index, 1)
      }
      tokens.splice(i, 2, token)
      this.#countToken(left, -weight)
      this.#countToken(right, -weight)
      this.#countToken(token, weight)
    }
  }

  #countToken(token: number, by: number): void {
    this.#tokenCounts[token] = (this.#tokenCounts[token] ?? 0) + by
  }

  #countPair(left: number, right: number, word: number, by: number): void {
    const key = left * maxTokens + right
    let pair = this.#pairs.get(key)
    if (!pair) {
      this.#pairs.set(key, (pair = { left, right, count: 0, entry: undefined, words: new Set() }))
      ;(this.#around[left] ??= new Set()).add(pair)
      ;(this.#around[right] ??= new Set()).add(pair)
    }
    pair.count += by * this.#weights[word]!
    if (by > 0) pair.words.add(word)
  }

  #score(pair: Pair): void {
    const { maxTokenLength } = this.#rules
    const length = this.#vocabulary.lengthOf(pair.left) + this.#vocabulary.lengthOf(pair.right)
    if (maxTokenLength > 0 && length > maxTokenLength) return
    const score = pair.count / (this.#tokenCounts[pair.left]! * this.#tokenCounts[pair.right]!)
    const { count, entry } = pair
    if (entry && entry.score === score && entry.count === count) return
    pair.entry = { pair, score, count }
    this.#push(pair.entry)
  }

  #push(entry: Scored): void {
    const heap = this.#heap
    let at = heap.push(entry) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!comesBefore(entry, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = entry
  }

  #pop(): Scored | undefined {
    const heap = this.#heap
    const top = heap[0]
    const last = heap.pop()
    if (top === undefined || last === undefined || heap.length === 0) return top
    let at = 0
    for (;;) {
      let child = at * 2 + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && comesBefore(heap[child + 1]!, heap[child]!)) child++
      if (!comesBefore(heap[child]!, last)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
    return top
  }
}

/** Higher score, then higher count, then smaller tokens. */
function comesBefore(a: Scored, b: Scored): boolean {
  if (a.score !== b.score) return a.score > b.score
  if (a.count !== b.count) return a.count > b.count
  return a.pair.left !== b.pair.left ? a.pair.left < b.pair.left : a.pair.right < b.pair.right
}

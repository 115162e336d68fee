// Second pass: probabilities and backoffs of interpolated modified Kneser-Ney smoothing (Chen &
// Goodman 1998, section 3; the definitions of lmplz, Heafield et al. 2013), written as a model.
//
//   p(w | c) = (a(c w) - D) / sum of a(c ·) + b(c) p(w | c without its first word)
//   b(c)     = (D1 n1 + D2 n2 + D3 n3 + counts that were pruned) / sum of a(c ·)
//
// with a the adjusted counts, D the discount for a(c w), n1, n2, n3 how many words follow c with
// count 1, 2, 3 or more. The last distribution is uniform over all words but <s>; <unk> has no count of its
// own. <s> gets probability 1, as in KenLM.
//
// The contexts come as adjust-counts.ts closed them, and are walked from the shorter to the longer:
// the probabilities after the shorter context are in an array by word when they are needed. So is the
// context that an n-gram leaves behind (`next`): contexts are numbered in order of their words from
// the last one backwards, so those that end in one word are consecutive, and a counter per word gives
// each n-gram its number without a search.
//
// Memory: 12 bytes per word and length, and file buffers. Time: a division and a logarithm per n-gram.
import { NumberReader } from './byte-file.ts'
import { ContextHead } from './context-file.ts'
import type { AdjustedCounts } from './adjust-counts.ts'
import type { Discounts } from './discounts.ts'
import { createModelArrays, type ModelArrays } from './model-arrays.ts'
import type { ModelWriter } from './model-writer.ts'
import { endId, startId, unknownId } from './vocabulary.ts'

export class Estimator {
  readonly #order: number
  readonly #counts: AdjustedCounts
  readonly #discounts: readonly Discounts[]
  readonly #arrays: ModelArrays
  readonly #readers: readonly NumberReader[]
  /** By length of the context, then by word: probability after the open context, and `next`. */
  readonly #probabilities: Float64Array[]
  readonly #next: Uint32Array[]
  /** `numbers[n][w]`: the next context of length n that ends in w. */
  readonly #numbers: Uint32Array[]
  /** Contexts of each length so far. */
  readonly #contextsDone: number[]
  readonly #head = new ContextHead()
  #words = new Uint32Array(256)
  #values = new Float64Array(256)

  constructor(
    order: number,
    vocabularySize: number,
    counts: AdjustedCounts,
    discounts: readonly Discounts[],
    writer: ModelWriter,
  ) {
    this.#order = order
    this.#counts = counts
    this.#discounts = discounts
    const ngrams = [vocabularySize, ...counts.orders.slice(1).map(({ kept }) => kept)]
    this.#arrays = createModelArrays(writer, ngrams, counts.contexts)
    this.#readers = counts.files.map((file) => new NumberReader(file))
    this.#probabilities = perLength(order, () => new Float64Array(vocabularySize))
    this.#next = perLength(order, () => new Uint32Array(vocabularySize))
    this.#contextsDone = counts.contexts.map(() => 0)
    this.#numbers = this.#numberContexts(vocabularySize)
    this.#unigrams(vocabularySize)
  }

  get contextsOfOneWord(): number {
    return this.#counts.contexts[1] ?? 0
  }

  /** Takes the next context of one word and all contexts that end in it. */
  next(): void {
    this.#visit(1, 0)
  }

  finish(): void {
    this.#arrays.finish()
    this.close()
  }

  close(): void {
    for (const reader of this.#readers) reader.close()
  }

  #numberContexts(vocabularySize: number): Uint32Array[] {
    const { perLastWord } = this.#counts
    return perLength(this.#order, (length) => {
      const first = new Uint32Array(vocabularySize)
      if (length === 0) return first
      let number = this.#arrays.contextBase[length]!
      for (let word = startId; word < vocabularySize; word++) {
        first[word] = number
        // Every word but </s> is a context of one word.
        if (length === 1) number += word === endId ? 0 : 1
        else number += perLastWord[length]![word]!
      }
      return first
    })
  }

  #unigrams(vocabularySize: number): void {
    const counts = this.#counts.unigrams
    const discounts = this.#discounts[0]!
    const withCount = [0, 0, 0, 0]
    let sum = 0
    for (let word = endId; word < vocabularySize; word++) {
      const count = counts[word]!
      sum += count
      withCount[Math.min(count, 3)]!++
    }
    const backoff = backoffOf(discounts, withCount[1]!, withCount[2]!, withCount[3]!, 0, sum)
    const uniform = 1 / (vocabularySize - 1)
    const [probabilities, next] = [this.#probabilities[0]!, this.#next[0]!]
    const isLast = this.#order === 1
    this.#arrays.root()
    for (let word = unknownId; word < vocabularySize; word++) {
      const count = counts[word]!
      const own = count === 0 ? 0 : (count - discounts[Math.min(count, 3) - 1]!) / sum
      probabilities[word] = word === startId ? 1 : own + backoff * uniform
      const hasContext = !isLast && word !== endId && word !== unknownId
      next[word] = hasContext ? this.#numbers[1]![word]!++ : 0
      this.#arrays.ngram(1, word, logOf(probabilities[word]!), next[word]!)
    }
  }

  #visit(length: number, parent: number): void {
    const reader = this.#readers[length - 1]!
    this.#head.read(reader)
    const { first, children, words: wordCount, prunedCount } = this.#head
    if (wordCount > this.#words.length) {
      this.#words = new Uint32Array(2 * wordCount)
      this.#values = new Float64Array(2 * wordCount)
    }
    const [words, values] = [this.#words, this.#values]
    let [sum, one, two, three, word] = [prunedCount, 0, 0, 0, 0]
    for (let i = 0; i < wordCount; i++) {
      const packed = reader.read()
      word += Math.floor(packed / 4)
      const count = packed % 4 === 0 ? reader.read() : packed % 4
      words[i] = word
      values[i] = count
      sum += count
      if (count === 1) one++
      else if (count === 2) two++
      else three++
    }
    const discounts = this.#discounts[length]!
    const backoff = backoffOf(discounts, one, two, three, prunedCount, sum)
    const context = this.#arrays.contextBase[length]! + this.#contextsDone[length]!++
    this.#arrays.context(length, parent, first, Math.log10(backoff))
    this.#ngrams(length, wordCount, discounts, sum, backoff)
    for (let child = 0; child < children; child++) this.#visit(length + 1, context)
  }

  #ngrams(
    length: number,
    wordCount: number,
    discounts: Discounts,
    sum: number,
    backoff: number,
  ): void {
    const [words, values, arrays] = [this.#words, this.#values, this.#arrays]
    const [shorter, shorterNext] = [this.#probabilities[length - 1]!, this.#next[length - 1]!]
    const isLast = length === this.#order - 1
    const probabilities = this.#probabilities[length]!
    const next = this.#next[length]!
    const numbers = isLast ? undefined : this.#numbers[length + 1]!
    const [one, two, more] = discounts
    for (let i = 0; i < wordCount; i++) {
      const word = words[i]!
      const count = values[i]!
      const discount = count === 1 ? one : count === 2 ? two : more
      const probability = (count - discount) / sum + backoff * shorter[word]!
      let following = shorterNext[word]!
      if (numbers !== undefined && word !== endId) following = numbers[word]!++
      if (numbers !== undefined) {
        probabilities[word] = probability
        next[word] = following
      }
      arrays.ngram(length + 1, word, logOf(probability), following)
    }
  }
}

/** Rounding may leave a probability a hair above 1. */
function logOf(probability: number): number {
  return Math.min(0, Math.log10(probability))
}

function backoffOf(
  [one, two, more]: Discounts,
  ones: number,
  twos: number,
  others: number,
  pruned: number,
  sum: number,
): number {
  return (one * ones + two * twos + more * others + pruned) / sum
}

function perLength<T>(order: number, make: (length: number) => T): T[] {
  return Array.from({ length: order }, (_, length) => make(length))
}

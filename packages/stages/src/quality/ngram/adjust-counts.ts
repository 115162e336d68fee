// First pass over the sorted n-grams: the counts of all lower orders. Kneser-Ney smoothing counts an
// n-gram below the highest order not by how often it occurs but by how many different words stand in
// front of it; one that begins with <s> keeps its frequency (Chen & Goodman 1998; Heafield et al. 2013).
//
// The n-grams come grouped by context, contexts ordered from their last word backwards. So longer
// contexts lie inside shorter ones as in a tree, and a walk that keeps one open context per length
// sees every pair once: when a context closes, the words seen after it are complete, and each adds one
// to the same word after the shorter context (open-context.ts). Nothing is sorted again (lmplz sorts by
// suffix, then by context). Each length writes its contexts to a file, which estimate.ts reads in the
// same order.
//
// Memory: 4 bytes per word and length, 12 when pruning. Time: one addition per n-gram of every order.
import { join } from 'node:path'
import { NumberWriter } from './byte-file.ts'
import type { NgramStream } from './ngram-stream.ts'
import { OpenContext } from './open-context.ts'
import { writeHead, writeWord } from './context-file.ts'
import { endId } from './vocabulary.ts'

/** What is known of the n-grams of one order. */
export interface OrderCounts {
  /** How many there are, and how many are left after pruning. */
  total: number
  kept: number
  /** `byCount[i]`: how many have the adjusted count i (1 to 4), pruned ones included, as in lmplz. */
  readonly byCount: number[]
}

export interface AdjustedCounts {
  readonly orders: readonly OrderCounts[]
  /** Contexts of length d that are kept, for d of 0 to order - 1. */
  readonly contexts: readonly number[]
  /** Adjusted counts of single words. */
  readonly unigrams: Float64Array
  /** `perLastWord[n]`: how many kept n-grams of order n, 2 to order - 1, end in each word. */
  readonly perLastWord: readonly Uint32Array[]
  /** Files of contexts by their length, 1 to order - 1. */
  readonly files: readonly string[]
}

/** N-grams of order n that occur `prune[n - 1]` times or less are dropped; thresholds never fall. */
export class CountAdjuster {
  readonly #order: number
  readonly #prune: readonly number[]
  /** Open contexts by length. */
  readonly #open: OpenContext[]
  readonly #writers: (NumberWriter | undefined)[]
  readonly #orders: OrderCounts[]
  readonly #contexts: number[]
  readonly #unigrams: Float64Array
  readonly #perLastWord: Uint32Array[]
  readonly #context: Uint32Array
  /** Length of the innermost open context, to which n-grams belong. */
  #depth = -1

  constructor(order: number, prune: readonly number[], vocabularySize: number, folder: string) {
    this.#order = order
    this.#prune = prune
    const isPruned = prune.some((threshold) => threshold > 0)
    const lengths = Array.from({ length: order }, (_, length) => length)
    this.#open = lengths.map(() => new OpenContext(vocabularySize, isPruned))
    this.#writers = lengths.map((length) =>
      length === 0 ? undefined : new NumberWriter(join(folder, `contexts-${length}`)),
    )
    this.#orders = lengths.map(() => ({ total: 0, kept: 0, byCount: [0, 0, 0, 0, 0] }))
    this.#contexts = lengths.map(() => 0)
    this.#unigrams = new Float64Array(vocabularySize)
    this.#perLastWord = lengths.map((n) => new Uint32Array(n < 2 ? 0 : vocabularySize))
    this.#context = new Uint32Array(Math.max(1, order - 1))
  }

  /** Takes at most `limit` n-grams from the stream; false when it is at its end. */
  read(stream: NgramStream, limit: number): boolean {
    const { key } = stream
    const context = this.#context
    const contextLength = this.#order - 1
    for (let i = 0; i < limit; i++) {
      if (!stream.next()) {
        while (this.#depth >= 0) this.#close(this.#depth--)
        return false
      }
      let shared = 0
      while (shared < contextLength && key[shared] === context[shared]) shared++
      if (shared < contextLength || this.#depth < 0) {
        while (this.#depth > shared) this.#close(this.#depth--)
        let depth = shared
        for (; depth < contextLength && key[depth] !== 0; depth++) context[depth] = key[depth]!
        context.fill(0, depth, contextLength)
        this.#depth = depth
      }
      this.#open[this.#depth]!.append(key[contextLength]!, stream.count)
    }
    return true
  }

  finish(): AdjustedCounts {
    this.close()
    return {
      orders: this.#orders,
      contexts: [1, ...this.#contexts.slice(1)],
      unigrams: this.#unigrams,
      perLastWord: this.#perLastWord,
      files: this.#writers.flatMap((writer) => (writer === undefined ? [] : [writer.path])),
    }
  }

  /** Closes the files. */
  close(): void {
    for (const writer of this.#writers) writer?.close()
  }

  /** Closes the open context of length `depth`: all words after it are known. */
  #close(depth: number): void {
    const open = this.#open[depth]!
    open.settle()
    const { words, adjusted, raw, count } = open
    const counts = this.#orders[depth]!
    const { byCount } = counts
    const threshold = this.#prune[depth]!
    let occurrences = 0
    let keptWords = 0
    let prunedCount = 0
    for (let i = 0; i < count; i++) {
      const times = adjusted[i]!
      if (times < 5) byCount[times]!++
      occurrences += raw[i]!
      if (raw[i]! <= threshold) prunedCount += times
      else keptWords++
    }
    counts.total += count
    counts.kept += keptWords
    if (depth === 0) {
      for (let i = 0; i < count; i++) this.#unigrams[words[i]!] = adjusted[i]!
      return
    }
    const shorter = this.#open[depth - 1]!
    shorter.addLonger(words, raw, count)
    // A context is an n-gram, too: pruned like one, and all longer ones with it.
    if (occurrences > this.#prune[depth - 1]!) {
      this.#contexts[depth]!++
      shorter.children++
      this.#write(depth, keptWords, prunedCount)
    }
    open.clear()
  }

  #write(depth: number, keptWords: number, prunedCount: number): void {
    const { words, adjusted, raw, children, count } = this.#open[depth]!
    const writer = this.#writers[depth]!
    const threshold = this.#prune[depth]!
    const perLastWord = depth + 1 < this.#order ? this.#perLastWord[depth + 1]! : undefined
    writeHead(writer, this.#context[depth - 1]!, children, keptWords, prunedCount)
    let before = 0
    for (let i = 0; i < count; i++) {
      if (raw[i]! <= threshold) continue
      const word = words[i]!
      writeWord(writer, word - before, adjusted[i]!)
      before = word
      if (perLastWord !== undefined && word !== endId) perLastWord[word]!++
    }
  }
}

// The arrays of a model (model-header.ts) as they are written in one walk over contexts, by the
// estimate and by the ARPA import.
import type { ModelWriter, SectionWriter } from './model-writer.ts'

export interface ModelArrays {
  /** The number of the first context of each length. */
  readonly contextBase: readonly number[]
  /** The empty context. */
  root(): void
  /** The next context of this length; its n-grams follow before the next of the same length. */
  context(length: number, parent: number, first: number, logBackoff: number): void
  /** The next n-gram of this order. Probabilities and backoffs are log10. */
  ngram(order: number, word: number, logProb: number, next: number): void
  finish(): void
}

/** Lays out the arrays for so many n-grams by order and contexts by length. */
export function createModelArrays(
  writer: ModelWriter,
  ngrams: readonly number[],
  contexts: readonly number[],
): ModelArrays {
  const ngramSections = (kind: string, type: 'u32' | 'f32'): SectionWriter[] =>
    ngrams.map((length, i) => writer.section(`${kind}/${i + 1}`, type, length))
  const contextSections = (kind: string, type: 'u32' | 'f32'): SectionWriter[] =>
    contexts.map((length, i) => writer.section(`${kind}/${i}`, type, length))
  const words = ngramSections('words', 'u32')
  const probs = ngramSections('probs', 'f32')
  const next = ngramSections('next', 'u32')
  const starts = contextSections('starts', 'u32')
  const startsEnd = writer.section(`starts/${contexts.length}`, 'u32', 1)
  const parents = contextSections('parents', 'u32')
  const firsts = contextSections('first', 'u32')
  const backoffs = contextSections('backoffs', 'f32')
  const contextBase = basesOf(contexts)
  /** Where the n-grams of the next context of each length begin. */
  const position = basesOf(ngrams)
  return {
    contextBase,
    root() {
      starts[0]!.push(0)
      parents[0]!.push(0)
      firsts[0]!.push(0)
      backoffs[0]!.push(0)
    },
    context(length, parent, first, logBackoff) {
      starts[length]!.push(position[length]!)
      parents[length]!.push(parent)
      firsts[length]!.push(first)
      backoffs[length]!.push(logBackoff)
    },
    ngram(order, word, logProb, following) {
      position[order - 1]!++
      words[order - 1]!.push(word)
      probs[order - 1]!.push(logProb)
      next[order - 1]!.push(following)
    },
    finish() {
      startsEnd.push(ngrams.reduce((sum, count) => sum + count, 0))
    },
  }
}

/** Running sums: what lies before each part. */
export function basesOf(counts: readonly number[]): number[] {
  let sum = 0
  return counts.map((count) => (sum += count) - count)
}

// Scores a segmentation as the SIGHAN bakeoff does (Emerson 2005): precision, recall and F1 over
// word spans, and the recall of words that the training data did not have.
import type { GoldSentence } from './perceptron-train.ts'
import type { Segmenter } from './segmenter.ts'

export interface SegmentScore {
  readonly precision: number
  readonly recall: number
  readonly f1: number
  /** Recall of words not in `known`; NaN without such words. */
  readonly oovRecall: number
  readonly words: number
}

/** Segments the joined words of each sentence and compares; white space tokens do not count. */
export function scoreSegmenter(
  segmenter: Segmenter,
  sentences: readonly GoldSentence[],
  known: ReadonlySet<string> = new Set(),
): SegmentScore {
  let [right, answered, gold, oov, oovRight] = [0, 0, 0, 0, 0]
  for (const words of sentences) {
    const text = words.join('')
    const ends = segmenter.segment(text)
    answered += ends.length
    gold += words.length
    let [at, i] = [0, 0]
    for (const word of words) {
      const [from, to] = [at, at + word.length]
      at = to
      while (i < ends.length && ends[i]! < to) i++
      const begin = i === 0 ? 0 : ends[i - 1]!
      const hit = ends[i] === to && begin === from
      if (hit) right++
      if (known.size === 0 || known.has(word)) continue
      oov++
      if (hit) oovRight++
    }
  }
  const [precision, recall] = [right / answered, right / gold]
  const f1 = (2 * precision * recall) / (precision + recall)
  return { precision, recall, f1, oovRecall: oovRight / oov, words: gold }
}

// Percentiles of the perplexity of documents, and the bucket of a document by them: head, middle, tail,
// as CCNet (Wenzek et al. 2020) divides each language at its 30th and 60th percentile. One threshold
// for all languages would not do: in cc_net's own table these lie at 340 and 520 for English, at 1460
// and 1950 for Chinese.
import { addScore, emptyScore, perplexityOf, type DocumentScorer } from './document-scorer.ts'
import type { Percentiles } from './model-header.ts'
import type { TextPiece } from './read-texts.ts'

/** Perplexities are counted in steps of a thousandth, up to e^32: 128 KB whatever the corpus. */
const stepsPerE = 1000
const maxSteps = 32 * stepsPerE

/** Counts perplexities and gives percentiles, the same for any order of documents. */
export class PercentileCounter {
  readonly #counts = new Uint32Array(maxSteps + 1)
  #documents = 0

  add(perplexity: number): void {
    // Rounded up, so that the document at a percentile is within it.
    const step = Math.ceil(Math.log(perplexity) * stepsPerE)
    this.#counts[Math.max(0, Math.min(maxSteps, step))]!++
    this.#documents++
  }

  /** The value at 1 % … 99 % (nearest rank); undefined without documents. */
  finish(): Percentiles | undefined {
    if (this.#documents === 0) return undefined
    const values: number[] = []
    let below = 0
    for (let step = 0; step <= maxSteps; step++) {
      below += this.#counts[step]!
      while (values.length < 99 && below >= ((values.length + 1) / 100) * this.#documents) {
        values.push(Math.ceil(Math.exp(step / stepsPerE) * 100) / 100)
      }
    }
    return { documents: this.#documents, values }
  }
}

/** Puts pieces together to documents and scores them. */
export class PieceScorer {
  readonly #scorer: DocumentScorer
  #sum = emptyScore()

  constructor(scorer: DocumentScorer) {
    this.#scorer = scorer
  }

  /** The score of a document when this piece ends it and it has tokens. */
  add({ text, isLast }: TextPiece): ReturnType<typeof emptyScore> | undefined {
    addScore(this.#sum, this.#scorer.score(text))
    if (!isLast) return undefined
    const sum = this.#sum
    this.#sum = emptyScore()
    return perplexityOf(sum) === undefined ? undefined : sum
  }
}

export type Bucket = 'head' | 'middle' | 'tail'

/** Up to the `head` percentile head, up to the `middle` percentile middle, above it tail. */
export function bucketOf(
  perplexity: number,
  { values }: Percentiles,
  head: number,
  middle: number,
): Bucket {
  if (perplexity <= values[head - 1]!) return 'head'
  return perplexity <= values[middle - 1]! ? 'middle' : 'tail'
}

// Scores of a model on text: bits per byte, which compare models of any tokenizer; pseudo-perplexity
// of masked models; and minimal pairs (BLiMP, Warstadt et al. 2020): how often the good sentence is
// likelier than the bad one.
import { brokenModel } from '../model/broken-model.ts'
import type { Model } from '../model/model.ts'
import { tokenLogProbabilities } from './score.ts'

/** How texts become ids. */
export interface TextCodec {
  encode(text: string, options?: { addSpecialTokens?: boolean }): ArrayLike<number>
}

export interface EvaluationContext {
  readonly model: Model
  readonly tokenizer: TextCodec
  /** Starts a text for a causal model, so that its first token is predicted too. */
  readonly startId: number
  /** For masked models. */
  readonly maskId: number | undefined
  readonly specialIds: ReadonlySet<number>
}

export interface TextScore {
  readonly texts: number
  readonly tokens: number
  readonly bytes: number
  /** Bits the model needs per byte of UTF-8; for masked models a pseudo-likelihood, not comparable. */
  readonly bitsPerByte: number
  /** exp of the mean loss per token; pseudo-perplexity for masked models. */
  readonly perplexity: number
}

/** Scores texts; longer ones are cut into pieces of the model's length, none left out. */
export function scoreTexts(context: EvaluationContext, texts: Iterable<string>): TextScore {
  let [count, tokens, bytes, nats] = [0, 0, 0, 0]
  for (const text of texts) {
    const { total, predicted } = scoreText(context, text)
    nats -= total
    tokens += predicted
    bytes += Buffer.byteLength(text)
    count++
  }
  return {
    texts: count,
    tokens,
    bytes,
    bitsPerByte: nats / Math.LN2 / bytes,
    perplexity: Math.exp(nats / tokens),
  }
}

export interface PairScore {
  readonly pairs: number
  readonly correct: number
}

/** Counts pairs whose good sentence has the higher total log-probability; ties are wrong. */
export function scorePairs(
  context: EvaluationContext,
  pairs: Iterable<{ good: string; bad: string }>,
): PairScore {
  let [count, correct] = [0, 0]
  for (const { good, bad } of pairs) {
    if (scoreText(context, good).total > scoreText(context, bad).total) correct++
    count++
  }
  return { pairs: count, correct }
}

/** Total log-probability of a text, and how many tokens were predicted. */
function scoreText(context: EvaluationContext, text: string): { total: number; predicted: number } {
  const { model, tokenizer, maskId, specialIds } = context
  const { causal, maxPositions } = model.config
  const ids = Array.from(tokenizer.encode(text, { addSpecialTokens: !causal }))
  const masking = maskId === undefined ? undefined : { maskId, specialIds }
  const room = causal ? maxPositions - 1 : maxPositions
  let [total, predicted] = [0, 0]
  for (let at = 0; at < ids.length; at += room) {
    const piece = ids.slice(at, at + room)
    // Later pieces begin with the last token of the piece before, so every token is predicted once.
    const sequence = causal ? [at === 0 ? context.startId : ids[at - 1]!, ...piece] : piece
    for (const value of tokenLogProbabilities(model, sequence, masking)) {
      if (!Number.isFinite(value)) throw brokenModel('eval')
      total += value
      predicted++
    }
  }
  return { total, predicted }
}

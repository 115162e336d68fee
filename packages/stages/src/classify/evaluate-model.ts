import { ConfigError } from '@shardmill/core/errors'
import type { Example } from './example-store.ts'
import { outputsOf, type LinearModel } from './linear-model.ts'
import { evaluate, type Evaluation } from './measures.ts'
import { createScorer } from './score.ts'

/** Scores labelled examples with a model; labels that it does not have are an error. */
export async function evaluateModel(
  model: LinearModel,
  examples: AsyncIterable<Example & { readonly id?: string }>,
  positive: number,
): Promise<Evaluation> {
  const { labels } = model.header
  const score = createScorer(model)
  const scores: number[] = []
  const truth: number[] = []
  for await (const { text, label, id } of examples) {
    const index = labels.indexOf(label)
    if (index < 0) {
      throw new ConfigError(`classifier: ${id ?? 'an example'} has the label \`${label}\``, {
        hint: `labels of the model: ${labels.join(', ')}`,
      })
    }
    truth.push(index)
    scores.push(...score(text))
  }
  if (truth.length * outputsOf(model.header) === scores.length && truth.length > 0) {
    return evaluate(scores, truth, labels, positive)
  }
  throw new ConfigError('classifier: no labelled documents in the inputs')
}

// `pipeline ngram train|score|export|import`: n-gram language models for the stage `perplexity`.
import { ConfigError } from '@shardmill/core/errors'

/** Runs one action; each is loaded when it is asked for. */
export async function ngram(argv: readonly string[]): Promise<number> {
  const [action, ...rest] = argv
  switch (action) {
    case 'train':
      return (await import('./ngram-train.ts')).train(rest)
    case 'score':
      return (await import('./ngram-score.ts')).score(rest)
    case 'export':
    case 'import':
      return (await import('./ngram-arpa.ts')).convertArpa(action, rest)
    default:
      throw new ConfigError(
        `ngram: expected train, score, export or import, got ${action ?? 'nothing'}`,
        { hint: 'shardmill pipeline ngram --help' },
      )
  }
}

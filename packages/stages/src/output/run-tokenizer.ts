// The tokenizer of an output stage: one that is named, or what `train-tokenizer` left in the run.
import { join } from 'node:path'
import { ConfigError, type OutputJob } from '@shardmill/core'
import { loadTokenizer } from '@shardmill/tokenizer/load'
import type { Tokenizer } from '@shardmill/tokenizer/tokenizer'
import { z } from 'zod'

/** How a stage lets its tokenizer be named. */
export const tokenizerOption = z
  .string()
  .optional()
  .describe(
    "tokenizer.json, .tiktoken, vocab.txt, .model; by default the run's own (train-tokenizer).",
  )

export interface RunTokenizer {
  readonly file: string
  readonly tokenizer: Tokenizer
}

/** Loads it. Throws `ConfigError` that names the stage. */
export async function openRunTokenizer(
  stage: string,
  path: string | undefined,
  { runFolder, context }: Pick<OutputJob, 'runFolder' | 'context'>,
): Promise<RunTokenizer> {
  const isOwn = path === undefined
  const file = isOwn ? join(runFolder, 'tokenizer/tokenizer.json') : context.path(path)
  try {
    return { file, tokenizer: await loadTokenizer(file) }
  } catch (cause) {
    const hint = isOwn
      ? `put \`train-tokenizer\` before \`${stage}\`, or name one with \`tokenizer:\``
      : undefined
    throw new ConfigError(`${stage}: cannot load the tokenizer ${file}`, { cause, hint })
  }
}

/** The documents one by one, telling the supervisor, until the run is stopped. */
export async function* beating<Item>(
  items: AsyncIterable<Item>,
  { context }: Pick<OutputJob, 'context'>,
): AsyncGenerator<Item> {
  for await (const item of items) {
    context.beat()
    context.signal.throwIfAborted()
    yield item
  }
}

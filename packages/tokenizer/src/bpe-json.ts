// The parts of a BPE tokenizer.json that `extend` and `trim` work on, checked.
import { ConfigError } from '@shardmill/core/errors'
import { z } from 'zod'

const merge = z.union([
  z.tuple([z.string(), z.string()]),
  z.string().transform((text): [string, string] => {
    const space = text.indexOf(' ')
    return [text.slice(0, space), text.slice(space + 1)]
  }),
])

const file = z.looseObject({
  added_tokens: z.array(z.looseObject({ id: z.int(), content: z.string() })).default([]),
  normalizer: z.unknown(),
  pre_tokenizer: z.unknown(),
  model: z.looseObject({ type: z.string() }),
})

const bpeModel = z.looseObject({
  type: z.literal('BPE'),
  vocab: z.record(z.string(), z.int()),
  merges: z.array(merge),
  continuing_subword_prefix: z.string().nullish(),
})

export type TokenizerFile = z.output<typeof file>
export type BpeFileModel = z.output<typeof bpeModel>

const mergeFile = z.object({ model: z.object({ merges: z.array(merge) }) })

/** The merges of a parsed tokenizer.json, whatever else is in it. Throws `ConfigError`. */
export function parseMerges(json: unknown): [string, string][] {
  const parsed = mergeFile.safeParse(json)
  if (parsed.success) return parsed.data.model.merges
  throw new ConfigError('tokenizer: expected BPE merges in `model.merges`')
}

/** Checks the outer fields of a parsed tokenizer.json. Throws `ConfigError`. */
export function parseTokenizerFile(json: unknown): TokenizerFile {
  const parsed = file.safeParse(json)
  if (parsed.success) return parsed.data
  throw new ConfigError(`tokenizer: not a tokenizer.json: ${z.prettifyError(parsed.error)}`)
}

/** The BPE model of a file. Throws `ConfigError` for other models. */
export function parseBpeModel({ model }: TokenizerFile): BpeFileModel {
  const parsed = bpeModel.safeParse(model)
  if (parsed.success) return parsed.data
  throw new ConfigError(`tokenizer: expected a BPE model, got \`${model.type}\``)
}

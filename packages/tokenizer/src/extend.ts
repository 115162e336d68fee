// Adds tokens learned on new text to a BPE tokenizer. Old ids and the order of old merges stay, so an
// old embedding matrix keeps its meaning and only grows: the new text is first merged with the old
// merges, then training goes on from there, and what it learns is appended. Where we differ from
// adding "added tokens" (HF): the new tokens are real merges, so they take part in normal encoding.
import { ConfigError } from '@shardmill/core/errors'
import { trainBpe } from './bpe-train.ts'
import { parseBpeModel, parseTokenizerFile } from './bpe-json.ts'
import { countCorpus, countSource, forgetCounts } from './count-corpus.ts'
import { describePreTokenizer } from './load-pretokenizer.ts'
import { normalizerJson } from './normalizers.ts'
import { normalizerNames, type TrainingOptions } from './training-config.ts'
import { resolveTraining, type NormalizerName } from './training-defaults.ts'
import type { TrainingHooks } from './train-tokenizer.ts'

export interface ExtendOptions extends Pick<
  TrainingOptions,
  'input' | 'unit' | 'minFrequency' | 'maxTokenLength' | 'memoryMB' | 'workers'
> {
  /** How many tokens to add at most. */
  readonly newTokens: number
}

export interface ExtendedTokenizer {
  /** The content of the new tokenizer.json. */
  readonly json: Record<string, unknown>
  /** The first new id; ids below it mean what they meant. */
  readonly firstNewId: number
  readonly tokens: readonly string[]
}

/** Extends a parsed tokenizer.json. Throws `ConfigError` when it is not BPE of a known kind. */
export async function extendTokenizer(
  json: unknown,
  options: ExtendOptions,
  hooks: TrainingHooks = {},
): Promise<ExtendedTokenizer> {
  const file = parseTokenizerFile(json)
  const model = parseBpeModel(file)
  const { name, isByteLevel, prefix } = describePreTokenizer(file.pre_tokenizer)
  if (isByteLevel && prefix) {
    throw new ConfigError('tokenizer: cannot extend a tokenizer with `add_prefix_space`')
  }
  const baseTokens = tokensById(model.vocab, file.added_tokens)
  const { newTokens, ...counting } = options
  const config = resolveTraining({
    ...counting,
    model: isByteLevel ? 'byte-level-bpe' : 'character-bpe',
    preTokenizer: name,
    normalizer: normalizerOf(file.normalizer),
    vocabSize: baseTokens.length + newTokens,
  })
  const folder = hooks.stateFolder ?? '.counts'
  const { words } = await (hooks.source
    ? countSource(hooks.source, config, { signal: hooks.signal, folder })
    : countCorpus(config, { signal: hooks.signal, folder }))
  const trained = await trainBpe(words, {
    unit: isByteLevel ? 'byte' : 'character',
    vocabSize: config.vocabSize,
    minFrequency: config.minFrequency,
    maxTokenLength: config.maxTokenLength,
    baseTokens,
    initialMerges: model.merges,
    mergeFilter: hooks.mergeFilter,
  })
  forgetCounts(folder)
  const tokens = [...trained.tokens].slice(baseTokens.length)
  const added = tokens.map((token, i) => [token, baseTokens.length + i] as const)
  return {
    json: {
      ...file,
      model: {
        ...model,
        vocab: { ...model.vocab, ...Object.fromEntries(added) },
        merges: [...trained.merges],
      },
    },
    firstNewId: baseTokens.length,
    tokens,
  }
}

/** All tokens in order of their ids, which must have no gaps. */
function tokensById(
  vocab: Readonly<Record<string, number>>,
  added: readonly { readonly id: number; readonly content: string }[],
): string[] {
  const tokens: string[] = []
  for (const [token, id] of Object.entries(vocab)) tokens[id] = token
  for (const { id, content } of added) tokens[id] = content
  const gap = tokens.findIndex((token) => token === undefined)
  if (gap >= 0) throw new ConfigError(`tokenizer: cannot extend: no token has the id ${gap}`)
  return tokens
}

function normalizerOf(json: unknown): NormalizerName {
  const wanted = JSON.stringify(json ?? null)
  const name = normalizerNames.find((one) => JSON.stringify(normalizerJson(one)) === wanted)
  if (name) return name
  throw new ConfigError('tokenizer: cannot extend a tokenizer with this normalizer', {
    hint: `known: ${normalizerNames.join(', ')}`,
  })
}

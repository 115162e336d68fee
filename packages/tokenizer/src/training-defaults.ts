// Fills in what a training file leaves to its model: pre-tokeniser, normalizer, alphabet, specials.
import { ConfigError } from '@shardmill/core/errors'
import { byteAlphabet } from './bpe-train.ts'
import type { PreTokenizerName } from './pretokenize/index.ts'
import { normalizerNames, trainingSchema } from './training-config.ts'
import type { TrainingConfig, TrainingOptions } from './training-config.ts'

export type NormalizerName = (typeof normalizerNames)[number]

export interface ResolvedTraining extends Omit<
  TrainingConfig,
  'preTokenizer' | 'normalizer' | 'initialAlphabet'
> {
  readonly preTokenizer: PreTokenizerName
  readonly normalizer: NormalizerName
  readonly initialAlphabet: readonly string[]
}

const defaults: Record<TrainingConfig['model'], readonly [PreTokenizerName, NormalizerName]> = {
  'byte-level-bpe': ['gpt2', 'none'],
  'character-bpe': ['whitespace-split', 'none'],
  'wordpiece-bpe': ['bert', 'bert'],
  'wordpiece-likelihood': ['bert', 'bert'],
  unigram: ['metaspace', 'sentencepiece'],
}

/** Checks options and fills in the defaults of the model. Throws `ConfigError` with every fault. */
export function resolveTraining(options: TrainingOptions): ResolvedTraining {
  const parsed = trainingSchema.safeParse(options)
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
    throw new ConfigError(`tokenizer: ${faults.join('; ')}`)
  }
  const config = parsed.data
  const [preTokenizer, normalizer] = defaults[config.model]
  const { initialAlphabet = config.model === 'byte-level-bpe' ? 'bytes' : [] } = config
  const alphabet = initialAlphabet === 'bytes' ? byteAlphabet : initialAlphabet
  if (config.model === 'byte-level-bpe' && config.vocabSize < alphabet.length) {
    throw new ConfigError(
      `tokenizer: vocabSize must hold the alphabet of ${alphabet.length}, got ${config.vocabSize}`,
    )
  }
  const named = new Set(config.specialTokens)
  const missing = requiredTokens(config.model).filter((token) => !named.has(token))
  return {
    ...config,
    specialTokens: [...missing, ...named],
    preTokenizer: config.preTokenizer ?? preTokenizer,
    normalizer: config.normalizer ?? normalizer,
    initialAlphabet: alphabet,
  }
}

/** Tokens a model cannot do without; they come first unless the file names them elsewhere. */
function requiredTokens(model: TrainingConfig['model']): readonly string[] {
  if (model === 'unigram') return ['<unk>']
  return model.startsWith('wordpiece') ? ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'] : []
}

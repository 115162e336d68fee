// Trains a tokenizer from a configuration: counts words, trains the model, writes a folder with
// `tokenizer.json`, `tokenizer_config.json` and `training.json` (what was read, what was left out, and
// a hash of vocabulary and merges to compare two trainings by).
import { accessSync, constants, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from '@shardmill/core/errors'
import { hashParts128 } from '@shardmill/core/hash'
import { jsonParts } from '@shardmill/core/json-parts'
import { commitParts } from '@shardmill/core/store'
import { trainBpe } from './bpe-train.ts'
import { bytesOfByteLevel } from './byte-alphabet.ts'
import { countCorpus, countSource, forgetCounts } from './count-corpus.ts'
import type { SourceText } from './count-corpus.ts'
import type { CountedCorpus } from './count-words.ts'
import type { ResolvedTraining } from './training-defaults.ts'
import type { WordTable } from './word-table.ts'
import { tokenizerJson, type TrainedModel } from './write-tokenizer-json.ts'

export type TrainingEvent =
  | { readonly phase: 'count'; readonly bytes: number; readonly totalBytes: number }
  /** Unigram counts down, the others up. */
  | { readonly phase: 'train'; readonly tokens: number; readonly vocabSize: number }
  | { readonly phase: 'notice'; readonly message: string }

export interface TrainingHooks {
  readonly signal?: AbortSignal
  onEvent?(event: TrainingEvent): void
  /** False keeps a pair of tokens apart for good; joined with `refuseMerges` of the options. */
  readonly mergeFilter?: (left: string, right: string) => boolean
  /** Texts to train on instead of `input`. */
  readonly source?: AsyncIterable<SourceText>
  /** Folder for counts that are not in memory; the default is inside `output`. */
  readonly stateFolder?: string
}

export interface TrainingReport {
  readonly model: string
  readonly vocabSize: number
  readonly merges: number
  /** Of vocabulary and merges: equal hashes, equal tokenizers. */
  readonly hash: string
  readonly texts: number
  readonly bytes: number
  /** Bytes by language; '' for texts that name none. */
  readonly languages: Readonly<Record<string, number>>
  readonly distinctWords: number
  /** Words counted less often were left out to stay within `memoryMB`; 0 when none was. */
  readonly lowestCount: number
  readonly droppedOccurrences: number
  readonly config: ResolvedTraining
}

export interface TrainedTokenizer {
  readonly model: TrainedModel
  /** The content of tokenizer.json, made when it is asked for. */
  readonly json: Record<string, unknown>
  /** Writes tokenizer.json to a path. */
  save(path: string): void
  readonly report: TrainingReport
}

/**
 * Trains and, when `output` is set, writes the folder. The configuration comes from `resolveTraining`,
 * which checks it: a schema takes as much memory as the words of 20 MB. Throws `ConfigError` and
 * `InputError`.
 */
export async function trainTokenizer(
  config: ResolvedTraining,
  hooks: TrainingHooks = {},
): Promise<TrainedTokenizer> {
  // What can be wrong is found out before hours of counting.
  const initialMerges = await readMerges(config.initialMerges)
  if (config.output !== undefined) prepareOutput(config.output)
  const folder = hooks.stateFolder ?? join(config.output ?? '.', '.counts')
  const counting = {
    signal: hooks.signal,
    folder,
    onBytes: (bytes: number, totalBytes: number) =>
      hooks.onEvent?.({ phase: 'count', bytes, totalBytes }),
  }
  const counted = await (hooks.source
    ? countSource(hooks.source, config, counting)
    : countCorpus(config, counting))
  for (const message of doubts(counted, config)) hooks.onEvent?.({ phase: 'notice', message })
  if (counted.lowestCount > 0) {
    const message =
      `words counted less than ${counted.lowestCount} times were left out to stay within ` +
      `memoryMB: ${config.memoryMB} (${counted.droppedOccurrences} occurrences)`
    hooks.onEvent?.({ phase: 'notice', message })
  }
  const model = await trainModel(counted.words, config, initialMerges, hooks)
  for (const message of remarks(model, counted, config))
    hooks.onEvent?.({ phase: 'notice', message })
  const report = describe(model, counted, config)
  const save = (path: string): void => writeJson(path, tokenizerJson(model, config))
  if (config.output !== undefined) {
    const { output } = config
    writeJson(join(output, 'tokenizer_config.json'), configJson(config))
    writeJson(join(output, 'training.json'), report)
    save(join(output, 'tokenizer.json'))
  }
  // A folder that the caller named is the caller's while nothing has been written from it.
  if (config.output !== undefined || hooks.stateFolder === undefined) forgetCounts(folder)
  return {
    model,
    get json() {
      return JSON.parse([...jsonParts(tokenizerJson(model, config))].join(''))
    },
    save,
    report,
  }
}

async function trainModel(
  words: WordTable,
  config: ResolvedTraining,
  initialMerges: readonly (readonly [string, string])[],
  hooks: TrainingHooks,
): Promise<TrainedModel> {
  const steps = {
    async onProgress(tokens: number, vocabSize: number): Promise<void> {
      // Lets an abort through: timers and signals wait while the loop runs.
      await new Promise<void>((resolve) => void setImmediate(resolve))
      hooks.signal?.throwIfAborted()
      hooks.onEvent?.({ phase: 'train', tokens, vocabSize })
    },
  }
  const { vocabSize, minFrequency, specialTokens, initialAlphabet } = config
  const { limitAlphabet, maxTokenLength } = config
  const shared = {
    vocabSize,
    minFrequency,
    specialTokens,
    initialAlphabet,
    limitAlphabet,
    maxTokenLength,
    mergeFilter: createFilter(config, hooks),
  }
  switch (config.model) {
    case 'byte-level-bpe':
    case 'character-bpe': {
      const unit = config.model === 'byte-level-bpe' ? 'byte' : 'character'
      return { kind: 'bpe', ...(await trainBpe(words, { ...shared, unit, initialMerges }, steps)) }
    }
    case 'wordpiece-bpe':
    case 'wordpiece-likelihood': {
      const { trainWordPiece } = await import('./wordpiece-train.ts')
      const method = config.model === 'wordpiece-bpe' ? 'bpe' : 'likelihood'
      return { kind: 'wordpiece', ...(await trainWordPiece(words, method, shared, steps)) }
    }
    case 'unigram': {
      const { trainUnigram } = await import('./unigram-train.ts')
      const { seedSize } = config
      const rules = { vocabSize, specialTokens, initialAlphabet, seedSize }
      return { kind: 'unigram', ...(await trainUnigram(words, rules, steps)) }
    }
  }
}

/** Fails now rather than after the training when the folder cannot be written. */
function prepareOutput(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true })
    accessSync(folder, constants.W_OK)
  } catch (cause) {
    throw new ConfigError(`tokenizer: cannot write to the folder \`${folder}\``, { cause })
  }
}

/** What a user may not expect of the input. */
function* doubts(
  { languages, notUtf8 }: CountedCorpus,
  { languageWeights }: ResolvedTraining,
): Generator<string> {
  if (notUtf8.length > 0) {
    const more = notUtf8.length > 3 ? ` and ${notUtf8.length - 3} more` : ''
    yield `not UTF-8 throughout, what is not counts as U+FFFD: ${notUtf8.slice(0, 3).join(', ')}${more}`
  }
  // Most often a misspelt name, or a source without `lang`.
  const unknown = Object.keys(languageWeights).filter((lang) => !languages.has(lang))
  if (unknown.length === 0) return
  const found = [...languages.keys()].toSorted().map((lang) => (lang === '' ? 'none named' : lang))
  const all = found.join(', ') || 'no text at all'
  yield `languageWeights: no text is in ${unknown.join(', ')}; languages of the texts: ${all}`
}

/** What a user may not expect of the result. */
function* remarks(
  model: TrainedModel,
  counted: CountedCorpus,
  { vocabSize, minFrequency }: ResolvedTraining,
): Generator<string> {
  const size = model.tokens.length
  if (counted.distinctWords === 0) yield 'the input has no words: nothing was learned'
  else if (size > vocabSize) {
    yield `special tokens and alphabet alone are ${size} tokens, more than vocabSize: ${vocabSize}`
  } else if (size < vocabSize) {
    const floor = minFrequency > 1 ? ` that occur ${minFrequency} times` : ''
    yield `the text has no more tokens to learn${floor}: ${size} of vocabSize: ${vocabSize}`
  }
}

function createFilter(
  config: ResolvedTraining,
  hooks: TrainingHooks,
): ((left: string, right: string) => boolean) | undefined {
  const refused = config.refuseMerges.map((source) => new RegExp(source, 'u'))
  if (refused.length === 0) return hooks.mergeFilter
  const textOf = (token: string): string => {
    const bytes = config.model === 'byte-level-bpe' ? bytesOfByteLevel(token) : undefined
    return bytes ? Buffer.from(bytes).toString('utf8') : token
  }
  return (left, right) => {
    const text = textOf(left + right)
    if (refused.some((expression) => expression.test(text))) return false
    return hooks.mergeFilter?.(left, right) ?? true
  }
}

/** The merges of a tokenizer.json, in either spelling. */
async function readMerges(path: string | undefined): Promise<(readonly [string, string])[]> {
  if (path === undefined) return []
  const { parseMerges } = await import('./bpe-json.ts')
  try {
    return parseMerges(JSON.parse(readFileSync(path, 'utf8')))
  } catch (cause) {
    throw new ConfigError(`tokenizer: initialMerges: ${path} is not a tokenizer.json with merges`, {
      cause,
    })
  }
}

function writeJson(path: string, value: unknown): void {
  commitParts(
    path,
    (function* () {
      yield* jsonParts(value)
      yield '\n'
    })(),
  )
}

function describe(
  model: TrainedModel,
  counted: CountedCorpus,
  config: ResolvedTraining,
): TrainingReport {
  return {
    model: config.model,
    vocabSize: model.tokens.length,
    merges: model.kind === 'bpe' ? model.merges.length : 0,
    hash: hashParts128(modelParts(model)),
    texts: counted.texts,
    bytes: counted.bytes,
    languages: Object.fromEntries([...counted.languages].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    distinctWords: counted.distinctWords,
    lowestCount: counted.lowestCount,
    droppedOccurrences: counted.droppedOccurrences,
    config,
  }
}

/** Tokens, merges and scores. No token of a merge holds a line end, so nothing is lost. */
function* modelParts(model: TrainedModel): Generator<string> {
  yield* lines(model.tokens)
  yield '\0'
  if (model.kind === 'bpe') yield* lines(halves(model.merges))
  yield '\0'
  if (model.kind === 'unigram') yield* lines(model.scores)
}

function* halves(merges: Iterable<readonly [string, string]>): Generator<string> {
  for (const pair of merges) yield* pair
}

/** Joined by line ends, a few hundred at a time. */
function* lines(items: Iterable<string | number>): Generator<string> {
  let part = ''
  let separator = ''
  for (const item of items) {
    part += `${separator}${item}`
    separator = '\n'
    if (part.length < 1 << 10) continue
    yield part
    part = ''
  }
  yield part
}

/** What transformers wants to know beside the tokenizer itself. */
function configJson(config: ResolvedTraining): Record<string, unknown> {
  const roles: readonly (readonly [string, readonly string[]])[] = [
    ['bos_token', ['<s>', '<|begin_of_text|>', '<|endoftext|>']],
    ['eos_token', ['</s>', '<|end_of_text|>', '<|endoftext|>']],
    ['unk_token', ['<unk>', '[UNK]']],
    ['pad_token', ['<pad>', '[PAD]']],
    ['cls_token', ['[CLS]']],
    ['sep_token', ['[SEP]']],
    ['mask_token', ['<mask>', '[MASK]']],
  ]
  const special = new Set(config.specialTokens)
  const known = roles.map(
    ([role, names]) => [role, names.find((name) => special.has(name))] as const,
  )
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    clean_up_tokenization_spaces: false,
    ...Object.fromEntries(known.filter(([, name]) => name !== undefined)),
  }
}

// A trained model as tokenizer.json: the format of HF tokenizers (version 1.0), which its Rust
// library, transformers and @huggingface/tokenizers load. Keys stand in the order HF writes them.
import { JsonEntries } from '@shardmill/core/json-parts'
import type { MergePairs, TokenTexts } from './bpe-vocabulary.ts'
import { normalizerJson } from './normalizers.ts'
import { patterns } from './pretokenize/patterns.ts'
import type { ResolvedTraining } from './training-defaults.ts'

type Json = Record<string, unknown> | null

export type TrainedModel =
  | {
      readonly kind: 'bpe'
      readonly tokens: TokenTexts
      readonly merges: MergePairs
    }
  | { readonly kind: 'wordpiece'; readonly tokens: TokenTexts }
  | {
      readonly kind: 'unigram'
      readonly tokens: readonly string[]
      readonly scores: readonly number[]
    }

/** The whole file as an object for `jsonParts`: tokens and merges are listed while it is written. */
export function tokenizerJson(
  model: TrainedModel,
  config: ResolvedTraining,
): Record<string, unknown> {
  const ids = idsOf(namedTokens(config), model.tokens)
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: config.specialTokens.map((content) => ({
      id: ids.get(content),
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: normalizerJson(config.normalizer),
    pre_tokenizer: preTokenizerJson(config),
    post_processor: postProcessorJson(config, ids),
    decoder: decoderJson(config),
    model: modelJson(model, ids, config),
  }
}

/** Tokens whose ids the file names outside the model. */
function namedTokens({ specialTokens }: ResolvedTraining): ReadonlySet<string> {
  return new Set([...specialTokens, '<unk>', '[UNK]', '[CLS]', '[SEP]'])
}

function idsOf(wanted: ReadonlySet<string>, tokens: Iterable<string>): Map<string, number> {
  const ids = new Map<string, number>()
  let id = 0
  for (const token of tokens) {
    if (wanted.has(token)) ids.set(token, id)
    id++
  }
  return ids
}

const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true }
const metaspace = {
  type: 'Metaspace',
  replacement: '\u2581',
  prepend_scheme: 'always',
  split: true,
}

/** The `pre_tokenizer` field. */
export function preTokenizerJson(config: Pick<ResolvedTraining, 'model' | 'preTokenizer'>): Json {
  const name = config.preTokenizer
  const isBytes = config.model === 'byte-level-bpe'
  if (name === 'gpt2' && isBytes) return { ...byteLevel, use_regex: true }
  const parts = splitsJson(name)
  if (isBytes) parts.push({ ...byteLevel, use_regex: false })
  if (parts.length === 0) return null
  return parts.length === 1 ? parts[0]! : { type: 'Sequence', pretokenizers: parts }
}

function splitsJson(name: ResolvedTraining['preTokenizer']): Record<string, unknown>[] {
  switch (name) {
    case 'bert':
      return [{ type: 'BertPreTokenizer' }]
    case 'whitespace':
      return [{ type: 'Whitespace' }]
    case 'whitespace-split':
      return [{ type: 'WhitespaceSplit' }]
    case 'metaspace':
      return [metaspace]
    case 'none':
      return []
    default:
      return patterns[name].expressions.map((expression) => ({
        type: 'Split',
        pattern: { Regex: expression },
        behavior: 'Isolated',
        invert: false,
      }))
  }
}

function decoderJson({ model, preTokenizer }: ResolvedTraining): Json {
  if (model === 'byte-level-bpe') return { ...byteLevel, use_regex: true }
  if (model.startsWith('wordpiece')) return { type: 'WordPiece', prefix: '##', cleanup: true }
  return preTokenizer === 'metaspace' ? metaspace : null
}

/** [CLS] text [SEP], for vocabularies that have both. */
function postProcessorJson(config: ResolvedTraining, ids: ReadonlyMap<string, number>): Json {
  if (config.model === 'byte-level-bpe') return { ...byteLevel, use_regex: true }
  const cls = ids.get('[CLS]')
  const sep = ids.get('[SEP]')
  if (cls === undefined || sep === undefined) return null
  const special = (id: string, type: number) => ({ SpecialToken: { id, type_id: type } })
  const sequence = (id: string, type: number) => ({ Sequence: { id, type_id: type } })
  const single = [special('[CLS]', 0), sequence('A', 0), special('[SEP]', 0)]
  return {
    type: 'TemplateProcessing',
    single,
    pair: [...single, sequence('B', 1), special('[SEP]', 1)],
    special_tokens: {
      '[CLS]': { id: '[CLS]', ids: [cls], tokens: ['[CLS]'] },
      '[SEP]': { id: '[SEP]', ids: [sep], tokens: ['[SEP]'] },
    },
  }
}

function modelJson(
  model: TrainedModel,
  ids: ReadonlyMap<string, number>,
  config: ResolvedTraining,
): Record<string, unknown> {
  switch (model.kind) {
    case 'bpe':
      return {
        type: 'BPE',
        dropout: null,
        unk_token: unknownToken(config, ids),
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: false,
        byte_fallback: false,
        ignore_merges: false,
        vocab: vocabulary(model.tokens),
        merges: model.merges,
      }
    case 'wordpiece':
      return {
        type: 'WordPiece',
        unk_token: '[UNK]',
        continuing_subword_prefix: '##',
        max_input_chars_per_word: 100,
        vocab: vocabulary(model.tokens),
      }
    case 'unigram':
      return {
        type: 'Unigram',
        unk_id: ids.get('<unk>') ?? 0,
        vocab: scoredTokens(model.tokens, model.scores),
        byte_fallback: false,
      }
  }
}

function vocabulary(tokens: Iterable<string>): JsonEntries {
  const numbered = function* () {
    let id = 0
    for (const token of tokens) yield [token, id++] as const
  }
  return new JsonEntries(numbered())
}

function* scoredTokens(
  tokens: readonly string[],
  scores: readonly number[],
): Generator<readonly [string, number]> {
  for (let id = 0; id < tokens.length; id++) yield [tokens[id]!, scores[id]!]
}

function unknownToken(config: ResolvedTraining, ids: ReadonlyMap<string, number>): string | null {
  if (config.model === 'byte-level-bpe') return null
  return ['<unk>', '[UNK]'].find((token) => ids.has(token)) ?? null
}

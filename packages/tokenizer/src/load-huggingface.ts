// Reads a `tokenizer.json` of Hugging Face tokenizers and builds the fast encoder it describes. Every
// field is looked at: what this file does not know throws `Unsupported`, and load.ts then decides
// between the slower library and a refusal. Nothing is guessed.
import { InputError } from '@shardmill/core/errors'
import type { AddedToken } from './added-tokens.ts'
import { characterBpe, keepsWordsApart, noSplit, wordSplit } from './character-bpe.ts'
import { byteLevelBpe } from './bpe.ts'
import { Merges, type MergeList } from './bpe-merges.ts'
import { bertCharacters } from './bert-normalizer.ts'
import { bytesOfByteLevel, textOfBytes } from './byte-alphabet.ts'
import { byteIdsOf } from './load-tiktoken.ts'
import { createDecoder } from './load-decoder.ts'
import { createNormalizer, bertOptionsOf } from './load-normalizer.ts'
import { describePreTokenizer, type PreTokenizing } from './load-pretokenizer.ts'
import { createTemplate } from './load-template.ts'
import { asRecord, asText, Unsupported, type Json } from './load-json.ts'
import { createRunScanner } from './pretokenize/run-scanner.ts'
import type { PieceModel } from './piece-encoder.ts'
import type { Split } from './pretokenize/scanner.ts'
import type { TextNormalizer } from './text-normalizer.ts'
import { Tokenizer, type TokenizerParts } from './tokenizer.ts'
import { unigram } from './unigram.ts'
import { Vocabulary, viewBytes } from './vocabulary.ts'
import { wordPiece } from './wordpiece.ts'

interface ModelParts {
  readonly kind: TokenizerParts['kind']
  readonly vocabulary: Vocabulary
  readonly model: PieceModel
  readonly split: Split
  readonly normalizer: TextNormalizer | undefined
  /** Everything beyond the vocabulary that decides ids, for the hash. */
  readonly rules: readonly Uint8Array[]
}

/** Builds a tokenizer from the parsed file. Throws `Unsupported` naming the field it does not know. */
export function loadHuggingFace(json: Json): Tokenizer {
  const model = asRecord(json['model'], 'model')
  const addedTokens = readAddedTokens(json['added_tokens'])
  const split = describePreTokenizer(json['pre_tokenizer'])
  const parts = createModel(model, json, split)
  const { vocabulary } = parts
  const template = createTemplate(json['post_processor'])
  const texts = (id: number): string | undefined => {
    if (id < 0 || id >= vocabulary.size || vocabulary.lengthOf(id) === 0) return undefined
    const bytes = vocabulary.token(id)
    return split.isByteLevel ? textOfBytes(bytes) : Buffer.from(bytes).toString('utf8')
  }
  const encoded = new TextEncoder()
  const vocabSize = addedTokens.reduce((size, { id }) => Math.max(size, id + 1), vocabulary.size)
  const rules = JSON.stringify([json['normalizer'], json['pre_tokenizer'], json['added_tokens']])
  return new Tokenizer({
    kind: parts.kind,
    vocabSize,
    hash: vocabulary.hash([...parts.rules, encoded.encode(rules)]),
    model: parts.model,
    split: parts.split,
    normalizer: parts.normalizer,
    prefix: split.prefix,
    addedTokens,
    before: template.before,
    after: template.after,
    decoder: createDecoder(json['decoder'], vocabulary, split.isByteLevel, texts),
    tokenText: texts,
    idOf: (token) => {
      const bytes = split.isByteLevel ? bytesOfByteLevel(token) : encoded.encode(token)
      const id = bytes ? vocabulary.find(bytes, 0, bytes.length) : -1
      return id < 0 ? undefined : id
    },
  })
}

function createModel(model: Json, json: Json, split: PreTokenizing): ModelParts {
  // Old files leave the type out; only BPE has merges.
  const type = model['type'] ?? (model['merges'] ? 'BPE' : 'unknown')
  switch (type) {
    case 'BPE':
      return createBpe(model, json, split)
    case 'WordPiece':
      return createWordPiece(model, json, split)
    case 'Unigram':
      return createUnigram(model, json, split)
    default:
      throw new Unsupported(`model.type \`${asText(type)}\``)
  }
}

function createBpe(model: Json, json: Json, split: PreTokenizing): ModelParts {
  for (const field of ['dropout', 'continuing_subword_prefix', 'end_of_word_suffix']) {
    if (model[field]) throw new Unsupported(`model.${field} \`${asText(model[field])}\``)
  }
  const entries = Object.entries(asRecord(model['vocab'], 'model.vocab')) as [string, number][]
  const tokens: (Uint8Array | undefined)[] = []
  const ids = new Map<string, number>()
  // Added tokens are listed in the vocabulary too, spelled plainly; the model never makes them.
  const plain = new Set(readAddedTokens(json['added_tokens']).map((token) => token.content))
  for (const [token, id] of entries) {
    ids.set(token, id)
    const bytes = split.isByteLevel ? bytesOfByteLevel(token) : Buffer.from(token, 'utf8')
    if (bytes) tokens[id] = bytes
    else if (!plain.has(token)) {
      throw new Unsupported(`model.vocab: \`${token}\` is not spelled in byte-level characters`)
    }
  }
  const vocabulary = new Vocabulary(tokens)
  const mergeList = readMerges(model['merges'], ids)
  const merges = Merges.from(mergeList)
  const normalizer = createNormalizer(json['normalizer'], split.spaceMark)
  const rules = [viewBytes(mergeList.lefts), viewBytes(mergeList.rights)]
  const ignoresMerges = model['ignore_merges'] === true
  if (split.isByteLevel) {
    const byteIds = byteIdsOf(vocabulary)
    const piece = byteLevelBpe({ vocabulary, mergeList, merges, byteIds, ignoresMerges })
    return { kind: 'bpe', vocabulary, model: piece, split: split.split, normalizer, rules }
  }
  const unk = model['unk_token'] as string | null | undefined
  const piece = characterBpe({
    vocabulary,
    merges,
    byteIds: model['byte_fallback'] === true ? readByteTokens(ids) : undefined,
    unkId: unk === null || unk === undefined ? undefined : ids.get(unk),
    fusesUnknown: model['fuse_unk'] === true,
    ignoresMerges,
  })
  const whole = split.name === 'none'
  const pieces = !whole ? split.split : keepsWordsApart(vocabulary, '\u2581') ? wordSplit : noSplit
  return { kind: 'bpe', vocabulary, model: piece, split: pieces, normalizer, rules }
}

function createWordPiece(model: Json, json: Json, split: PreTokenizing): ModelParts {
  const vocab = asRecord(model['vocab'], 'model.vocab') as Record<string, number>
  const unkId = vocab[asText(model['unk_token'], '[UNK]')]
  if (unkId === undefined) throw new Unsupported(`model.unk_token is not in the vocabulary`)
  const vocabulary = vocabularyOf(Object.entries(vocab))
  const options = bertOptionsOf(json['normalizer'])
  const isBert = split.name === 'bert' && options !== undefined
  const characters = isBert ? bertCharacters(options) : undefined
  const piece = wordPiece({
    vocabulary,
    prefix: asText(model['continuing_subword_prefix'], '##'),
    unkId,
    maxCharacters: Number(model['max_input_chars_per_word'] ?? 100),
    ...(characters && options && { normalizer: { options, characters } }),
  })
  return {
    kind: 'wordpiece',
    vocabulary,
    model: piece,
    split: characters ? createRunScanner(characters.roles) : split.split,
    normalizer: isBert ? undefined : createNormalizer(json['normalizer'], split.spaceMark),
    rules: [],
  }
}

function createUnigram(model: Json, json: Json, split: PreTokenizing): ModelParts {
  const vocab = model['vocab'] as readonly [string, number][]
  if (!Array.isArray(vocab)) throw new Unsupported('model.vocab is not a list of [token, score]')
  const unkId = model['unk_id']
  if (typeof unkId !== 'number') throw new Unsupported('model.unk_id is missing')
  const vocabulary = vocabularyOf(vocab.map(([token], id) => [token, id]))
  const ids = new Map(vocab.map(([token], id) => [token, id]))
  const scores = Float64Array.from(vocab, ([, score]) => scoreAsRead(score))
  return {
    kind: 'unigram',
    vocabulary,
    model: unigram({
      vocabulary,
      scores,
      unkId,
      byteIds: model['byte_fallback'] === true ? readByteTokens(ids) : undefined,
    }),
    split: split.split,
    normalizer: createNormalizer(json['normalizer'], split.spaceMark),
    rules: [viewBytes(scores)],
  }
}

/**
 * A score as HF reads it from the file: its JSON reader takes all digits as one whole number and
 * divides that by a power of ten, which rounds twice (serde_json without `float_roundtrip`). The last
 * bit decides between segmentations of equal score, such as 3·33 and 33·3.
 */
function scoreAsRead(score: number): number {
  const match = /^(-?)(\d+)\.(\d+)$/.exec(String(score))
  if (!match) return score
  const [, sign, whole, fraction] = match
  const value = Number(whole! + fraction!) / 10 ** fraction!.length
  return sign === '-' ? -value : value
}

function vocabularyOf(entries: Iterable<readonly [string, number]>): Vocabulary {
  const tokens: (Uint8Array | undefined)[] = []
  for (const [token, id] of entries) tokens[id] = Buffer.from(token, 'utf8')
  return new Vocabulary(tokens)
}

/** Merges are `["a", "b"]`, or in older files `"a b"`. */
function readMerges(value: unknown, ids: ReadonlyMap<string, number>): MergeList {
  if (!Array.isArray(value)) throw new Unsupported('model.merges is not a list')
  const count = value.length
  const list = {
    lefts: new Int32Array(count),
    rights: new Int32Array(count),
    ids: new Int32Array(count),
    ranks: Int32Array.from({ length: count }, (_, i) => i),
  }
  for (const [i, merge] of (value as (string | [string, string])[]).entries()) {
    const [left, right] = typeof merge === 'string' ? splitMerge(merge) : merge
    const [a, b, made] = [ids.get(left), ids.get(right), ids.get(left + right)]
    if (a === undefined || b === undefined || made === undefined) {
      throw new InputError(
        `tokenizer.json: model.merges[${i}] \`${left} ${right}\` is not in the vocabulary`,
      )
    }
    list.lefts[i] = a
    list.rights[i] = b
    list.ids[i] = made
  }
  return list
}

function splitMerge(merge: string): [string, string] {
  const space = merge.indexOf(' ')
  return [merge.slice(0, space), merge.slice(space + 1)]
}

/** Ids of <0x00> … <0xFF>; all of them or none. */
function readByteTokens(ids: ReadonlyMap<string, number>): Int32Array | undefined {
  const found = new Int32Array(256)
  for (let byte = 0; byte < 256; byte++) {
    const id = ids.get(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`)
    if (id === undefined) return undefined
    found[byte] = id
  }
  return found
}

export function readAddedTokens(value: unknown): AddedToken[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw new Unsupported('added_tokens is not a list')
  return value.map((entry) => {
    const token = asRecord(entry, 'added_tokens[]')
    return {
      id: Number(token['id']),
      content: asText(token['content']),
      special: token['special'] === true,
      singleWord: token['single_word'] === true,
      stripsLeft: token['lstrip'] === true,
      stripsRight: token['rstrip'] === true,
      normalized: token['normalized'] === true,
    }
  })
}

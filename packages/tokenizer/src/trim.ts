// Drops tokens a corpus does not use and numbers the rest anew, with a map from old to new ids for
// cutting the embedding matrix. Special tokens, single characters and bytes stay, and of BPE every
// token that a kept one is merged from, so the corpus is encoded exactly as before.
import { parseBpeModel, parseTokenizerFile, type TokenizerFile } from './bpe-json.ts'
import { ConfigError } from '@shardmill/core/errors'
import { z } from 'zod'

export interface TrimmedTokenizer {
  /** The content of the new tokenizer.json. */
  readonly json: Record<string, unknown>
  /** New id of every old id, -1 for dropped tokens. */
  readonly idMap: Int32Array
  readonly vocabSize: number
}

/** Keeps the tokens for which `isUsed` is true, and what they need. Takes a parsed tokenizer.json. */
export function trimTokenizer(json: unknown, isUsed: (id: number) => boolean): TrimmedTokenizer {
  const file = parseTokenizerFile(json)
  switch (file.model.type) {
    case 'BPE':
      return trimBpe(file, isUsed)
    case 'WordPiece':
      return trimWordPiece(file, isUsed)
    case 'Unigram':
      return trimUnigram(file, isUsed)
    default:
      throw new ConfigError(`tokenizer: cannot trim a \`${file.model.type}\` model`)
  }
}

function trimBpe(file: TokenizerFile, isUsed: (id: number) => boolean): TrimmedTokenizer {
  const model = parseBpeModel(file)
  const ids = new Map(Object.entries(model.vocab))
  const prefix = model.continuing_subword_prefix ?? ''
  const resultOf = ([left, right]: readonly [string, string]): string =>
    left + (prefix !== '' && right.startsWith(prefix) ? right.slice(prefix.length) : right)
  const made = new Set(model.merges.map(resultOf))
  const kept = new Set<string>()
  // What no merge makes is the alphabet, or special.
  for (const [token, id] of ids) if (isUsed(id) || !made.has(token)) kept.add(token)
  // Parts come before what is made of them: one pass from the last merge back finds all of them.
  for (const merge of model.merges.toReversed()) {
    if (kept.has(resultOf(merge))) for (const part of merge) kept.add(part)
  }
  const merges = model.merges.filter((merge) => {
    return kept.has(resultOf(merge)) && merge.every((part) => kept.has(part))
  })
  const map = renumber(ids, kept, file)
  const vocab = Object.fromEntries([...kept].map((token) => [token, map.newId(ids.get(token)!)]))
  return finish(file, { ...model, vocab, merges }, map)
}

const wordPieceModel = z.looseObject({
  vocab: z.record(z.string(), z.int()),
  unk_token: z.string(),
  continuing_subword_prefix: z.string().default('##'),
})

function trimWordPiece(file: TokenizerFile, isUsed: (id: number) => boolean): TrimmedTokenizer {
  const model = wordPieceModel.parse(file.model)
  const ids = new Map(Object.entries(model.vocab))
  const kept = new Set([model.unk_token])
  for (const [token, id] of ids) {
    if (isUsed(id) || isCharacter(token.replace(model.continuing_subword_prefix, ''))) {
      kept.add(token)
    }
  }
  const map = renumber(ids, kept, file)
  const vocab = Object.fromEntries([...kept].map((token) => [token, map.newId(ids.get(token)!)]))
  return finish(file, { ...model, vocab }, map)
}

const unigramModel = z.looseObject({
  vocab: z.array(z.tuple([z.string(), z.number()])),
  unk_id: z.int().nullish(),
})

function trimUnigram(file: TokenizerFile, isUsed: (id: number) => boolean): TrimmedTokenizer {
  const model = unigramModel.parse(file.model)
  const ids = new Map(model.vocab.map(([token], id) => [token, id]))
  const kept = new Set<string>()
  for (const [token, id] of ids) {
    const isByte = /^<0x[0-9A-F]{2}>$/.test(token)
    if (isUsed(id) || id === model.unk_id || isByte || isCharacter(token)) kept.add(token)
  }
  const map = renumber(ids, kept, file)
  const vocab = model.vocab.filter(([token]) => kept.has(token))
  const unkId = typeof model.unk_id === 'number' ? map.newId(model.unk_id) : model.unk_id
  return finish(file, { ...model, vocab, unk_id: unkId }, map)
}

function isCharacter(token: string): boolean {
  return Array.from(token).length === 1
}

interface IdMap {
  readonly ids: Int32Array
  newId(id: number): number
}

/** Kept tokens in their old order; adds the added tokens to `kept`. */
function renumber(ids: ReadonlyMap<string, number>, kept: Set<string>, file: TokenizerFile): IdMap {
  const stays = new Set<number>()
  for (const { id, content } of file.added_tokens) {
    stays.add(id)
    if (ids.has(content)) kept.add(content)
  }
  for (const token of kept) stays.add(ids.get(token)!)
  let size = 0
  for (const id of [...ids.values(), ...stays]) size = Math.max(size, id + 1)
  const map = new Int32Array(size).fill(-1)
  ;[...stays]
    .toSorted((a, b) => a - b)
    .forEach((id, number) => {
      map[id] = number
    })
  return { ids: map, newId: (id) => map[id]! }
}

function finish(file: TokenizerFile, model: Record<string, unknown>, map: IdMap): TrimmedTokenizer {
  const added = file.added_tokens.map((token) => ({ ...token, id: map.newId(token.id) }))
  return {
    json: { ...file, added_tokens: added, model, ...postProcessor(file['post_processor'], map) },
    idMap: map.ids,
    vocabSize: map.ids.reduce((count, id) => count + (id >= 0 ? 1 : 0), 0),
  }
}

const template = z.looseObject({
  type: z.literal('TemplateProcessing'),
  special_tokens: z.record(z.string(), z.looseObject({ ids: z.array(z.int()) })),
})

/** The ids that a template of special tokens holds. */
function postProcessor(json: unknown, map: IdMap): Record<string, unknown> {
  const parsed = template.safeParse(json)
  if (!parsed.success) return {}
  const tokens = Object.entries(parsed.data.special_tokens).map(([name, token]) => {
    return [name, { ...token, ids: token.ids.map((id) => map.newId(id)) }] as const
  })
  return { post_processor: { ...parsed.data, special_tokens: Object.fromEntries(tokens) } }
}

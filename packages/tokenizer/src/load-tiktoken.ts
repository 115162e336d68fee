// Reads `.tiktoken` files: one `base64(bytes) rank` per line (openai/tiktoken). There are no merges:
// any two neighbours may join whose bytes together are a token, and the token's rank is the rank of
// the merge. Of all ways to cut a token in two only one can ever happen, so one merge per token is
// enough: while both ends of the token's bytes are token borders, its inside is merged as if it
// stood alone, and alone it comes, by merges of lower rank, to exactly one pair (or to none, and
// then the token is only found as a whole piece). The pairs are found in rank order, each with the
// merges before it: 0.1 s for 200,000 tokens.
import { InputError } from '@shardmill/core/errors'
import { Merges, type MergeList } from './bpe-merges.ts'
import { byteLevelBpe, type BpeModel } from './bpe.ts'
import { bytesOfByteLevel, textOfBytes } from './byte-alphabet.ts'
import { byteDecoder } from './decoder.ts'
import { preTokenizer, type PreTokenizerName } from './pretokenize/index.ts'
import { Tokenizer } from './tokenizer.ts'
import { Vocabulary } from './vocabulary.ts'

/** Tokens by rank. Throws `InputError` naming the line that cannot be read. */
export function parseTiktoken(path: string, content: string): (Uint8Array | undefined)[] {
  const tokens: (Uint8Array | undefined)[] = []
  for (const [i, line] of content.split('\n').entries()) {
    if (line.trim() === '') continue
    const [base64, rank, ...rest] = line.trim().split(' ')
    const id = Number(rank)
    if (rest.length > 0 || !Number.isInteger(id) || id < 0 || id > 1 << 24 || base64 === '') {
      throw new InputError(
        `${path}:${i + 1}: expected \`base64 rank\`, got ${JSON.stringify(line)}`,
      )
    }
    tokens[id] = new Uint8Array(Buffer.from(base64!, 'base64'))
  }
  return tokens
}

/** A BPE model from tokens whose id is their rank. */
export function modelFromRanks(tokens: readonly (Uint8Array | undefined)[]): BpeModel {
  const vocabulary = new Vocabulary(tokens)
  const byteIds = byteIdsOf(vocabulary)
  const { mergeList, merges } = findMerges(vocabulary, byteIds)
  return { vocabulary, mergeList, merges, byteIds, ignoresMerges: true }
}

/** Special tokens of OpenAI's encodings (openai/tiktoken, openai_public.py), by scanner name. */
export const tiktokenSpecials: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  gpt2: { '<|endoftext|>': 50256 },
  cl100k: {
    '<|endoftext|>': 100257,
    '<|fim_prefix|>': 100258,
    '<|fim_middle|>': 100259,
    '<|fim_suffix|>': 100260,
    '<|endofprompt|>': 100276,
  },
  o200k: { '<|endoftext|>': 199999, '<|endofprompt|>': 200018 },
}

/** A tokenizer from ranks, the name of its split pattern, and its special tokens. */
export function loadTiktoken(
  tokens: readonly (Uint8Array | undefined)[],
  pattern: PreTokenizerName,
  specials: Readonly<Record<string, number>>,
): Tokenizer {
  const model = modelFromRanks(tokens)
  const { vocabulary } = model
  const addedTokens = Object.entries(specials).map(([content, id]) => ({
    id,
    content,
    special: true,
    singleWord: false,
    stripsLeft: false,
    stripsRight: false,
    normalized: false,
  }))
  const spelled = new TextEncoder().encode(JSON.stringify([pattern, specials]))
  return new Tokenizer({
    kind: 'bpe',
    vocabSize: addedTokens.reduce((size, { id }) => Math.max(size, id + 1), vocabulary.size),
    hash: vocabulary.hash([spelled]),
    model: byteLevelBpe(model),
    split: preTokenizer(pattern).split,
    addedTokens,
    before: [],
    after: [],
    decoder: byteDecoder((id) => vocabulary.token(id)),
    tokenText: (id) =>
      vocabulary.token(id).length > 0 ? textOfBytes(vocabulary.token(id)) : undefined,
    idOf: (token) => {
      const bytes = bytesOfByteLevel(token)
      const id = bytes ? vocabulary.find(bytes, 0, bytes.length) : -1
      return id < 0 ? undefined : id
    },
  })
}

/** Ids of the 256 one-byte tokens, -1 where there is none. */
export function byteIdsOf(vocabulary: Vocabulary): Int32Array {
  const ids = new Int32Array(256)
  const byte = new Uint8Array(1)
  for (let value = 0; value < 256; value++) {
    byte[0] = value
    ids[value] = vocabulary.find(byte, 0, 1)
  }
  return ids
}

function findMerges(
  vocabulary: Vocabulary,
  byteIds: Int32Array,
): { mergeList: MergeList; merges: Merges } {
  const { bytes, offsets, size } = vocabulary
  const merges = new Merges(size)
  const lefts = new Int32Array(size)
  const rights = new Int32Array(size)
  const ids = new Int32Array(size)
  let count = 0
  let symbols = new Int32Array(64)
  for (let id = 0; id < size; id++) {
    const start = offsets[id]!
    const length = offsets[id + 1]! - start
    if (length < 2) continue
    if (length > symbols.length) symbols = new Int32Array(length * 2)
    for (let i = 0; i < length; i++) symbols[i] = byteIds[bytes[start + i]!]!
    if (merges.apply(symbols, 0, length) !== 2) continue
    merges.add(symbols[0]!, symbols[1]!, id, id)
    lefts[count] = symbols[0]!
    rights[count] = symbols[1]!
    ids[count++] = id
  }
  const ranks = ids.subarray(0, count)
  const mergeList = {
    lefts: lefts.subarray(0, count),
    rights: rights.subarray(0, count),
    ids: ranks,
    ranks,
  }
  return { mergeList, merges }
}

// Reads sentencepiece `.model` files: a protocol buffer (google/sentencepiece, sentencepiece_model.proto)
// with the pieces, their scores and types, the model type and the normalisation rules. Unigram and
// BPE models are built natively. A BPE model has no merge list: like tiktoken's, its neighbours join
// when their text is a piece, best score first, so one merge per piece is enough (load-tiktoken.ts).
import { InputError } from '@shardmill/core/errors'
import type { AddedToken } from './added-tokens.ts'
import { Merges } from './bpe-merges.ts'
import { characterBpe, keepsWordsApart, noSplit, wordSplit } from './character-bpe.ts'
import { pieceNormalizer } from './charsmap.ts'
import { byteFallbackRule, fuseRule, replaceRule, ruleDecoder } from './decoder.ts'
import type { DecodeRule } from './decoder.ts'
import { Unsupported } from './load-json.ts'
import type { PieceModel } from './piece-encoder.ts'
import { readFields, type ProtoField } from './protobuf.ts'
import { Tokenizer } from './tokenizer.ts'
import { unigram } from './unigram.ts'
import { Vocabulary, viewBytes } from './vocabulary.ts'

const pieceType = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const
const modelType = { unigram: 1, bpe: 2 } as const
const mark = '\u2581'

interface PieceEntry {
  readonly text: string
  readonly score: number
  readonly type: number
}

/** Builds a tokenizer from a model file. Throws `InputError` when it is not one. */
export function loadSentencePiece(path: string, content: Uint8Array): Tokenizer {
  const { pieces, trainer, normalizer } = parseModel(path, content)
  const number = (fields: Map<number, ProtoField>, field: number, otherwise: number): number =>
    fields.get(field)?.number ?? otherwise
  if (number(trainer, 24, 0) === 1) throw new Unsupported('trainer_spec.treat_whitespace_as_suffix')
  const usable = (type: number): boolean =>
    type === pieceType.normal || type === pieceType.userDefined
  const vocabulary = new Vocabulary(pieces.map(({ text }) => Buffer.from(text, 'utf8')))
  const model = new Vocabulary(
    pieces.map(({ text, type }) => (usable(type) ? Buffer.from(text, 'utf8') : undefined)),
  )
  const scores = Float64Array.from(pieces, ({ score }) => score)
  const unkId = pieces.findIndex(({ type }) => type === pieceType.unknown)
  const byteIds = readBytes(pieces)
  const type = number(trainer, 3, modelType.unigram)
  const hasDummyPrefix = number(normalizer, 3, 1) === 1
  const removesExtraSpaces = number(normalizer, 4, 1) === 1
  const surface = trainer.get(44)?.bytes
  const unknownText = surface ? Buffer.from(surface).toString('utf8') : ' \u2047 '
  const addedTokens = pieces.flatMap((piece, id) => addedToken(piece, id))
  const isApart = keepsWordsApart(model, mark)
  return new Tokenizer({
    kind: type === modelType.bpe ? 'bpe' : 'unigram',
    vocabSize: pieces.length,
    hash: vocabulary.hash([viewBytes(scores)]),
    model: createModel(type, model, scores, unkId, byteIds),
    split: isApart ? wordSplit : noSplit,
    normalizer: pieceNormalizer({
      charsMap: normalizer.get(2)?.bytes,
      removesExtraSpaces,
      hasDummyPrefix,
    }),
    addedTokens,
    spellsNormalized: true,
    before: [],
    after: [],
    decoder: ruleDecoder(
      (id) => (id === unkId ? unknownText : (pieces[id]?.text ?? '')),
      [
        leadingMarksRule(removesExtraSpaces ? Infinity : hasDummyPrefix ? 1 : 0),
        replaceRule(mark, ' '),
        byteFallbackRule,
        fuseRule,
      ],
    ),
    tokenText: (id) => pieces[id]?.text,
    idOf: (token) => {
      const id = pieces.findIndex(({ text }) => text === token)
      return id < 0 ? undefined : id
    },
  })
}

/** Drops up to `count` space marks at the very beginning. */
function leadingMarksRule(count: number): DecodeRule {
  return (tokens) => {
    let left = count
    let isStart = true
    return tokens.map((token) => {
      if (!isStart) return token
      let from = 0
      for (; left > 0 && token[from] === mark; from++) left--
      isStart = from === token.length
      return token.slice(from)
    })
  }
}

function createModel(
  type: number,
  vocabulary: Vocabulary,
  scores: Float64Array,
  unkId: number,
  byteIds: Int32Array | undefined,
): PieceModel {
  if (type === modelType.unigram) {
    const known = scores.map((score, id) => (vocabulary.lengthOf(id) > 0 ? score : 0))
    return unigram({ vocabulary, scores: known, unkId, byteIds })
  }
  if (type !== modelType.bpe) throw new Unsupported(`trainer_spec.model_type ${type}`)
  const merges = mergesOf(vocabulary, scores)
  return characterBpe({
    vocabulary,
    merges,
    byteIds,
    unkId: unkId < 0 ? undefined : unkId,
    fusesUnknown: true,
    ignoresMerges: false,
  })
}

/** One merge per piece, in order of score: the pair its characters come to by better merges. */
function mergesOf(vocabulary: Vocabulary, scores: Float64Array): Merges {
  const order = Array.from(scores.keys()).filter((id) => vocabulary.lengthOf(id) > 0)
  order.sort((a, b) => scores[b]! - scores[a]! || a - b)
  const merges = new Merges(order.length)
  let symbols = new Int32Array(64)
  for (const [rank, id] of order.entries()) {
    const [start, end] = [vocabulary.offsets[id]!, vocabulary.offsets[id + 1]!]
    if (end - start > symbols.length) symbols = new Int32Array((end - start) * 2)
    let count = 0
    let isComplete = true
    for (let at = start; at < end;) {
      const lead = vocabulary.bytes[at]!
      const next = at + (lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4)
      const symbol = vocabulary.find(vocabulary.bytes, at, next)
      if (symbol < 0) isComplete = false
      symbols[count++] = symbol
      at = next
    }
    if (count < 2 || !isComplete || merges.apply(symbols, 0, count) !== 2) continue
    merges.add(symbols[0]!, symbols[1]!, id, rank)
  }
  return merges
}

function addedToken(piece: PieceEntry, id: number): AddedToken[] {
  const special = piece.type === pieceType.control
  if (!special && piece.type !== pieceType.userDefined) return []
  return [
    {
      id,
      content: piece.text,
      special,
      singleWord: false,
      stripsLeft: false,
      stripsRight: false,
      normalized: piece.type === pieceType.userDefined,
    },
  ]
}

function readBytes(pieces: readonly PieceEntry[]): Int32Array | undefined {
  const ids = new Int32Array(256).fill(-1)
  for (const [id, { text, type }] of pieces.entries()) {
    if (type === pieceType.byte) ids[parseInt(text.slice(3, 5), 16)] = id
  }
  return ids.includes(-1) ? undefined : ids
}

function parseModel(
  path: string,
  content: Uint8Array,
): {
  pieces: PieceEntry[]
  trainer: Map<number, ProtoField>
  normalizer: Map<number, ProtoField>
} {
  try {
    const pieces: PieceEntry[] = []
    let trainer = new Map<number, ProtoField>()
    let normalizer = new Map<number, ProtoField>()
    for (const field of readFields(content)) {
      if (!field.bytes) continue
      if (field.field === 1) pieces.push(readPiece(field.bytes))
      else if (field.field === 2) trainer = byNumber(field.bytes)
      else if (field.field === 3) normalizer = byNumber(field.bytes)
    }
    if (pieces.length === 0) throw new Error('no pieces')
    return { pieces, trainer, normalizer }
  } catch (cause) {
    throw new InputError(`${path}: expected a sentencepiece model, could not read it as one`, {
      cause,
    })
  }
}

function readPiece(bytes: Uint8Array): PieceEntry {
  const fields = byNumber(bytes)
  return {
    text: Buffer.from(fields.get(1)?.bytes ?? []).toString('utf8'),
    score: fields.get(2)?.float ?? 0,
    type: fields.get(3)?.number ?? pieceType.normal,
  }
}

function byNumber(bytes: Uint8Array): Map<number, ProtoField> {
  return new Map(Array.from(readFields(bytes), (field) => [field.field, field]))
}

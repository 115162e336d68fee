// BPE over characters, as sentencepiece models and Llama-2, Mistral-7B and Gemma tokenizers use it: a
// piece starts as its characters; one without a token becomes byte tokens <0x00> … <0xFF> (byte
// fallback), or the unknown token, of which neighbours are fused. Merging is as in bpe-merges.ts.
//
// Such models take a whole text as one piece. Where no token has a space mark behind another
// character, no merge can reach over the beginning of a word, so `wordSplit` may cut there: pieces
// are short and the cache works. Otherwise the long-run merge keeps the cost linear.
import type { Merges } from './bpe-merges.ts'
import type { PieceModel } from './piece-encoder.ts'
import type { Split } from './pretokenize/scanner.ts'
import type { Vocabulary } from './vocabulary.ts'

export interface CharacterBpeOptions {
  readonly vocabulary: Vocabulary
  readonly merges: Merges
  /** Ids of <0x00> … <0xFF> for characters without a token. */
  readonly byteIds?: Int32Array | undefined
  /** Without it, and without bytes, unknown characters are dropped, as HF does. */
  readonly unkId?: number | undefined
  readonly fusesUnknown: boolean
  readonly ignoresMerges: boolean
}

/** The character-level BPE model of a piece encoder. */
export function characterBpe(options: CharacterBpeOptions): PieceModel {
  const { vocabulary, merges, byteIds, unkId, fusesUnknown, ignoresMerges } = options
  const bytePieces = new Set(byteIds)
  const model: PieceModel = {
    encodePiece(bytes, from, to, ids, at) {
      if (ignoresMerges && to - from <= vocabulary.maxLength) {
        const whole = vocabulary.find(bytes, from, to)
        if (whole >= 0) {
          ids[at] = whole
          return 1
        }
      }
      let count = 0
      for (let i = from; i < to;) {
        const end = characterEnd(bytes, i)
        const id = vocabulary.find(bytes, i, end)
        if (id >= 0) {
          ids[at + count++] = id
        } else if (byteIds) {
          for (let k = i; k < end; k++) ids[at + count++] = byteIds[bytes[k]!]!
        } else if (unkId !== undefined) {
          const last = count === 0 ? -1 : ids[at + count - 1]
          if (!fusesUnknown || last !== unkId) ids[at + count++] = unkId
        }
        i = end
      }
      return merges.apply(ids, at, count)
    },
    encodePieceEnds(bytes, from, to, ids, at, ends) {
      const count = model.encodePiece(bytes, from, to, ids, at)
      let end = from
      for (let i = at; i < at + count; i++) {
        const id = ids[i]!
        // Characters that were dropped belong to the token before them.
        if (byteIds && bytePieces.has(id)) end++
        else if (id !== unkId) end += vocabulary.lengthOf(id)
        else end = characterEnd(bytes, end)
        while (isUnknown(bytes, end, to, id === unkId && fusesUnknown))
          end = characterEnd(bytes, end)
        ends[i] = end
      }
      return count
    },
  }
  return model

  function isUnknown(bytes: Uint8Array, at: number, to: number, isFused: boolean): boolean {
    if (at >= to || byteIds || !(isFused || unkId === undefined)) return false
    return vocabulary.find(bytes, at, characterEnd(bytes, at)) < 0
  }
}

function characterEnd(bytes: Uint8Array, at: number): number {
  const lead = bytes[at]!
  return at + (lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4)
}

/** True when cutting a text before each run of `mark` cannot change its ids. */
export function keepsWordsApart(vocabulary: Vocabulary, mark: string): boolean {
  const markBytes = Buffer.from(mark, 'utf8')
  if (vocabulary.find(markBytes, 0, markBytes.length) < 0) return false
  for (let id = 0; id < vocabulary.size; id++) {
    const token = Buffer.from(vocabulary.token(id)).toString('utf8')
    for (let i = token.indexOf(mark); i >= 0; i = token.indexOf(mark, i + 1)) {
      if (i > 0 && token[i - 1] !== mark) return false
    }
  }
  return true
}

/** Pieces that begin with a run of U+2581 (E2 96 81). */
export const wordSplit: Split = (bytes, from, to, spans) => {
  const capacity = spans.length & ~1
  let filled = 0
  let at = from
  while (at < to && filled < capacity) {
    spans[filled++] = at
    while (at < to && isMark(bytes, at)) at += 3
    while (at < to && !isMark(bytes, at)) at++
    if (at > to) at = to
    spans[filled++] = at
  }
  return filled >> 1
}

function isMark(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0xe2 && bytes[at + 1] === 0x96 && bytes[at + 2] === 0x81
}

/** The whole text as one piece. */
export const noSplit: Split = (_bytes, from, to, spans) => {
  if (from >= to) return 0
  spans[0] = from
  spans[1] = to
  return 1
}

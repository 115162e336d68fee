// Byte-pair encoding of pieces of UTF-8 text (Sennrich et al. 2016), byte-level as in GPT-2 (Radford
// et al. 2019): a piece starts as its bytes, or where that is exact as its characters
// (bpe-characters.ts), and is merged by rank (bpe-merges.ts).
//
// Byte spans of the ids are sums of token lengths, so an offsets path needs nothing from here.
import type { MergeList, Merges } from './bpe-merges.ts'
import { CharacterStarts } from './bpe-characters.ts'
import type { PieceModel } from './piece-encoder.ts'
import type { Vocabulary } from './vocabulary.ts'

export interface BpeModel {
  readonly vocabulary: Vocabulary
  readonly merges: Merges
  /** The same merges in order of rank. */
  readonly mergeList: MergeList
  /** Id of each byte; -1 where the vocabulary lacks it, and text that has it cannot be encoded. */
  readonly byteIds: Int32Array
  /** A piece that is a token is that token, whatever the merges say (tiktoken, Llama-3). */
  readonly ignoresMerges: boolean
}

/** The byte-level BPE model of a piece encoder. */
export function byteLevelBpe(options: BpeModel): PieceModel {
  const { vocabulary, merges, mergeList, byteIds, ignoresMerges } = options
  const starts = new CharacterStarts(vocabulary, mergeList, merges, byteIds)
  const hasAllBytes = byteIds.every((id) => id >= 0)
  const model: PieceModel = {
    encodePiece(bytes, from, to, ids, at) {
      if (ignoresMerges && to - from <= vocabulary.maxLength) {
        const whole = vocabulary.find(bytes, from, to)
        if (whole >= 0) {
          ids[at] = whole
          return 1
        }
      }
      const count = starts.start(bytes, from, to, ids, at)
      if (!hasAllBytes && ids.subarray(at, at + count).includes(-1)) {
        throw missingByte(bytes, from, to)
      }
      return merges.apply(ids, at, count)
    },
    encodePieceEnds(bytes, from, to, ids, at, ends) {
      const count = model.encodePiece(bytes, from, to, ids, at)
      let end = from
      for (let i = at; i < at + count; i++) ends[i] = end += vocabulary.lengthOf(ids[i]!)
      return count
    },
  }
  return model
}

function missingByte(bytes: Uint8Array, from: number, to: number): Error {
  const piece = JSON.stringify(Buffer.from(bytes.subarray(from, to)).toString('utf8').slice(0, 40))
  return new RangeError(
    `byte-level BPE: the vocabulary lacks a byte of ${piece}; train it with the full alphabet`,
  )
}

// Unigram language model segmentation (Kudo 2018): of all ways to cut a piece into tokens the one
// whose log-probabilities sum highest, found by Viterbi over byte positions with one trie walk per
// character. Ties and unknown characters are treated as in HF tokenizers 0.23 and sentencepiece: the
// first best path wins, a character without a token costs 10 more than the rarest token, and
// neighbouring unknown characters become one unknown token, or bytes when the model has them.
//
// Cost: O(bytes × longest token) per piece that is not in the cache.
import { ByteTrie } from './byte-trie.ts'
import type { PieceModel } from './piece-encoder.ts'
import type { Vocabulary } from './vocabulary.ts'

/** Sentencepiece's penalty for a character that no token covers. */
const unknownPenalty = 10

export interface UnigramOptions {
  readonly vocabulary: Vocabulary
  /** Log-probability of each id. */
  readonly scores: Float64Array
  readonly unkId: number
  /** Ids of the byte tokens <0x00> … <0xFF> when unknown characters fall back to them. */
  readonly byteIds?: Int32Array | undefined
}

/** The Unigram model of a piece encoder. */
export function unigram(options: UnigramOptions): PieceModel {
  const { vocabulary, scores, unkId, byteIds } = options
  const trie = ByteTrie.of(vocabulary)
  let lowest = Infinity
  for (const score of scores) if (score < lowest) lowest = score
  const unknownScore = lowest - unknownPenalty
  let best = new Float64Array(256)
  let starts = new Int32Array(256)
  let tokens = new Int32Array(256)

  return {
    encodePiece(bytes, from, to, ids, at) {
      findBest(bytes, from, to)
      return walkBack(bytes, from, to - from, ids, at)
    },
    encodePieceEnds(bytes, from, to, ids, at, ends) {
      findBest(bytes, from, to)
      return walkBack(bytes, from, to - from, ids, at, ends)
    },
  }

  /** Fills `best`, `starts` and `tokens` for every byte position where a character ends. */
  function findBest(bytes: Uint8Array, from: number, to: number): void {
    const length = to - from
    if (length >= best.length) {
      best = new Float64Array(length * 2)
      starts = new Int32Array(length * 2)
      tokens = new Int32Array(length * 2)
    }
    starts.fill(-1, 0, length + 1)
    best[0] = 0
    for (let start = 0; start < length;) {
      const here = best[start]!
      const lead = bytes[from + start]!
      const width = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
      let hasCharacter = false
      for (let i = start, node = 0; i < length; i++) {
        node = trie.step(node, bytes[from + i]!)
        if (node < 0) break
        const id = trie.values[node]!
        if (id < 0) continue
        const end = i + 1
        const score = scores[id]! + here
        if (starts[end]! < 0 || score > best[end]!) {
          best[end] = score
          starts[end] = start
          tokens[end] = id
        }
        if (end - start === width) hasCharacter = true
      }
      if (!hasCharacter) {
        const end = start + width
        const score = unknownScore + here
        if (starts[end]! < 0 || score > best[end]!) {
          best[end] = score
          starts[end] = start
          tokens[end] = unkId
        }
      }
      start += width
    }
  }

  /** Writes the best path from its end, then turns it round. */
  function walkBack(
    bytes: Uint8Array,
    from: number,
    length: number,
    ids: Int32Array,
    at: number,
    ends?: Int32Array,
  ): number {
    let count = 0
    const put = (id: number, end: number): void => {
      if (ends) ends[at + count] = from + end
      ids[at + count++] = id
    }
    for (let end = length; end > 0;) {
      const id = tokens[end]!
      const start = starts[end]!
      if (id !== unkId) {
        put(id, end)
      } else if (byteIds) {
        for (let i = end - 1; i >= start; i--) put(byteIds[bytes[from + i]!]!, i + 1)
      } else if (count === 0 || ids[at + count - 1] !== unkId) {
        put(unkId, end)
      }
      end = start
    }
    ids.subarray(at, at + count).reverse()
    ends?.subarray(at, at + count).reverse()
    return count
  }
}

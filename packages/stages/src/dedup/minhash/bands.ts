// Banding (Leskovec, Rajaraman, Ullman 2014, section 3.4): a signature is cut into bands of some rows,
// and documents that agree in all rows of a band are candidates. A pair of similarity s is found with
// probability 1 - (1 - s^rows)^bands.
import { mix32 } from '@shardmill/core/random'

export interface Banding {
  readonly bands: number
  readonly rows: number
}

/** Probability that a pair of this Jaccard similarity becomes a candidate. */
export function findingProbability(similarity: number, { bands, rows }: Banding): number {
  return 1 - (1 - similarity ** rows) ** bands
}

/** Share of pairs that `solveBanding` finds at 0.05 above the threshold. */
const wantedRecall = 0.92

/**
 * The banding with most rows (fewest false candidates) that still finds 92 % of the pairs 0.05 above
 * the threshold: 14 x 8 of 112 permutations at 0.75, 22 x 5 at 0.6, 9 x 12 at 0.85.
 */
export function solveBanding(threshold: number, permutations: number): Banding {
  const similarity = Math.min(threshold + 0.05, (1 + threshold) / 2)
  for (let rows = permutations; rows > 1; rows--) {
    const banding = { bands: Math.floor(permutations / rows), rows }
    if (findingProbability(similarity, banding) >= wantedRecall) return banding
  }
  return { bands: permutations, rows: 1 }
}

/** Writes the 64-bit key of a band of `words` words: two mixtures of them and its number. */
export function bandKey(
  signature: Uint32Array,
  band: number,
  words: number,
  out: Uint32Array,
): void {
  let [low, high] = [mix32(band + 1), mix32(~band)]
  for (let i = band * words; i < (band + 1) * words; i++) {
    low = mix32(low ^ signature[i]!)
    high = (Math.imul(high, 0x2c1b_3c6d) + mix32(signature[i]! ^ 0x5bd1_e995)) | 0
  }
  out[0] = low
  out[1] = mix32(high)
}

/** Words of a sketch: one bit of up to 128 signature values. */
export const sketchWords = 4

/**
 * One bit of each signature value (b-bit minwise hashing with b = 1, Li & König 2010): equal values have
 * equal bits, others agree by chance in half of the cases. Small enough to travel with every record.
 */
export function sketchOf(signature: Uint32Array, lanes: number, out: Uint32Array, at = 0): void {
  for (let i = 0; i < sketchWords; i++) out[at + i] = 0
  const bits = sketchBits(signature.length / lanes)
  for (let i = 0; i < bits; i++) {
    out[at + (i >> 5)]! |= (mix32(signature[i * lanes]!) >>> 31) << (i & 31)
  }
}

export function sketchBits(permutations: number): number {
  return Math.min(permutations, 32 * sketchWords)
}

/**
 * How many bits of two sketches may differ when the similarity is at least `threshold`: the mean of
 * n (1 - s) / 2 and three and a half standard deviations, so that 1 true pair in 4,000 is missed.
 */
export function sketchTolerance(threshold: number, bits: number): number {
  const share = (1 - threshold) / 2
  return Math.ceil(bits * share + 3.5 * Math.sqrt(bits * share * (1 - share)))
}

/** The number of ones in a 32-bit word. */
export function popCount(word: number): number {
  let bits = word - ((word >>> 1) & 0x5555_5555)
  bits = (bits & 0x3333_3333) + ((bits >>> 2) & 0x3333_3333)
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24
}

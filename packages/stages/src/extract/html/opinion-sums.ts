// Sums of the first model's opinions over the blocks before each: what it thinks of an element is the
// difference of two. Every feature of the second look builds on them, so they are computed once.
import { blockWeight, type Blocks } from './blocks.ts'
import { scratch } from './scratch.ts'

export interface OpinionSums {
  /** Words of all blocks before each, of long ones 200 and one, and how many of them are kept by opinion. */
  readonly words: Float64Array
  readonly mass: Float64Array
  /** Opinions, each counted once. */
  readonly plain: Float64Array
  /** `mass` of the page, at least 1e-6. */
  readonly totalMass: number
  readonly pageMean: number
  /** Logarithm of the words that are kept by opinion. */
  readonly logMass: number
}

const wordsOf = scratch(Float64Array)
const massOf = scratch(Float64Array)
const plainOf = scratch(Float64Array)

/** Valid until the next call. */
export function opinionSums(blocks: Blocks, opinions: Float32Array): OpinionSums {
  const { count } = blocks
  const words = wordsOf(count + 1)
  const mass = massOf(count + 1)
  const plain = plainOf(count + 1)
  words[0] = mass[0] = plain[0] = 0
  for (let block = 0; block < count; block++) {
    const p = opinions[block] as number
    const size = blockWeight(blocks, block)
    words[block + 1] = (words[block] as number) + size
    mass[block + 1] = (mass[block] as number) + size * p
    plain[block + 1] = (plain[block] as number) + p
  }
  const all = mass[count] as number
  const pageMean = all / Math.max(1, words[count] as number)
  return {
    words,
    mass,
    plain,
    totalMass: Math.max(1e-6, all),
    pageMean,
    logMass: Math.log2(1 + all),
  }
}

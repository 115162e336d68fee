// Lengths of the blocks in Latin letters and words, and sums over all blocks before each: what an element
// holds is the difference of two sums. Every other feature builds on these, so they are computed once.
import { latinLength, latinWords, type Blocks } from './blocks.ts'
import { log2 } from './log2.ts'
import { scratch } from './scratch.ts'

/** By block. */
export interface BlockLengths {
  readonly logChars: Float32Array
  readonly linkShare: Float32Array
  /** sums[i] is the sum over the blocks before block i. */
  readonly sums: Readonly<
    Record<'chars' | 'linkChars' | 'stops' | 'longChars' | 'hits', Float64Array>
  >
}

const logCharsOf = scratch(Float32Array)
const linkSharesOf = scratch(Float32Array)
const charsOf = scratch(Float64Array)
const linkCharsOf = scratch(Float64Array)
const stopsOf = scratch(Float64Array)
const longCharsOf = scratch(Float64Array)
const topicOf = scratch(Float64Array)

/** `hits` are the topic's terms in each block. Valid until the next call. */
export function blockLengths(blocks: Blocks, hits: Float32Array): BlockLengths {
  const { count } = blocks
  const logChars = logCharsOf(count)
  const linkShares = linkSharesOf(count)
  const chars = charsOf(count + 1)
  const linkChars = linkCharsOf(count + 1)
  const stops = stopsOf(count + 1)
  const longChars = longCharsOf(count + 1)
  const topic = topicOf(count + 1)
  chars[0] = linkChars[0] = stops[0] = longChars[0] = topic[0] = 0
  for (let block = 0; block < count; block++) {
    const size = latinLength(blocks, block)
    const linkShare =
      (blocks.linkChars[block] as number) / Math.max(1, blocks.chars[block] as number)
    logChars[block] = log2(1 + size)
    linkShares[block] = linkShare
    chars[block + 1] = (chars[block] as number) + size
    linkChars[block + 1] = (linkChars[block] as number) + linkShare * size
    stops[block + 1] = (stops[block] as number) + (blocks.stops[block] as number)
    const isLong = latinWords(blocks, block) >= 15 && linkShare * 3 < 1
    longChars[block + 1] = (longChars[block] as number) + (isLong ? size : 0)
    topic[block + 1] = (topic[block] as number) + (hits[block] as number)
  }
  const sums = { chars, linkChars, stops, longChars, hits: topic }
  return { logChars, linkShare: linkShares, sums }
}

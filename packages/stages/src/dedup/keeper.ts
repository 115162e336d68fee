// Which of several equal documents stays: the one of highest quality, then the longest, then the
// earliest. A total order over what the records carry, so the answer does not depend on the order
// in which they arrive.
import type { Document } from '@shardmill/core/document'
import type { RecordGroup, Verdict } from '@shardmill/core/stage'

/** Seed of the second half of a 128-bit key (2^64 divided by the golden ratio). */
export const secondSeed = 0x9e3779b97f4a7c15n

const float = new Float32Array(1)
const bits = new Uint32Array(float.buffer)

/** A quality as an unsigned word that compares like it (float32 precision); NaN counts as 0. */
export function orderedQuality(quality: number): number {
  float[0] = Number.isNaN(quality) || quality === 0 ? 0 : quality
  const word = bits[0]!
  // IEEE 754: flip all bits of negatives and the sign of the others, and they sort as integers.
  return (word & 0x8000_0000 ? ~word : word | 0x8000_0000) >>> 0
}

/** Length of the text in UTF-16 units, or of the raw content before extraction. */
export function lengthOf({ text, content }: Document): number {
  return Math.min(text.length > 0 ? text.length : (content?.length ?? 0), 0xffff_ffff)
}

/** Where the words of a described document hold what decides: see `bestFirst`. */
export const [qualityAt, lengthAt] = [0, 1]

/** `members` in the order of preference; a stable sort leaves equals in document order. */
export function bestFirst(words: readonly Uint32Array[], members: readonly number[]): number[] {
  return members.toSorted((a, b) => {
    const [x, y] = [words[a]!, words[b]!]
    return y[qualityAt]! - x[qualityAt]! || y[lengthAt]! - x[lengthAt]! || a - b
  })
}

/** Drops all of `group` but the best; its quality is word `at` of a record, its length the next. */
export function keepBest(group: RecordGroup, verdict: Verdict, at: number): void {
  let best = 0
  for (let record = 1; record < group.count; record++) {
    if (isBetter(group, record, best, at)) best = record
  }
  const keeper = group.ordinal(best)
  for (let record = 0; record < group.count; record++) {
    if (record !== best) verdict.drop(group.ordinal(record), keeper)
  }
  verdict.stands(keeper, group.count)
}

function isBetter(group: RecordGroup, a: number, b: number, at: number): boolean {
  const quality = group.word(a, at) - group.word(b, at)
  if (quality !== 0) return quality > 0
  const length = group.word(a, at + 1) - group.word(b, at + 1)
  if (length !== 0) return length > 0
  return group.ordinal(a) < group.ordinal(b)
}

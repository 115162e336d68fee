// Which of several equal documents stays: the one of highest quality, then the longest, then the
// earliest. A total order over what the records carry, so the answer does not depend on the order
// in which they arrive.
import type { Document } from '@shardmill/core/document'
import type { Cluster, RecordGroup, Verdict } from '@shardmill/core/stage'

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

// What decides stands first in the words of a described document.
const [qualityAt, lengthAt, copiesAt] = [0, 1, 2]
/** Where the words of a described document go on behind what decides. */
export const describedAt = 3

/** Writes what decides: quality, length, and for how many documents this one stands already. */
export function describeRank(document: Document, words: Uint32Array): void {
  const { duplicates } = document.meta
  words[qualityAt] = orderedQuality(document.quality)
  words[lengthAt] = lengthOf(document)
  words[copiesAt] = typeof duplicates === 'number' && duplicates > 1 ? duplicates : 1
}

/**
 * Settles a cluster: best first, each document is dropped for the kept one that `find` gives (its place
 * among the kept), or is kept itself when there is none (-1). Documents of earlier runs, which are the
 * last members, are kept before all others. A kept one stands for the copies of those it was kept for.
 */
export function keepBestOfCluster(
  cluster: Cluster,
  verdict: Verdict,
  find: (own: Uint32Array, kept: readonly Uint32Array[]) => number,
): void {
  const words = Array.from({ length: cluster.count }, (_, member) => cluster.words(member))
  const members = Array.from(words, (_, member) => member)
  const keepers = members.filter((member) => cluster.isIndexed(member))
  const kept = keepers.map((member) => words[member]!)
  const copies = keepers.map(() => 0)
  for (const member of bestFirst(words, members.slice(0, members.length - keepers.length))) {
    const own = words[member]!
    const found = find(own, kept)
    if (found < 0) {
      keepers.push(member)
      kept.push(own)
      copies.push(own[copiesAt]!)
      continue
    }
    copies[found]! += own[copiesAt]!
    verdict.drop(cluster.ordinal(member), cluster.ordinal(keepers[found]!))
  }
  for (const [keeper, member] of keepers.entries()) {
    if (copies[keeper]! > 1 && !cluster.isIndexed(member)) {
      verdict.stands(cluster.ordinal(member), copies[keeper]!)
    }
  }
}

/** `members` in the order of preference; a stable sort leaves equals in document order. */
function bestFirst(words: readonly Uint32Array[], members: readonly number[]): number[] {
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

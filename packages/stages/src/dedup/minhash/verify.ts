// From candidates to duplicates. Banding finds pairs by chance and union-find chains them: a site's
// boilerplate can tie thousands of unrelated pages together. So links are checked three times, each
// check dearer and surer than the last:
//
//   where keys meet     one-bit sketches in the records themselves, before anything is linked
//   in a cluster        agreement of whole signatures: an estimate of the similarity, +-0.04
//   for the best of it  true Jaccard similarity of the shingle sets
//
// Within a cluster documents are taken best first (keeper.ts). Each is dropped for a kept one whose true
// similarity reaches the threshold, or else kept itself. Jaccard distance obeys the triangle inequality,
// so two copies of one keeper are at least 2 * threshold - 1 similar.
//
// Cost: a document is linked to one of at most 16 leaders of its bucket, and compared exactly with at
// most 64 kept ones; sketches with all kept ones of its cluster, about 5 ns each.
import type { Document } from '@shardmill/core/document'
import type { Cluster, RecordGroup, Verdict } from '@shardmill/core/stage'
import { describedAt, describeRank, keepBestOfCluster } from '../keeper.ts'
import { popCount, sketchBits, sketchOf, sketchTolerance, sketchWords } from './bands.ts'
import { jaccard } from './shingles.ts'

const maxLeaders = 16
const maxComparisons = 64

// Words of a description, behind those of its rank (keeper.ts).
export const keyAt = describedAt
const sketchAt = keyAt + 2
export const signatureAt = sketchAt + sketchWords

/** What `settle` knows of a document: a signature with its shingle set, or only a text key. */
export function describeDocument(
  document: Document,
  key: Uint32Array,
  signature: Uint32Array | undefined,
  lanes: number,
  shingles: Uint32Array,
): Uint32Array {
  const words = new Uint32Array(signatureAt + (signature?.length ?? 0) + shingles.length)
  describeRank(document, words)
  words.set(key.subarray(0, 2), keyAt)
  if (!signature) return words
  sketchOf(signature, lanes, words, sketchAt)
  words.set(signature, signatureAt)
  words.set(shingles, signatureAt + signature.length)
  return words
}

/**
 * Links the records of one bucket whose sketches agree, each to the first leader that is near enough;
 * a record without one becomes a leader. A document of an earlier run is linked to every leader that it
 * is near to: it stays, so each of them may have to give way. The sketch is `words` words from `at` on.
 */
export function linkBucket(at: number, words: number, tolerance: number) {
  const leaders = new Uint32Array(maxLeaders)
  return (group: RecordGroup, verdict: Verdict): void => {
    let known = 0
    for (let record = 0; record < group.count; record++) {
      const present = Math.min(known, maxLeaders)
      const isIndexed = group.isIndexed(record)
      let isLinked = false
      for (let i = 0; i < present; i++) {
        if (distance(group, record, leaders[i]!, at, words) > tolerance) continue
        isLinked = true
        // A document may come twice by a collision of two of its own bands.
        const [a, b] = [group.ordinal(leaders[i]!), group.ordinal(record)]
        if (a !== b) verdict.link(a, b)
        if (!isIndexed) break
      }
      if (!isLinked && !isIndexed) leaders[known++ % maxLeaders] = record
    }
  }
}

function distance(group: RecordGroup, a: number, b: number, at: number, words: number): number {
  let bits = 0
  for (let i = at; i < at + words; i++) bits += popCount(group.word(a, i) ^ group.word(b, i))
  return bits
}

/** The keepers of one cluster: drops every document that a better one stands for. */
export function settleCluster(threshold: number, permutations: number, lanes: number) {
  const signatureWords = permutations * lanes
  const tolerance = sketchTolerance(threshold, sketchBits(permutations))
  const spread = Math.sqrt(permutations * threshold * (1 - threshold))
  const leastAgreement = permutations * threshold - 3.5 * spread

  const isSame = (a: Uint32Array, b: Uint32Array): boolean => {
    if (a.length <= signatureAt || b.length <= signatureAt) {
      return a.length === b.length && a[keyAt] === b[keyAt] && a[keyAt + 1] === b[keyAt + 1]
    }
    const from = signatureAt + signatureWords
    return jaccard(a.subarray(from), b.subarray(from), threshold) >= threshold
  }

  const findKeeper = (own: Uint32Array, kept: readonly Uint32Array[]): number => {
    const near: { place: number; agreement: number }[] = []
    for (let place = 0; place < kept.length; place++) {
      const other = kept[place]!
      if (sketchDistance(own, other) > tolerance) continue
      const agreement = agreementOf(own, other, signatureWords, lanes)
      if (agreement >= leastAgreement) near.push({ place, agreement })
    }
    near.sort((a, b) => b.agreement - a.agreement || a.place - b.place)
    const found = near.slice(0, maxComparisons).find(({ place }) => isSame(own, kept[place]!))
    return found?.place ?? -1
  }

  return (cluster: Cluster, verdict: Verdict): void => {
    keepBestOfCluster(cluster, verdict, findKeeper)
  }
}

function sketchDistance(a: Uint32Array, b: Uint32Array): number {
  let bits = 0
  for (let i = sketchAt; i < signatureAt; i++) bits += popCount(a[i]! ^ b[i]!)
  return bits
}

/** In how many permutations two signatures agree; all of them for two texts without a signature. */
function agreementOf(a: Uint32Array, b: Uint32Array, words: number, lanes: number): number {
  if (a.length <= signatureAt || b.length <= signatureAt) return words / lanes
  let agreement = 0
  for (let i = signatureAt; i < signatureAt + words; i += lanes) {
    if (a[i] === b[i] && (lanes === 1 || a[i + 1] === b[i + 1])) agreement++
  }
  return agreement
}

// Of documents that are almost equal keeps one, cheaply: SimHash (Charikar 2002) gives a document 64 bits,
// each the sign of a sum over its shingles, so that the share of differing bits grows with the angle
// between the two documents. Pairs within `maxDistance` bits are found as Manku et al. 2007 do: the bits
// are cut into `maxDistance + 2` blocks; two near fingerprints agree in at least two of them, so every pair
// of blocks is a key.
//
// Beside minhash-dedup: half its exchange and 24 bytes instead of a set of shingles in the second look, but a
// distance of bits says less than a Jaccard similarity, and three bits only hold for copies with few
// changes; small edits in short texts move many bits. Splitting words costs the same and is most of the time
// on both sides. Chains are cut as there: each document is dropped for a kept one within the distance.
// Documents of fewer than two shingle lengths are compared by their folded text.
//
// Cost: 16 additions per shingle and 20 bytes of exchange for each of C(maxDistance + 2, 2) keys: 10 for
// three bits. Speed: docs/log.md.
import { z } from 'zod'
import type { Document } from '@shardmill/core/document'
import { defineCorpus } from '@shardmill/core/stage'
import { describedAt, describeRank, keepBestOfCluster } from './keeper.ts'
import { popCount } from './minhash/bands.ts'
import { shinglesOf, shinglingOf, textKey } from './minhash/shingles.ts'
import { linkBucket } from './minhash/verify.ts'
import { blockKeys, simhash } from './simhash.ts'

// Words of a description, behind those of its rank (keeper.ts).
const [kindAt, fingerprintAt] = [describedAt, describedAt + 1]

const optionsSchema = z.strictObject({
  maxDistance: z
    .int()
    .min(0)
    .max(8)
    .default(3)
    .describe('Most bits of 64 in which two documents may differ.'),
  words: z
    .int()
    .min(1)
    .max(13)
    .default(3)
    .describe('Words in a row that make a shingle; Chinese is segmented.'),
  characters: z
    .int()
    .min(2)
    .max(13)
    .optional()
    .describe(
      'Shingles of so many letters instead of words: 4 suits Chinese without segmentation.',
    ),
  keyBlocks: z
    .int()
    .min(2)
    .max(3)
    .default(2)
    .describe('Blocks per key; 3 costs twice the keys and suits more than 300 million documents.'),
})

export const simhashDedup = defineCorpus({
  name: 'simhash-dedup',
  summary: 'Keeps one of documents that are almost equal, by 64 bits each: cheap.',
  options: optionsSchema,
  verifies: 'documents',
  after: ['exact-dedup'],
  explain({ maxDistance, keyBlocks }) {
    const blocks = maxDistance + keyBlocks
    const pairs = (blocks * (blocks - 1)) / 2
    const keys = keyBlocks === 2 ? pairs : (pairs * (blocks - 2)) / 3
    return `${blocks} blocks, ${keys} keys a document: finds all pairs within ${maxDistance} bits`
  },
  create({ maxDistance, words, characters, keyBlocks }) {
    const shingling = shinglingOf(words, characters)
    const keysOf = blockKeys(maxDistance + keyBlocks, keyBlocks)
    const fingerprint = new Uint32Array(2)
    const description = new Uint32Array(fingerprintAt + 2)
    /** 1 for a fingerprint, 2 for the key of a short text, 0 for an empty one. */
    const read = (document: Document): number => {
      const { hashes, count } = shinglesOf(document, shingling)
      if (count > 0) {
        simhash(hashes, count, fingerprint)
        return 1
      }
      return textKey(document, fingerprint) ? 2 : 0
    }
    return {
      reason: 'near-duplicate',
      recordWords: 4,
      keyWords: 2,
      emit(document, push) {
        const kind = read(document)
        const [low, high] = [fingerprint[0]!, fingerprint[1]!]
        if (kind === 2) push(low, high, low, high)
        else if (kind === 1) keysOf(low, high, (a, b) => push(a, b, low, high))
      },
      reduce: linkBucket(2, 2, maxDistance),
      describe(document) {
        describeRank(document, description)
        description[kindAt] = read(document)
        description.set(fingerprint, fingerprintAt)
        return description
      },
      settle(cluster, verdict) {
        keepBestOfCluster(cluster, verdict, (own, kept) => {
          return kept.findIndex((keeper) => isNear(own, keeper, maxDistance))
        })
      },
    }
  },
})

function isNear(a: Uint32Array, b: Uint32Array, maxDistance: number): boolean {
  const bits =
    popCount(a[fingerprintAt]! ^ b[fingerprintAt]!) +
    popCount(a[fingerprintAt + 1]! ^ b[fingerprintAt + 1]!)
  return a[kindAt] === b[kindAt] && bits <= (a[kindAt] === 1 ? maxDistance : 0)
}

// Of documents that are nearly the same keeps one. MinHash with banding (Broder 1997) proposes, true
// Jaccard similarity decides, so `threshold` means what it says: every dropped document shares that
// part of its word 5-shingles with the one kept for it (verify.ts), and two unrelated pages with the
// same boilerplate both stay. The keeper is the best by quality, then the longest, then the earliest;
// `meta.duplicates` says for how many documents it stands, those of earlier dedup stages included.
//
// Documents of fewer than ten words are compared by an exact hash of their folded text. A text longer
// than 2^32 shingles is not foreseen; empty ones are not compared.
//
// Where we differ from datatrove: marks and numbers tell documents apart (shingles.ts), candidates are
// verified, the keeper is chosen, and 32-bit hashes go through SIMD. `compat: datatrove` gives its
// 64-bit signatures (same folding, XXH64, parameters) and its rule that documents under five tokens are
// not compared; verification stays.
//
// Against earlier runs: `index: true` keeps what verification knows of each kept document (signature and
// shingles, about 450 bytes and 4 per shingle) in `index/minhash-dedup/`; `againstIndex: shards/old` makes
// a later run drop documents that are near to those, which are never read or judged again.
//
// Cost per document, 14 bands: 28 bytes of exchange per band. Documents that are candidates are read
// and hashed a second time, 4 bytes per shingle. Memory: one partition of either. Speed: docs/log.md.
import { z } from 'zod'
import type { Document } from '@shardmill/core/document'
import { segmenterVersion } from '@shardmill/core/segmenter'
import { defineCorpus, type CorpusPass } from '@shardmill/core/stage'
import {
  bandKey,
  findingProbability,
  sketchBits,
  sketchOf,
  sketchTolerance,
  sketchWords,
  solveBanding,
  type Banding,
} from './minhash/bands.ts'
import { datatroveShingles, datatroveTokens } from './minhash/datatrove.ts'
import { createSigner } from './minhash/kernel.ts'
import { datatrovePermutations, permutations32 } from './minhash/permutations.ts'
import { shingleSet, shinglesOf, shinglingOf, textKey, type Shingles } from './minhash/shingles.ts'
import {
  describeDocument,
  keyAt,
  linkBucket,
  settleCluster,
  signatureAt,
} from './minhash/verify.ts'

const keyWords = 2
/** Permutations that a solved banding may use; 14 x 8, as FineWeb does. */
const budget = 112

const optionsSchema = z
  .strictObject({
    threshold: z
      .number()
      .min(0.3)
      .max(1)
      .default(0.75)
      .describe('Least Jaccard similarity of a document to the one that is kept for it.'),
    words: z
      .int()
      .min(2)
      .max(13)
      .default(5)
      .describe('Words in a row that make a shingle; Chinese is segmented.'),
    characters: z
      .int()
      .min(8)
      .max(13)
      .optional()
      .describe('Shingles of so many letters instead of words; no segmentation, other duplicates.'),
    bands: z
      .int()
      .min(1)
      .max(128)
      .optional()
      .describe('Bands of the signature; with `rows` in place of what follows from `threshold`.'),
    rows: z.int().min(1).max(32).optional().describe('Signature values of each band.'),
    compat: z
      .enum(['none', 'datatrove'])
      .default('none')
      .describe("`datatrove` makes the signatures of datatrove's recipe, for comparing runs."),
    index: z
      .boolean()
      .default(false)
      .describe("Keeps an index of the kept documents in the run's folder, for later runs."),
    againstIndex: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
      .optional()
      .describe('Finished runs, by folder or name, whose documents count as kept already.'),
  })
  .refine(({ bands, rows }) => (bands === undefined) === (rows === undefined), {
    error: '`bands` and `rows` go together: give both or neither',
  })
  .refine(({ bands = 1, rows = 1 }) => bands * rows <= 256, {
    error: '`bands` x `rows` must be at most 256',
  })
  .refine(({ compat, characters }) => compat === 'none' || characters === undefined, {
    error: '`compat: datatrove` has word shingles only; leave `characters` out',
  })

type Options = z.infer<typeof optionsSchema>

export const minhashDedup = defineCorpus({
  name: 'minhash-dedup',
  summary: 'Keeps one of documents that are nearly the same, verified by true similarity.',
  options: optionsSchema,
  verifies: 'documents',
  after: ['exact-dedup'],
  explain(options) {
    const { bands, rows } = bandingOf(options)
    const at = Math.min(options.threshold + 0.05, 1)
    const share = (similarity: number): string =>
      `${(100 * findingProbability(similarity, { bands, rows })).toFixed(1)} %`
    return (
      `${bands} bands x ${rows} rows: of pairs as similar as ${at.toFixed(2)} it finds ${share(at)}, ` +
      `of ${options.threshold} ${share(options.threshold)}`
    )
  },
  index: {
    keeps: ({ index }) => index,
    against: ({ againstIndex }) => [againstIndex ?? []].flat(),
    recipe(options) {
      const { bands, rows } = bandingOf(options)
      const { words, characters, compat } = options
      const shingle = characters === undefined ? `words: ${words}` : `characters: ${characters}`
      return `${shingle}, bands: ${bands}, rows: ${rows}, compat: ${compat} (${segmenterVersion})`
    },
  },
  create: createPass,
})

function bandingOf({ threshold, bands, rows }: Options): Banding {
  return bands === undefined ? solveBanding(threshold, budget) : { bands, rows: rows! }
}

function createPass(options: Options): CorpusPass {
  const { threshold } = options
  const { bands, rows } = bandingOf(options)
  const count = bands * rows
  const sign = createSignature(options, count)
  const { lanes } = sign
  const tolerance = sketchTolerance(threshold, sketchBits(count))
  const key = new Uint32Array(keyWords)
  const sketch = new Uint32Array(sketchWords)
  const pushBands = (signature: Uint32Array, push: (...record: number[]) => void): void => {
    sketchOf(signature, lanes, sketch)
    for (let band = 0; band < bands; band++) {
      bandKey(signature, band, rows * lanes, key)
      push(key[0]!, key[1]!, sketch[0]!, sketch[1]!, sketch[2]!, sketch[3]!)
    }
  }
  return {
    reason: 'near-duplicate',
    recordWords: keyWords + sketchWords,
    keyWords,
    emit(document, push) {
      const { signature } = sign.of(document)
      if (signature === undefined) {
        if (sign.isExact && textKey(document, key)) push(key[0]!, key[1]!, 0, 0, 0, 0)
        return
      }
      pushBands(signature, push)
    },
    reduce: linkBucket(keyWords, sketchWords, tolerance),
    describe(document) {
      const { signature, shingles } = sign.of(document)
      if (!textKey(document, key)) key.fill(0)
      const set =
        signature === undefined ? new Uint32Array(0) : shingleSet(lowWords(shingles, lanes))
      return describeDocument(document, key, signature, lanes, set)
    },
    emitDescribed(description, push) {
      if (description.length > signatureAt) {
        pushBands(description.subarray(signatureAt, signatureAt + count * lanes), push)
      } else if (sign.isExact && (description[keyAt] || description[keyAt + 1])) {
        push(description[keyAt]!, description[keyAt + 1]!, 0, 0, 0, 0)
      }
    },
    settle: settleCluster(threshold, count, lanes),
  }
}

interface Signing {
  readonly lanes: 1 | 2
  /** Whether documents without shingles are compared by their text. */
  readonly isExact: boolean
  /** The signature of a document, unless it is too short for one. */
  of(document: Document): { signature: Uint32Array | undefined; shingles: Shingles }
}

function createSignature(options: Options, count: number): Signing {
  const isCompat = options.compat === 'datatrove'
  const { lanes, a, b } = isCompat ? datatrovePermutations(count) : permutations32(count)
  const signer = createSigner(lanes, a, b)
  const { words, characters } = options
  const shingling = shinglingOf(words, characters)
  return {
    lanes,
    isExact: !isCompat,
    of(document) {
      const shingles = isCompat
        ? datatroveShingles(datatroveTokens(document), words)
        : shinglesOf(document, shingling)
      if (shingles.count === 0) return { signature: undefined, shingles }
      return { signature: signer(shingles.hashes, shingles.count), shingles }
    },
  }
}

/** The low word of each hash: enough to compare two sets of thousands. */
function lowWords({ hashes, count }: Shingles, lanes: number): Shingles {
  if (lanes === 1) return { hashes, count }
  return { hashes: hashes.filter((_, i) => i % lanes === 0), count }
}

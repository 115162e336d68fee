// Keeps the first documents of the corpus, in input order, and drops the others. A barrier, because
// which ones are first is known only when all are counted; to work less, limit the input instead.
// Cost: nothing per document kept.
import { z } from 'zod'
import { defineCorpus } from '@shardmill/core/stage'

export const limit = defineCorpus({
  name: 'limit',
  summary: 'Keeps the first `documents` documents.',
  options: z.strictObject({
    documents: z.int().min(0).describe('How many documents to keep.'),
  }),
  create({ documents }) {
    return {
      reason: 'over-limit',
      recordWords: 0,
      keyWords: 0,
      decide(documentCount, verdict) {
        for (let ordinal = documents; ordinal < documentCount; ordinal++) {
          verdict.drop(ordinal, ordinal)
        }
      },
    }
  },
})

// Keeps a random share of the documents. The coin of a document depends on the run's seed and its id
// only, so the same documents stay whatever the order, the files or the number of workers, and a
// larger rate keeps all that a smaller one keeps.
// Cost: one hash of the id.
import { z } from 'zod'
import { defineFilter } from '@shardmill/core/stage'
import { coin } from '@shardmill/core/hash'

const share = z.number().min(0).max(1)

export const sample = defineFilter({
  name: 'sample',
  summary: 'Keeps a random share of the documents, per language if wanted.',
  options: z.strictObject({
    rate: share.default(1).describe('Share to keep of languages not named in `rates`.'),
    rates: z
      .record(z.string(), share)
      .default({})
      .describe('Share to keep by language: `{ zh: 0.5, en: 0.1 }`.'),
    salt: z
      .string()
      .default('')
      .describe('Two samples in one pipeline toss the same coins unless their salts differ.'),
  }),
  judge({ rate, rates, salt }, { seed }) {
    const shares = new Map(Object.entries(rates))
    return ({ id, lang }) =>
      coin(seed, `${salt}\n${id}`) < (shares.get(lang) ?? rate) ? undefined : 'not-sampled'
  },
})

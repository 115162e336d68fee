// What the header of a model file says. The file is
//   magic, sections (arrays of numbers, each 8-byte aligned), header as JSON, its length (u32), magic
// little-endian throughout. Arrays of one kind are cut in parts by order: `words/2` belongs to bigrams.
//
//   n-grams, orders 1 to N, in the order of sort-ngrams.ts; all numbers of orders lie end to end
//     words      the last word
//     probs      log10 of its probability (float32), or `prob-codes` into `prob-book` (order 2 up)
//     next       the context that the n-gram leaves behind
//   contexts, lengths 0 to N - 1, ordered by their words from the last one backwards
//     starts     where its n-grams begin; they end where the next context's begin
//     parents    the context without its first word
//     first      its first word, from which the whole context can be told
//     backoffs   log10 of its backoff (float32), or `backoff-codes` into `backoff-book` (length 2 up)
//   vocabulary-ends, vocabulary-bytes: the words as UTF-8; tokenizer: a tokenizer.json, when used
import { z } from 'zod'
import { textRulesSchema } from './scoring-text.ts'
import { unitNames } from './text-units.ts'

export const modelMagic = 'SHARDNG1'

const count = z.int().min(0)

export const modelHeaderSchema = z.object({
  version: z.literal(1),
  order: z.int().min(1).max(9),
  unit: z.enum(unitNames),
  rules: textRulesSchema,
  /** Which segmenter cut the words of `unit: word`. */
  segmenter: z.string(),
  /** N-grams by order, and contexts by length. */
  ngrams: z.array(count),
  contexts: z.array(count),
  /** Bits of quantised probabilities and backoffs; 0 when they are float32. */
  bits: z.int().min(0).max(8),
  /** By order; absent when the model came from an ARPA file. */
  discounts: z.array(z.array(z.number())).optional(),
  prune: z.array(count).optional(),
  training: z.object({ documents: count, sentences: count, tokens: count }).optional(),
  /** Perplexities (OOV included) at 1 %, 2 % … 99 % of the documents that were measured. */
  percentiles: z.object({ documents: count, values: z.array(z.number()).length(99) }).optional(),
  sections: z.array(
    z.object({
      name: z.string(),
      type: z.enum(['u8', 'u32', 'f32']),
      offset: count,
      length: count,
      xxh64: z.string(),
    }),
  ),
})

export type ModelHeader = z.output<typeof modelHeaderSchema>
export type ModelFacts = Omit<ModelHeader, 'version' | 'sections'>
export type Percentiles = NonNullable<ModelHeader['percentiles']>
export type Section = ModelHeader['sections'][number]

export const bytesOf = { u8: 1, u32: 4, f32: 4 } as const

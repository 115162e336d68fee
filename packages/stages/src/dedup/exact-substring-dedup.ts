// Cuts repeated stretches out of documents: every span of at least `minLength` that stands anywhere in
// the corpus a second time, in another document or the same one (Lee et al. 2022, "Deduplicating
// Training Data Makes Language Models Better"; there by a suffix array in another language). Length is
// measured in units.ts: a word counts two, any other character one, so 100 are 50 words or 100 Chinese
// characters. White space is not compared; everything else must be equal.
//
// Exact: a span is a chain of windows of the least length, and a window repeats if and only if an equal
// one exists, so windows are what is compared. Winnowing (substring/anchors.ts) gives equal windows
// equal anchors: anchors that occur once, nearly all, settle their windows without a look. The windows
// of the others are quoted, meet by anchor and are compared letter by letter (substring/repeats.ts).
//
// `keep: first` leaves the first of equal windows, in the best document by quality, then the earliest,
// and cuts the others, so that every unit that is cut has a copy that stays; of a text that repeats
// itself with a short period one period stays. `keep: none` cuts all.
//
// Cost: linear. 16 bytes of exchange per anchor (a fifth of the text), quotations of 3 (Chinese) to 10
// (English) times the repeated text. Memory: one partition of either. Speed: docs/log.md.
import { z } from 'zod'
import { defineCorpus, type CorpusPass } from '@shardmill/core/stage'
import type { Spans } from '@shardmill/core/lines'
import { orderedQuality } from './keeper.ts'
import { Anchors, longestWindow } from './substring/anchors.ts'
import { writeQuotation } from './substring/quotation.ts'
import { Repeats } from './substring/repeats.ts'
import { joinAcrossSpace, toSentences } from './substring/borders.ts'
import { sizeOfText, Units } from './units.ts'

const optionsSchema = z.strictObject({
  minLength: z
    .int()
    .min(20)
    .max(10_000)
    .default(100)
    .describe(
      'Least length of a span: a word counts 2, any other character 1. 100: 50 words, 100 Han.',
    ),
  keep: z
    .enum(['first', 'none'])
    .default('first')
    .describe('Of equal spans the one in the best or else first document stays, or none.'),
  withinDocuments: z
    .boolean()
    .default(true)
    .describe('A span that stands twice in one document and in no other is repeated, too.'),
  borders: z
    .enum(['sentences', 'exact'])
    .default('sentences')
    .describe(
      'Cut whole sentences where they make up half of a span, or always every repeated character.',
    ),
  minRest: z
    .int()
    .min(0)
    .default(40)
    .describe(
      'A document that was cut is dropped when less is left: a word counts 2, any other character 1.',
    ),
})

type Options = z.infer<typeof optionsSchema>

export const exactSubstringDedup = defineCorpus({
  name: 'exact-substring-dedup',
  summary: 'Cuts stretches of 50 words or 100 Chinese characters that occur elsewhere.',
  options: optionsSchema,
  verifies: 'spans',
  after: ['exact-dedup', 'minhash-dedup'],
  create: createPass,
})

function createPass(options: Options): CorpusPass {
  const { minLength, borders, minRest } = options
  const units = new Units()
  const anchors = new Anchors(minLength)
  const repeats = new Repeats(minLength, options.keep === 'first', options.withinDocuments)
  return {
    reason: 'repeated-text',
    recordWords: 3,
    keyWords: 2,
    emit(document, push) {
      units.scanString(document.text)
      anchors.scan(units)
      const { highs, lows, count, isTied } = anchors
      for (let i = 0; i < count; i++) {
        push(lows[i]!, highs[i]!, i)
        if (isTied[i] === 1) push(lows[i]!, highs[i]!, i)
      }
    },
    reduce(group, verdict) {
      for (let record = 0; record < group.count; record++) {
        const anchor = group.word(record, 2)
        verdict.mark(group.ordinal(record), anchor, anchor + 1)
      }
    },
    quote(document, marks, push) {
      units.scanString(document.text)
      anchors.scan(units)
      const quality = orderedQuality(document.quality)
      let windowEnd = 0
      const quoteWindows = (key: number, first: number, last: number): void => {
        const { sums } = units
        while (sums[windowEnd]! - sums[last]! < minLength) windowEnd++
        const end = longestWindow(units, last, windowEnd, minLength)
        push(key, writeQuotation(units, first, end, last - first + 1, quality))
      }
      for (let i = 0; i < marks.count; i++) {
        for (let anchor = marks.starts[i]!; anchor < marks.ends[i]!; anchor++) {
          const key = anchors.lows[anchor]!
          const first = anchors.first[anchor]!
          const last = anchors.last[anchor]!
          // Windows of one anchor that may be equal: two quotations, for one alone is not looked at.
          const middle = anchors.isTied[anchor] === 1 ? (first + last) >>> 1 : last
          quoteWindows(key, first, middle)
          if (middle < last) quoteWindows(key, middle + 1, last)
        }
      }
    },
    settle: (cluster, verdict) => repeats.mark(cluster, verdict),
    spans(document, marks): Spans {
      const spans = joinAcrossSpace(document.text, marks)
      return borders === 'exact' ? spans : toSentences(document, spans)
    },
    judgeRest: ({ text }) => (sizeOfText(text) < minRest ? 'too-little-left' : undefined),
  }
}

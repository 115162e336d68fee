// The repetition rules of Gopher (Rae et al. 2021, table A1): duplicate lines and paragraphs, one
// n-gram that covers much of the text, and many n-grams that come again.
//
// The measures are those of repetition.ts and line-measures.ts: fractions in [0, 1] in every script.
// Thresholds are Gopher's; a list shorter than its n-grams switches the rest off. `compat: datatrove`
// answers with datatrove's reasons and its expressions, values above 1 included.
// Cost: about 30 ns per token, plus one pass over the text for the hashes of its lines.
import { z } from 'zod'
import { defineFilter, type Judge } from '@shardmill/core/stage'
import { datatroveGopherRepetition } from './compat-datatrove.ts'
import { measureLines } from './line-measures.ts'
import { measureRepetition } from './repetition.ts'

const share = z.number().min(0).max(1)

export const gopherRepetitionOptions = z.strictObject({
  maxDuplicateLines: share
    .default(0.3)
    .describe('Most lines that copy an earlier one, as a share of the lines.'),
  maxDuplicateParagraphs: share
    .default(0.3)
    .describe('Most paragraphs that copy an earlier one, as a share of the paragraphs.'),
  maxDuplicateLineChars: share
    .default(0.2)
    .describe('Most characters in lines that copy an earlier one, as a share of all.'),
  maxDuplicateParagraphChars: share
    .default(0.2)
    .describe('Most characters in paragraphs that copy an earlier one, as a share of all.'),
  maxTopNgramChars: z
    .array(share)
    .max(9)
    .default([0.2, 0.18, 0.16])
    .describe(
      'Most characters covered by the commonest 2-gram, 3-gram, 4-gram of words, as shares.',
    ),
  maxDuplicateNgramChars: z
    .array(share)
    .max(6)
    .default([0.15, 0.14, 0.13, 0.12, 0.11, 0.1])
    .describe('Most characters in repeated 5-grams, 6-grams, … 10-grams of words, as shares.'),
  compat: z
    .enum(['none', 'datatrove'])
    .default('none')
    .describe(
      "`datatrove` judges with datatrove's own expressions and reasons, for comparing runs.",
    ),
})

export type GopherRepetitionOptions = z.output<typeof gopherRepetitionOptions>

export const gopherRepetition = defineFilter({
  name: 'gopher-repetition',
  summary: 'Repetition rules of Gopher, as fractions of characters in [0, 1] (Rae et al. 2021).',
  options: gopherRepetitionOptions,
  judge: judgeGopherRepetition,
})

/** Compiles the rules; answers the first that fails. */
export function judgeGopherRepetition(options: GopherRepetitionOptions): Judge {
  if (options.compat === 'datatrove') return datatroveGopherRepetition(options)
  const top = options.maxTopNgramChars
  const duplicate = options.maxDuplicateNgramChars
  const maxN = Math.max(1 + top.length, duplicate.length === 0 ? 0 : 4 + duplicate.length)
  return (doc) => {
    const measures = measureLines(doc)
    const { lines, chars, paragraphs } = measures
    if (measures.duplicateParagraphs > options.maxDuplicateParagraphs * paragraphs) {
      return 'duplicate-paragraphs'
    }
    if (measures.duplicateParagraphChars > options.maxDuplicateParagraphChars * chars) {
      return 'duplicate-paragraph-chars'
    }
    if (measures.duplicateLines > options.maxDuplicateLines * lines) return 'duplicate-lines'
    if (measures.duplicateLineChars > options.maxDuplicateLineChars * chars) {
      return 'duplicate-line-chars'
    }
    const { topShare, duplicateShare } = measureRepetition(doc.words, maxN)
    for (const [i, limit] of top.entries()) {
      if (topShare[i + 2]! > limit) return `top-${i + 2}-gram`
    }
    for (const [i, limit] of duplicate.entries()) {
      if (duplicateShare[i + 5]! > limit) return `duplicate-${i + 5}-grams`
    }
    return undefined
  }
}

// The line rules that FineWeb adds (Penedo et al. 2024): enough lines end like a sentence, not too many
// are short, few are copies of another, and the text is not a list of single words.
//
// Where we differ from datatrove: see line-measures.ts on end marks. `compat: datatrove` answers with
// its reasons and expressions.
// Cost: one pass over the lines.
import { z } from 'zod'
import { defineFilter, type Judge } from '@shardmill/core/stage'
import { datatroveFineweb } from './compat-datatrove.ts'
import { measureLines } from './line-measures.ts'

const share = z.number().min(0).max(1)

export const finewebQualityOptions = z.strictObject({
  minTerminatedLines: share
    .default(0.12)
    .describe('Least share of lines that end like a sentence.'),
  shortLineLength: z
    .int()
    .min(0)
    .default(30)
    .describe('Lines of at most so many characters are short, for `maxShortLines`.'),
  maxShortLines: share.default(0.67).describe('Most short lines, as a share of the lines.'),
  maxDuplicateLineChars: share
    .default(0.01)
    .describe('Most characters in lines that copy an earlier one, as a share of all.'),
  maxBreaksPerWord: z
    .number()
    .min(0)
    .default(0.3)
    .describe('Most line breaks per word: more is a list.'),
  compat: z
    .enum(['none', 'datatrove'])
    .default('none')
    .describe(
      "`datatrove` judges with datatrove's own expressions and reasons, for comparing runs.",
    ),
})

export type FinewebQualityOptions = z.output<typeof finewebQualityOptions>

export const finewebQuality = defineFilter({
  name: 'fineweb-quality',
  summary: 'Line rules of FineWeb: end marks, short lines, copied lines, lists.',
  options: finewebQualityOptions,
  judge: judgeFinewebQuality,
})

/** Compiles the rules; answers the first that fails. */
export function judgeFinewebQuality(options: FinewebQualityOptions): Judge {
  if (options.compat === 'datatrove') return datatroveFineweb(options)
  return (doc) => {
    const { lines, chars, terminated, duplicateLineChars, breaks, spans } = measureLines(doc)
    if (lines === 0) return 'empty'
    if (terminated < options.minTerminatedLines * lines) return 'too-few-terminated-lines'
    let short = 0
    for (let line = 0; line < lines; line++) {
      if (spans.ends[line]! - spans.starts[line]! <= options.shortLineLength) short++
    }
    if (short > options.maxShortLines * lines) return 'too-many-short-lines'
    if (duplicateLineChars > options.maxDuplicateLineChars * chars) return 'duplicate-line-chars'
    if (breaks > options.maxBreaksPerWord * doc.words.count) return 'too-many-line-breaks'
    return undefined
  }
}

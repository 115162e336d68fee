// Takes evaluation data out of training data: documents that share an n-gram of 13 words (GPT-3, Brown
// et al. 2020, appendix C) or of 20 characters of Chinese, Japanese or Thai with an evaluation file are
// dropped, or the passage is cut out with a margin. Texts are compared without case, punctuation, width,
// accents and Chinese variant (decontaminate/normal-tokens.ts). Items shorter than an n-gram count when
// the whole of them stands in a document and they have 8 words (GPT-3's least) or 12 characters.
//
// Where we differ: every candidate is compared token by token, so no hash collision drops a document;
// every hit is written to notes/decontaminate.jsonl with file, row, field, passage and document; n-grams
// in more than `maxItems` different items are templates and do not count (GPT-3 counts such n-grams in
// the training data instead, which one document at a time cannot do).
// Cost: one pass, two table reads per token, see docs/log.md; memory 14 to 18 bytes per n-gram of the
// evaluation files and 6 per token, once per worker.
import { z } from 'zod'
import { defineMap } from '@shardmill/core/stage'
import { readEvaluationItems } from './decontaminate/evaluation-items.ts'
import { createHitFinder, type Hit } from './decontaminate/find-hits.ts'
import { indexItems } from './decontaminate/index-items.ts'
import type { NormalTokens } from './decontaminate/normal-tokens.ts'

const decontaminateOptions = z
  .strictObject({
    against: z
      .array(z.string().min(1))
      .min(1)
      .describe(
        'Evaluation files, or folders of them: JSONL, JSON, CSV, TSV, text; plain or compressed.',
      ),
    fields: z
      .array(z.string().min(1))
      .default([])
      .describe('Fields to compare (`question`, `choices.text`); empty for every string.'),
    textUnit: z
      .enum(['paragraph', 'line'])
      .default('paragraph')
      .describe('What an item of a text file is.'),
    ngramWords: z
      .int()
      .min(3)
      .max(100)
      .default(13)
      .describe('Words of an n-gram, in scripts that write word ends.'),
    ngramCharacters: z
      .int()
      .min(5)
      .max(200)
      .default(20)
      .describe('Characters of an n-gram, in scripts that write none (Chinese, Japanese, Thai).'),
    minWords: z
      .int()
      .min(0)
      .default(8)
      .describe(
        'Shorter items are found as a whole when they have so many words; 0 leaves them out.',
      ),
    minCharacters: z
      .int()
      .min(0)
      .default(12)
      .describe('The same in characters, in scripts that write no word ends.'),
    maxItems: z
      .int()
      .min(1)
      .default(10)
      .describe('N-grams in more different items than this are templates, not contamination.'),
    action: z
      .enum(['drop', 'cut'])
      .default('drop')
      .describe('Drop the document, or cut the passage out of it.'),
    margin: z
      .int()
      .min(0)
      .default(200)
      .describe('`cut`: characters to take out on both sides of a passage, as in GPT-3.'),
    maxCuts: z
      .int()
      .min(1)
      .default(10)
      .describe('`cut`: documents with more passages are dropped after all.'),
    minLeft: z
      .int()
      .min(0)
      .default(200)
      .describe('`cut`: documents with fewer characters left are dropped after all.'),
  })
  .refine(({ minWords, ngramWords }) => minWords < ngramWords, {
    message: '`minWords` must be less than `ngramWords`',
    path: ['minWords'],
  })
  .refine(({ minCharacters, ngramCharacters }) => minCharacters < ngramCharacters, {
    message: '`minCharacters` must be less than `ngramCharacters`',
    path: ['minCharacters'],
  })

type Options = z.output<typeof decontaminateOptions>

/** Characters of a passage that a note shows. */
const shownCharacters = 300

export const decontaminate = defineMap({
  name: 'decontaminate',
  summary: 'Drops documents, or cuts passages, that share text with evaluation files.',
  options: decontaminateOptions,
  files: ({ against }) => against,
  async map(options, context) {
    const items = await readEvaluationItems(options.against, options, (path) => context.path(path))
    const index = indexItems(items, options)
    const find = createHitFinder(index)
    return (document) => {
      const { text } = document
      const { hits, tokens } = find(text)
      if (hits.length === 0) return
      for (const hit of hits) {
        const { file, row, field, copies } = index.items[hit.item]!
        context.count(`hits in ${file}`)
        context.note?.({
          id: document.id,
          ...(document.url === '' ? {} : { url: document.url }),
          file,
          row,
          ...(field === '' ? {} : { field }),
          ...(copies > 1 ? { copies } : {}),
          ...(hit.otherItems > 0 ? { otherItems: hit.otherItems } : {}),
          tokens: hit.tokens,
          from: hit.from,
          to: hit.to,
          text: text.slice(hit.from, Math.min(hit.to, hit.from + shownCharacters)).toWellFormed(),
        })
      }
      context.count('documents hit')
      context.count('hits', hits.length)
      const left = options.action === 'cut' ? cut(text, hits, tokens, options) : undefined
      if (left === undefined) {
        document.dropped = { stage: 'decontaminate', reason: 'contaminated' }
        return
      }
      context.count('characters cut', text.length - left.length)
      document.text = left
    }
  },
})

/** The text without the passages and their margins; undefined when too little would stay. */
function cut(
  text: string,
  hits: readonly Hit[],
  tokens: NormalTokens,
  { margin, maxCuts, minLeft }: Options,
): string | undefined {
  const spans: { from: number; to: number }[] = []
  for (const hit of hits) {
    const from = borderBefore(text, tokens, Math.max(0, hit.from - margin))
    const to = borderBehind(text, tokens, Math.min(text.length, hit.to + margin))
    const last = spans.at(-1)
    if (last && from <= last.to) last.to = Math.max(last.to, to)
    else spans.push({ from, to })
  }
  if (spans.length > maxCuts) return undefined
  const pieces: string[] = []
  let at = 0
  for (const { from, to } of [...spans, { from: text.length, to: text.length }]) {
    const piece = text.slice(at, from).trim()
    if (piece !== '') pieces.push(piece)
    at = to
  }
  const left = pieces.join('\n')
  return left.length < minLeft ? undefined : left
}

/** `at`, or the beginning of the word or code point that it would cut. */
function borderBefore(text: string, tokens: NormalTokens, at: number): number {
  const token = tokenAcross(tokens, at)
  return token < 0 ? at - (cutsPair(text, at) ? 1 : 0) : tokens.starts[token]!
}

/** `at`, or the end of the word or code point that it would cut. */
function borderBehind(text: string, tokens: NormalTokens, at: number): number {
  const token = tokenAcross(tokens, at)
  return token < 0 ? at + (cutsPair(text, at) ? 1 : 0) : tokens.ends[token]!
}

/** The token that begins before `at` and ends behind it, or -1. */
function tokenAcross(tokens: NormalTokens, at: number): number {
  let [low, high] = [0, tokens.count]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (tokens.starts[middle]! < at) low = middle + 1
    else high = middle
  }
  return low > 0 && tokens.ends[low - 1]! > at ? low - 1 : -1
}

function cutsPair(text: string, at: number): boolean {
  return at > 0 && text.codePointAt(at - 1)! > 0xffff
}

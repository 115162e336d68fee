// Perplexity of each document under an n-gram model of its language, and its bucket: head, middle or
// tail, at the 30th and 60th percentile of the texts that the model was measured on (CCNet, Wenzek et
// al. 2020). Low perplexity means: like the corpus that the model was trained on.
//   meta   perplexity (one decimal, unknown words included), perplexity_bucket
// Models come from `pipeline ngram train`; each brings its words, text rules and percentiles with it.
// A document in a language without model, or without any word, is kept and counted.
//
// Where we differ: cc_net scores sentencepieces with KenLM; data-juicer has one threshold (1500) for
// all languages, which drops two thirds of cc_net's Chinese. Percentiles are per model.
// Cost: docs/log.md; the memory of a model is about that of its file, per worker.
import { ConfigError } from '@shardmill/core/errors'
import { defineMap } from '@shardmill/core/stage'
import { z } from 'zod'
import { DocumentScorer, perplexityOf } from './ngram/document-scorer.ts'
import { bucketOf } from './ngram/percentiles.ts'

const percentile = z.int().min(1).max(99)
/** One value for all languages, or by language. */
const cutOff = z.union([z.number().positive(), z.record(z.string(), z.number().positive())])

export const perplexityOptions = z
  .strictObject({
    models: z
      .record(z.string().min(2), z.string().min(1))
      .describe(
        'Model files by language: `{ zh: models/zh.ngram, en: models/en.ngram }`; `zh` also for zh-Hans.',
      ),
    headPercentile: percentile
      .default(30)
      .describe("A document is head up to this percentile of the model's own measurements."),
    middlePercentile: percentile
      .default(60)
      .describe('A document is middle up to this percentile, above it tail.'),
    keep: z
      .array(z.enum(['head', 'middle', 'tail']))
      .default(['head', 'middle', 'tail'])
      .describe('Which of head, middle and tail to keep.'),
    maxPerplexity: cutOff
      .optional()
      .describe('Documents of a higher perplexity are dropped; one number, or one by language.'),
    maxPercentile: percentile
      .optional()
      .describe("The same limit as a percentile of the model's measurements."),
    minPerplexity: cutOff
      .optional()
      .describe(
        'Documents of a lower perplexity are dropped: too predictable to be prose (lists, templates).',
      ),
    minPercentile: percentile
      .optional()
      .describe("The same limit as a percentile of the model's measurements."),
  })
  .refine(({ headPercentile, middlePercentile }) => headPercentile < middlePercentile, {
    path: ['headPercentile'],
    error: 'must be below middlePercentile',
  })
  .refine((options) => cutOffLanguages(options).every((lang) => lang in options.models), {
    path: ['models'],
    error: 'a cut-off names a language without a model',
  })

export type PerplexityOptions = z.output<typeof perplexityOptions>

export const perplexity = defineMap({
  name: 'perplexity',
  summary: 'Perplexity under an n-gram model per language; head, middle, tail; cut-offs.',
  options: perplexityOptions,
  files: ({ models }) => Object.values(models),
  async map(options, context) {
    const judges = new Map<string, LanguageJudge>()
    for (const [lang, path] of Object.entries(options.models)) {
      const scorer = await DocumentScorer.load(context.path(path))
      judges.set(lang.toLowerCase(), judgeOf(lang, path, scorer, options))
    }
    return (doc) => {
      const judge = judgeFor(judges, doc.lang.toLowerCase())
      if (judge === undefined) {
        context.count(`no model: ${doc.lang === '' ? 'no language' : doc.lang}`)
        return
      }
      const value = perplexityOf(judge.scorer.score(doc.text))
      if (value === undefined) {
        context.count('no words')
        return
      }
      doc.meta.perplexity = Math.round(value * 10) / 10
      const bucket = judge.bucket(value)
      if (bucket !== undefined) {
        doc.meta.perplexity_bucket = bucket
        context.count(`bucket: ${bucket}`)
      }
      const reason = judge.reason(value)
      if (reason !== undefined) doc.dropped = { stage: 'perplexity', reason }
    }
  },
})

interface LanguageJudge {
  readonly scorer: DocumentScorer
  bucket(value: number): 'head' | 'middle' | 'tail' | undefined
  reason(value: number): string | undefined
}

function judgeOf(
  lang: string,
  path: string,
  scorer: DocumentScorer,
  options: PerplexityOptions,
): LanguageJudge {
  const { headPercentile, middlePercentile, keep, maxPercentile, minPercentile } = options
  const { percentiles } = scorer.model.header
  const asksForAll = keep.length === 3 && maxPercentile === undefined && minPercentile === undefined
  if (percentiles === undefined && !asksForAll) {
    throw new ConfigError(`perplexity: ${path}: the ${lang} model has no percentiles`, {
      hint: 'measure them: pipeline ngram score --model FILE --percentiles --save TEXT …',
    })
  }
  const atPercentile = (rank: number | undefined): number | undefined =>
    rank === undefined ? undefined : percentiles?.values[rank - 1]
  const most = Math.min(
    atPercentile(maxPercentile) ?? Infinity,
    cutOffFor(options.maxPerplexity, lang) ?? Infinity,
  )
  const least = Math.max(
    atPercentile(minPercentile) ?? 0,
    cutOffFor(options.minPerplexity, lang) ?? 0,
  )
  const bucket: LanguageJudge['bucket'] = (value) =>
    percentiles && bucketOf(value, percentiles, headPercentile, middlePercentile)
  return {
    scorer,
    bucket,
    reason(value) {
      if (value > most) return 'perplexity-too-high'
      if (value < least) return 'perplexity-too-low'
      const found = bucket(value)
      return found === undefined || keep.includes(found) ? undefined : `perplexity-${found}`
    },
  }
}

interface CutOffs {
  readonly maxPerplexity?: z.output<typeof cutOff> | undefined
  readonly minPerplexity?: z.output<typeof cutOff> | undefined
}

function cutOffLanguages({ maxPerplexity, minPerplexity }: CutOffs): string[] {
  return [maxPerplexity, minPerplexity].flatMap((value) =>
    typeof value === 'object' ? Object.keys(value) : [],
  )
}

function cutOffFor(value: CutOffs['maxPerplexity'], lang: string): number | undefined {
  return typeof value === 'object' ? value[lang] : value
}

/** The judge of the longest tag that fits: zh-Hant, else zh. */
function judgeFor(
  judges: ReadonlyMap<string, LanguageJudge>,
  lang: string,
): LanguageJudge | undefined {
  for (let tag = lang; tag !== '';) {
    const judge = judges.get(tag)
    if (judge !== undefined) return judge
    tag = tag.slice(0, Math.max(0, tag.lastIndexOf('-')))
  }
  return undefined
}

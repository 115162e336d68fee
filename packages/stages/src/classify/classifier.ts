// Scores documents with a model that `pipeline classifier train` made, and drops those below a
// threshold: quality models as in DCLM (Li et al. 2024) or FineWeb-Edu, spam, topics. The threshold is
// a value, or found from the scores of the examples held out of training (which the model carries): the
// share of them to keep, or the precision that kept ones must have. A share is better taken of
// documents of the crawl itself: `reference` is a file that `pipeline classifier score` wrote.
//   meta.classifier_score  calibrated probability of `label`, 4 digits
//   meta.classifier_label  the most probable label, for models of more than two
// Cost: see docs/log.md; memory 1 MB per output and 2^20 rows of the model, and as much again.
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { ConfigError, messageOf } from '@shardmill/core/errors'
import { defineFilter } from '@shardmill/core/stage'
import { readModel } from './linear-model.ts'
import { bestLabel, createScorer, probabilityOf } from './score.ts'
import { resolveThreshold } from './threshold.ts'

export const classifier = defineFilter({
  name: 'classifier',
  summary: 'Scores documents with a trained linear model and drops those below a threshold.',
  options: z
    .strictObject({
      model: z.string().min(1).describe('File made by `pipeline classifier train`.'),
      label: z
        .string()
        .min(1)
        .optional()
        .describe("The label whose probability counts; by default the model's own."),
      threshold: z
        .number()
        .min(0)
        .max(1)
        .optional()
        .describe('Documents with a lower probability are dropped.'),
      keepShare: z
        .number()
        .gt(0)
        .max(1)
        .optional()
        .describe(
          'Sets the threshold so that this share of the held-out examples (or of `reference`) is kept.',
        ),
      precision: z
        .number()
        .gt(0)
        .max(1)
        .optional()
        .describe('Sets the threshold so that the kept held-out examples have this precision.'),
      reference: z
        .string()
        .min(1)
        .optional()
        .describe(
          'JSON lines with a `score`, from documents like those to be filtered, for `keepShare`.',
        ),
      scoreField: z
        .string()
        .min(1)
        .default('classifier_score')
        .describe('Field of `meta` that gets the score.'),
      asQuality: z
        .boolean()
        .default(false)
        .describe("Also makes the score the document's quality: of two copies the better stays."),
    })
    .refine(
      ({ threshold, keepShare, precision }) =>
        [threshold, keepShare, precision].filter((each) => each !== undefined).length <= 1,
      { message: 'expected at most one of `threshold`, `keepShare` and `precision`' },
    )
    .refine(({ reference, keepShare }) => reference === undefined || keepShare !== undefined, {
      message: '`reference` goes with `keepShare`',
    }),
  files: ({ model, reference }) => (reference === undefined ? [model] : [model, reference]),
  judge(options, context) {
    const model = readModel(context.path(options.model))
    const { labels, positive } = model.header
    const label = labels.indexOf(options.label ?? positive)
    if (label < 0) {
      throw new ConfigError(`classifier: the model has no label \`${options.label}\``, {
        hint: `its labels: ${labels.join(', ')}`,
      })
    }
    const reference =
      options.reference === undefined ? undefined : readScores(context.path(options.reference))
    const threshold = resolveThreshold(model, label, options, reference)
    const score = createScorer(model)
    return (document) => {
      const scores = score(document.text, () => document.words)
      const probability = probabilityOf(scores, label)
      const rounded = Math.round(probability * 1e4) / 1e4
      document.meta[options.scoreField] = rounded
      if (labels.length > 2) document.meta.classifier_label = labels[bestLabel(scores)]!
      if (options.asQuality) document.quality = rounded
      return threshold !== undefined && probability < threshold ? 'low-classifier-score' : undefined
    }
  },
})

function readScores(path: string): Float64Array {
  let lines: string[]
  try {
    lines = readFileSync(path, 'utf8').split('\n')
  } catch (cause) {
    throw new ConfigError(`classifier: ${path} cannot be read: ${messageOf(cause)}`, { cause })
  }
  const scores: number[] = []
  for (const [i, line] of lines.entries()) {
    if (line.trim() === '') continue
    const score = scoreOf(line)
    if (score === undefined) {
      throw new ConfigError(`${path}:${i + 1}: expected a JSON object with a number \`score\``, {
        hint: 'write the file with `pipeline classifier score --model MODEL INPUT > FILE`',
      })
    }
    scores.push(score)
  }
  if (scores.length > 0) return Float64Array.from(scores)
  throw new ConfigError(`${path}: expected scores, got an empty file`)
}

function scoreOf(line: string): number | undefined {
  try {
    const { score } = JSON.parse(line) as { score?: unknown }
    return typeof score === 'number' ? score : undefined
  } catch {
    return undefined
  }
}

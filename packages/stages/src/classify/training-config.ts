// What a classifier's training file may say. Every default is here; strict objects refuse unknown keys.
import { z } from 'zod'
import { featureOptions } from './features.ts'

export const engineNames = ['ngrams', 'tfidf'] as const

const exampleSource = z.strictObject({
  /** A file, folder or glob in any input format; pages are extracted as the html stage does. */
  path: z.string().min(1),
  /** The label of everything in it. */
  label: z.string().min(1).optional(),
  /** Otherwise the field of each document (or row of `labels`) that holds it. */
  labelField: z.string().min(1).default('label'),
  /** JSON lines with `id` and `labelField`, for labels kept apart from the documents. */
  labels: z.string().min(1).optional(),
  /** Label to the values of `labelField` that stand for it; documents with others are left out. */
  classes: z.record(z.string().min(1), z.array(z.string()).min(1)).optional(),
  /** Field whose equal values stay in one split: a site. `host` is the host of the URL. */
  groupField: z.string().min(1).optional(),
  format: z.string().optional(),
  /** Options of the input format: `{ textField: body }`. */
  options: z.record(z.string(), z.unknown()).default({}),
})

export type ExampleSourceConfig = z.output<typeof exampleSource>

export const classifierConfig = z.strictObject({
  name: z.string().min(1).default('classifier'),
  /** Folder for model.bin, model.md, evaluation.json and evaluation.html; default shards/<name>. */
  output: z.string().optional(),
  seed: z.int().min(0).default(1),
  examples: z.array(exampleSource).min(1),
  /** The label whose probability is a document's score; default `good`, else the last by code unit. */
  positive: z.string().optional(),
  /** `ngrams`, or the baseline: TF-IDF bag of words and logistic regression. */
  engine: z.enum(engineNames).default('ngrams'),
  features: featureOptions.partial().default({}),
  /** ngrams: passes over the examples per training. */
  epochs: z.int().min(1).max(1000).default(10),
  /** scikit-learn's C. ngrams: chosen on folds of the training examples if absent; tfidf: 1. */
  inverseRegularization: z.number().positive().optional(),
  /** ngrams: power of the inverse document frequency, 1 or 2 by the same folds if absent. */
  idfPower: z.number().min(0).max(3).optional(),
  /** Shares of the examples held out: to calibrate and resolve thresholds, and to report. */
  validation: z.number().min(0.01).max(0.5).default(0.1),
  test: z.number().min(0).max(0.5).default(0.1),
})

export type ClassifierConfig = z.output<typeof classifierConfig>

/** Features of the baseline: words alone, segmented where nothing divides them. */
const baselineFeatures = { wordNgrams: 1, unspaced: 'words', marks: false } as const

/** All feature settings of a configuration, defaults of its engine included. */
export function featuresOf({ engine, features }: Pick<ClassifierConfig, 'engine' | 'features'>) {
  return featureOptions.parse({ ...(engine === 'tfidf' ? baselineFeatures : {}), ...features })
}

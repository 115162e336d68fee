// What a classifier's training file may say. Every default is here; strict objects refuse unknown keys.
import { z } from 'zod'
import { featureOptions } from './features.ts'

export const engineNames = ['ngrams', 'tfidf'] as const

const exampleSource = z.strictObject({
  path: z
    .string()
    .min(1)
    .describe(
      'A file, folder or glob in any input format; pages are extracted as the html stage does.',
    ),
  label: z.string().min(1).optional().describe('The label of everything in it.'),
  labelField: z
    .string()
    .min(1)
    .default('label')
    .describe('Otherwise the field of each document (or row of `labels`) that holds it.'),
  labels: z
    .string()
    .min(1)
    .optional()
    .describe('JSON lines with `id` and `labelField`, for labels kept apart from the documents.'),
  classes: z
    .record(z.string().min(1), z.array(z.string()).min(1))
    .optional()
    .describe(
      'Label to the values of `labelField` that stand for it; documents with others are left out.',
    ),
  groupField: z
    .string()
    .min(1)
    .optional()
    .describe('Field whose equal values stay in one split: a site. `host` is the host of the URL.'),
  format: z.string().optional().describe('Input format; by default by the ending of the file.'),
  options: z
    .record(z.string(), z.unknown())
    .default({})
    .describe('Options of the input format: `{ textField: body }`.'),
})

export type ExampleSourceConfig = z.output<typeof exampleSource>

export const classifierConfig = z.strictObject({
  name: z.string().min(1).default('classifier').describe('Name of the classifier.'),
  output: z
    .string()
    .optional()
    .describe(
      'Folder for model.bin, model.md, evaluation.json and evaluation.html; default shards/<name>.',
    ),
  seed: z
    .int()
    .min(0)
    .default(1)
    .describe('Every random decision follows from it: splits and order.'),
  examples: z.array(exampleSource).min(1).describe('Where the labelled examples come from.'),
  positive: z
    .string()
    .optional()
    .describe(
      "The label whose probability is a document's score; default `good`, else the last by code unit.",
    ),
  engine: z
    .enum(engineNames)
    .default('ngrams')
    .describe('`ngrams`, or the baseline: TF-IDF bag of words and logistic regression.'),
  features: featureOptions.partial().default({}).describe('What of a text the classifier sees.'),
  epochs: z
    .int()
    .min(1)
    .max(1000)
    .default(10)
    .describe('ngrams: passes over the examples per training.'),
  inverseRegularization: z
    .number()
    .positive()
    .optional()
    .describe(
      "scikit-learn's C. ngrams: chosen on folds of the training examples if absent; tfidf: 1.",
    ),
  idfPower: z
    .number()
    .min(0)
    .max(3)
    .optional()
    .describe(
      'ngrams: power of the inverse document frequency, 1 or 2 by the same folds if absent.',
    ),
  validation: z
    .number()
    .min(0.01)
    .max(0.5)
    .default(0.1)
    .describe('Share of the examples held out to calibrate and to resolve thresholds.'),
  test: z
    .number()
    .min(0)
    .max(0.5)
    .default(0.1)
    .describe('Share of the examples held out to report how good the classifier is.'),
})

export type ClassifierConfig = z.output<typeof classifierConfig>

/** Features of the baseline: words alone, segmented where nothing divides them. */
const baselineFeatures = { wordNgrams: 1, unspaced: 'words', marks: false } as const

/** All feature settings of a configuration, defaults of its engine included. */
export function featuresOf({ engine, features }: Pick<ClassifierConfig, 'engine' | 'features'>) {
  return featureOptions.parse({ ...(engine === 'tfidf' ? baselineFeatures : {}), ...features })
}

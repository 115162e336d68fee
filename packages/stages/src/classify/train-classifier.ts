// From labelled examples to a model file: n-grams and inverse frequencies, weights by the chosen
// engine, one signed byte per weight. Trained twice: without the validation examples, whose scores
// calibrate it and are stored for thresholds, then with them. Figures on the test split are those of
// the model as stored, rounding included. Same examples in the same order and same seed:
// same bytes.
import { ConfigError } from '@shardmill/core/errors'
import { calibratedLoss, fitCalibration, uncalibrated } from './calibrate.ts'
import { ExampleStore, type Example, type Split } from './example-store.ts'
import type { LinearModel, ModelHeader } from './linear-model.ts'
import { evaluate, type Evaluation } from './measures.ts'
import { createRowScorer, type RowWeights } from './score.ts'
import { chooseSettings, type NgramsSettings } from './choose-settings.ts'
import { trainNgrams } from './train-ngrams.ts'
import { trainTfidf } from './train-tfidf.ts'
import { featuresOf, type ClassifierConfig } from './training-config.ts'
import { inverseFrequencies, type TrainingSet, type Weights } from './training-set.ts'

export interface TrainedClassifier {
  readonly model: LinearModel
  /** On the test split, or on the validation split when `test` is 0. */
  readonly evaluation: Evaluation
  readonly evaluatedOn: Split
  /** Examples by label and split. */
  readonly counts: Readonly<Record<string, Readonly<Record<Split, number>>>>
}

/** Scores of at most this many held-out examples are stored in the model. */
const maxHeldOut = 20_000
/** Examples of one label a split needs before anything can be learnt or measured. */
const leastExamples = 3

export async function trainClassifier(
  examples: AsyncIterable<Example> | Iterable<Example>,
  config: ClassifierConfig,
  onProgress: (message: string) => void = () => undefined,
): Promise<TrainedClassifier> {
  const features = featuresOf(config)
  const store = new ExampleStore(features, config, config.seed)
  for await (const example of examples) store.add(example)
  const labels = [...new Set(store.labels)].toSorted()
  const counts = countExamples(store, labels)
  const positive = positiveOf(labels, config.positive)
  checkCounts(counts, config.test > 0)
  const base: Omit<TrainingSet, 'idf'> = {
    store,
    train: store.of('train'),
    validation: store.of('validation'),
    truth: Uint16Array.from(store.labels, (label) => labels.indexOf(label)),
    outputs: labels.length === 2 ? 1 : labels.length,
    countScale: config.engine === 'tfidf' ? 'raw' : 'log',
  }
  onProgress(`${store.count} examples, ${labels.length} labels: ${labels.join(', ')}`)
  const rowOf = store.renumber()
  const settings =
    config.engine === 'tfidf'
      ? { inverseRegularization: config.inverseRegularization ?? 1, idfPower: 1 }
      : chooseSettings(base, rowOf.length, config, onProgress)
  const trainOn = (train: Uint32Array) => {
    const idf = inverseFrequencies(store, train, rowOf.length, settings.idfPower)
    const set: TrainingSet = { ...base, train, idf }
    const weights =
      config.engine === 'tfidf'
        ? trainTfidf(set, { ...settings, maxSteps: 500 })
        : trainNgrams(set, { ...config, ...settings })
    const { table, units } = quantise(set, weights)
    return { table, header: { labels, countScale: base.countScale, ...units } }
  }
  const first = trainOn(base.train)
  const calibration = calibrate(
    { ...first, header: { ...first.header, calibration: uncalibrated } },
    base,
  )
  const calibrated = (part: typeof first): RowWeights => ({
    ...part,
    header: { ...part.header, calibration },
  })
  const whole = trainOn(Uint32Array.from([...base.train, ...base.validation]).toSorted())
  const heldOut = base.validation.slice(0, maxHeldOut)
  const evaluatedOn = config.test > 0 ? 'test' : 'validation'
  const chosen = store.of(evaluatedOn)
  const evaluation = evaluate(
    scoresOf(calibrated(config.test > 0 ? whole : first), base, chosen),
    Uint16Array.from(chosen, (example) => base.truth[example]!),
    labels,
    labels.indexOf(positive),
  )
  const header: ModelHeader = {
    engine: config.engine,
    ...whole.header,
    positive,
    features,
    calibration,
    heldOut: heldOut.length,
    origin: { seed: config.seed, examples: counts, ...originOf(config, settings) },
  }
  const model: LinearModel = {
    header,
    table: spread(whole.table, rowOf, 2 ** features.rowBits),
    heldOutScores: Float32Array.from(scoresOf(calibrated(first), base, heldOut)),
    heldOutLabels: Uint16Array.from(heldOut, (example) => base.truth[example]!),
  }
  return { model, evaluation, evaluatedOn, counts }
}

function originOf(config: ClassifierConfig, settings: NgramsSettings) {
  const { engine, epochs, validation, test, examples } = config
  const passes = engine === 'tfidf' ? {} : { epochs }
  return { ...settings, ...passes, validation, test, sources: examples.map(({ path }) => path) }
}

function positiveOf(labels: readonly string[], wanted: string | undefined): string {
  if (wanted !== undefined && !labels.includes(wanted)) {
    throw new ConfigError(`classifier: \`positive\` is \`${wanted}\`, which no example has`, {
      hint: `labels found: ${labels.join(', ') || 'none'}`,
    })
  }
  return wanted ?? (labels.includes('good') ? 'good' : labels.at(-1)!)
}

function countExamples(
  store: ExampleStore,
  labels: readonly string[],
): Record<string, Record<Split, number>> {
  const counts = Object.fromEntries(
    labels.map((label) => [label, { train: 0, validation: 0, test: 0 }]),
  )
  for (let i = 0; i < store.count; i++) counts[store.labels[i]!]![store.splits[i]!]++
  return counts
}

function checkCounts(
  counts: Readonly<Record<string, Record<Split, number>>>,
  hasTest: boolean,
): void {
  const names = Object.keys(counts)
  if (names.length < 2) {
    throw new ConfigError(
      `classifier: expected examples of two labels or more, got ${names.length}: ${names.join(', ') || 'no labelled text'}`,
      { hint: 'give folders with a `label` each, or rows with a `labelField`' },
    )
  }
  for (const [label, count] of Object.entries(counts)) {
    for (const split of hasTest
      ? (['train', 'validation', 'test'] as const)
      : (['train', 'validation'] as const)) {
      if (count[split] >= leastExamples) continue
      throw new ConfigError(
        `classifier: the ${split} split has ${count[split]} examples of \`${label}\`, needs ${leastExamples}`,
        {
          hint: 'give more examples (or groups), larger `validation` and `test` shares, or another seed',
        },
      )
    }
  }
}

/** One unsigned byte of idf and one signed byte of idf * weight per output, row by row. */
function quantise({ idf, outputs }: TrainingSet, { weights, biases }: Weights) {
  const largestIdf = idf.reduce((most, each) => Math.max(most, each), 0)
  const idfUnit = largestIdf / 255
  const largest = new Float64Array(outputs)
  for (let row = 0; row < idf.length; row++) {
    for (let k = 0; k < outputs; k++) {
      largest[k] = Math.max(largest[k]!, Math.abs(idf[row]! * weights[row * outputs + k]!))
    }
  }
  const weightUnits = Array.from(largest, (each) => each / 127 || 1)
  const table = new Int8Array(idf.length * (outputs + 1))
  for (let row = 0; row < idf.length; row++) {
    const at = row * (outputs + 1)
    // 0 would say that training never saw the row.
    table[at] = idf[row] === 0 ? 0 : Math.max(1, Math.round(idf[row]! / idfUnit))
    for (let k = 0; k < outputs; k++) {
      table[at + 1 + k] = Math.round((idf[row]! * weights[row * outputs + k]!) / weightUnits[k]!)
    }
  }
  return { table, units: { idfUnit, weightUnits, biases: [...biases] } }
}

/** The table of numbered rows as one of all rows. */
function spread(table: Int8Array, rowOf: Uint32Array, rowCount: number): Int8Array {
  const stride = table.length / rowOf.length
  const all = new Int8Array(rowCount * stride)
  for (const [i, row] of rowOf.entries()) {
    for (let k = 0; k < stride; k++) all[row * stride + k] = table[i * stride + k]!
  }
  return all
}

/** Calibrated probabilities [examples, outputs] of stored examples. */
function scoresOf(
  weights: RowWeights,
  { store, outputs }: Pick<TrainingSet, 'store' | 'outputs'>,
  chosen: Uint32Array,
) {
  const score = createRowScorer(weights)
  const scores = new Float64Array(chosen.length * outputs)
  for (const [i, example] of chosen.entries()) {
    const [from, to] = [store.starts[example]!, store.starts[example + 1]!]
    scores.set(score(store.rows, store.counts, from, to), i * outputs)
  }
  return scores
}

/** Fits the calibration to the rounded model's raw outputs on the validation split. */
function calibrate(raw: RowWeights, set: Omit<TrainingSet, 'idf'>) {
  const { outputs, validation, truth } = set
  const scores = scoresOf(raw, set, validation)
  // The scorer answers probabilities; their logits are the raw outputs again (up to a shift).
  const logits = scores.map((p) =>
    outputs === 1
      ? Math.log(Math.max(1e-300, p) / Math.max(1e-300, 1 - p))
      : Math.log(Math.max(1e-300, p)),
  )
  const labels = Array.from(validation, (example) => truth[example]!)
  const fitted = fitCalibration(logits, outputs, labels)
  const isBetter =
    calibratedLoss(logits, outputs, labels, fitted) <=
    calibratedLoss(logits, outputs, labels, uncalibrated)
  return isBetter ? fitted : uncalibrated
}

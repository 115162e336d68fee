// The model card (Mitchell et al. 2019, the parts that fit a filter): what the model answers, what it
// was trained on, how well it does on documents it has not seen, which thresholds give what. No date
// and no machine in it: the same training gives the same card.
import { ConfigError } from '@shardmill/core/errors'
import type { ReadCounts } from './read-examples.ts'
import { heldOutOf, precisionThreshold, shareThreshold } from './threshold.ts'
import type { TrainedClassifier } from './train-classifier.ts'
import type { ClassifierConfig } from './training-config.ts'

const precisions = [0.5, 0.8, 0.9, 0.95, 0.99]
const keepShares = [0.05, 0.1, 0.2, 0.3, 0.5]

/** Renders the card as Markdown. */
export function renderModelCard(
  config: ClassifierConfig,
  { model, evaluation, evaluatedOn, counts }: TrainedClassifier,
  read: ReadCounts,
  xxh64: string,
): string {
  const { header } = model
  const options = { ...header.features, ...header.origin, examples: undefined, sources: undefined }
  const sources = config.examples.map(({ path, label, labels, labelField, classes }) => {
    const from = label === undefined ? `field \`${labelField}\`` : `label \`${label}\``
    const joined = labels === undefined ? '' : ` of \`${labels}\``
    const grouped = classes === undefined ? '' : `, classes ${JSON.stringify(classes)}`
    return `- \`${path}\`: ${from}${joined}${grouped}`
  })
  return `# ${config.name}

A linear text classifier over hashed n-grams (engine \`${header.engine}\`), made by \`pipeline classifier train\`.
It answers the probability of \`${header.positive}\` among ${header.labels.map((label) => `\`${label}\``).join(', ')}.
xxh64 of model.bin: \`${xxh64}\`.

## Data

${sources.join('\n')}

${read.documents} documents read, ${read.unreadable} without usable text, ${read.unlabelled} without a label. The licence of
the model follows from these texts: only who trained it knows it.

${table(
  ['label', 'train', 'validation', 'test'],
  Object.entries(counts).map(([label, each]) => [label, each.train, each.validation, each.test]),
)}

The split of an example is drawn by its text (or its group) and the seed; copies of a text stay together.

## Options

\`\`\`json
${JSON.stringify(options, undefined, 2)}
\`\`\`

## Scores on the ${evaluatedOn} split

${table(
  ['measure', 'value'],
  [
    ['documents', evaluation.documents],
    [`AUC of ${evaluation.positive}`, evaluation.auc.toFixed(4)],
    ['mean AUC over labels', evaluation.macroAuc.toFixed(4)],
    ['average precision', evaluation.averagePrecision.toFixed(4)],
    ['accuracy', evaluation.accuracy.toFixed(4)],
    ['log loss (nats)', evaluation.logLoss.toFixed(4)],
    ['expected calibration error', evaluation.calibrationError.toFixed(4)],
  ],
)}

Curves and the confusion matrix: evaluation.html and evaluation.json.

## Thresholds

From the ${header.heldOut} examples of the validation split, for \`${header.positive}\`. Another mixture of labels gives
other shares and precisions: measure on documents of your own.

${table(['to keep', 'threshold'], thresholdRows(model))}
`
}

function thresholdRows(model: TrainedClassifier['model']): string[][] {
  const positive = model.header.labels.indexOf(model.header.positive)
  const { scores, isLabel } = heldOutOf(model, positive)
  const byShare = keepShares.map((share) => [
    `best ${(100 * share).toFixed(0)} %`,
    shareThreshold(scores, share).toFixed(4),
  ])
  const byPrecision = precisions.map((precision) => {
    const name = `precision ${precision}`
    try {
      return [name, precisionThreshold(scores, isLabel, precision).toFixed(4)]
    } catch (error) {
      if (error instanceof ConfigError) return [name, 'not reached']
      throw error
    }
  })
  return [...byShare, ...byPrecision]
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows]
  return lines.map((row) => `| ${row.join(' | ')} |`).join('\n')
}

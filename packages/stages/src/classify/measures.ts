// How good the scores of labelled documents are: area under the ROC curve, average precision,
// precision and recall at every threshold, calibration by ten bins of equal width (reliability diagram
// and expected calibration error, Guo et al. 2017), confusion of labels. Ties are counted exactly.
import { bestLabel, probabilityOf } from './score.ts'

export interface CurvePoint {
  readonly threshold: number
  readonly precision: number
  readonly recall: number
  /** Share of all documents with at least this score. */
  readonly keepShare: number
}

export interface ReliabilityBin {
  readonly from: number
  readonly to: number
  readonly count: number
  readonly meanScore: number
  readonly positiveShare: number
}

export interface Evaluation {
  readonly labels: readonly string[]
  readonly positive: string
  readonly documents: number
  readonly counts: readonly number[]
  readonly accuracy: number
  /** Of the positive label against the rest. */
  readonly auc: number
  /** Mean over all labels, each against the rest. */
  readonly macroAuc: number
  readonly averagePrecision: number
  /** Mean negative log-probability of the true label, in nats. */
  readonly logLoss: number
  readonly calibrationError: number
  readonly reliability: readonly ReliabilityBin[]
  readonly curve: readonly CurvePoint[]
  /** [true label][answered label] */
  readonly confusion: readonly (readonly number[])[]
}

const curvePoints = 200
const bins = 10

/** Judges `scores` [documents, outputs] (see `createScorer`) by the true labels. */
export function evaluate(
  scores: ArrayLike<number>,
  truth: ArrayLike<number>,
  labels: readonly string[],
  positive: number,
): Evaluation {
  const outputs = labels.length === 2 ? 1 : labels.length
  const count = truth.length
  const confusion = labels.map(() => labels.map(() => 0))
  const counts = labels.map(() => 0)
  const columns = labels.map(() => new Float64Array(count))
  let [right, logLoss] = [0, 0]
  for (let i = 0; i < count; i++) {
    const row = Array.from({ length: outputs }, (_, k) => scores[i * outputs + k]!)
    const answer = bestLabel(row)
    confusion[truth[i]!]![answer]!++
    counts[truth[i]!]!++
    if (answer === truth[i]) right++
    for (const [label, column] of columns.entries()) column[i] = probabilityOf(row, label)
    logLoss -= Math.log(Math.max(1e-15, columns[truth[i]!]![i]!))
  }
  const aucs = columns.map((column, label) => areaUnderRoc(column, truth, label))
  const known = aucs.filter((auc) => !Number.isNaN(auc))
  const reliability = reliabilityOf(columns[positive]!, truth, positive)
  return {
    labels,
    positive: labels[positive]!,
    documents: count,
    counts,
    accuracy: right / count,
    auc: aucs[positive]!,
    macroAuc: known.reduce((sum, auc) => sum + auc, 0) / known.length,
    ...precisionRecall(columns[positive]!, truth, positive),
    logLoss: logLoss / count,
    calibrationError: reliability.reduce(
      (sum, bin) => sum + (bin.count / count) * Math.abs(bin.meanScore - bin.positiveShare),
      0,
    ),
    reliability,
    confusion,
  }
}

/** Probability that a document of `label` scores above one of another; NaN when one side is empty. */
export function areaUnderRoc(
  scores: Float64Array,
  truth: ArrayLike<number>,
  label: number,
): number {
  const order = descending(scores)
  let [positives, above, area] = [0, 0, 0]
  for (let i = 0; i < order.length; i++) if (truth[i] === label) positives++
  const negatives = order.length - positives
  for (let i = 0; i < order.length;) {
    const score = scores[order[i]!]!
    let [tiedPositives, tiedNegatives] = [0, 0]
    for (; i < order.length && scores[order[i]!] === score; i++) {
      if (truth[order[i]!] === label) tiedPositives++
      else tiedNegatives++
    }
    area += tiedNegatives * (above + tiedPositives / 2)
    above += tiedPositives
  }
  return area / (positives * negatives)
}

/** Points of the curve from the highest threshold down, thinned, and the step-wise area under it. */
export function precisionRecall(
  scores: Float64Array,
  truth: ArrayLike<number>,
  label: number,
): { curve: CurvePoint[]; averagePrecision: number } {
  const order = descending(scores)
  let positives = 0
  for (let i = 0; i < order.length; i++) if (truth[i] === label) positives++
  const all: CurvePoint[] = []
  let [found, recallBefore, averagePrecision] = [0, 0, 0]
  for (let i = 0; i < order.length;) {
    const threshold = scores[order[i]!]!
    for (; i < order.length && scores[order[i]!] === threshold; i++) {
      if (truth[order[i]!] === label) found++
    }
    const [precision, recall] = [found / i, positives === 0 ? 0 : found / positives]
    averagePrecision += (recall - recallBefore) * precision
    recallBefore = recall
    all.push({ threshold, precision, recall, keepShare: i / order.length })
  }
  const stride = Math.max(1, all.length / curvePoints)
  const curve = all.filter(
    (_, i) => i === all.length - 1 || Math.floor(i / stride) !== Math.floor((i - 1) / stride),
  )
  return { curve, averagePrecision }
}

function reliabilityOf(
  scores: Float64Array,
  truth: ArrayLike<number>,
  label: number,
): ReliabilityBin[] {
  const counts = new Float64Array(bins)
  const sums = new Float64Array(bins)
  const hits = new Float64Array(bins)
  for (let i = 0; i < scores.length; i++) {
    const bin = Math.min(bins - 1, Math.floor(scores[i]! * bins))
    counts[bin]!++
    sums[bin]! += scores[i]!
    if (truth[i] === label) hits[bin]!++
  }
  return Array.from(counts, (count, bin) => ({
    from: bin / bins,
    to: (bin + 1) / bins,
    count,
    meanScore: count === 0 ? 0 : sums[bin]! / count,
    positiveShare: count === 0 ? 0 : hits[bin]! / count,
  }))
}

/** Indices by falling score, equal ones in their order. */
export function descending(scores: ArrayLike<number>): Uint32Array {
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i)
  return order.toSorted((a, b) => scores[b]! - scores[a]! || a - b)
}

// The files of a trained classifier: model.bin, its card model.md, evaluation.json, evaluation.html.
// Each is written whole or not at all; the model comes last, so that a folder with one has the rest.
import { join } from 'node:path'
import { hashBytes } from '@shardmill/core/hash'
import { commitFile } from '@shardmill/core/store'
import { renderEvaluation } from './evaluation-html.ts'
import { encodeModel } from './linear-model.ts'
import type { Evaluation } from './measures.ts'
import { renderModelCard } from './model-card.ts'
import type { ReadCounts } from './read-examples.ts'
import type { TrainedClassifier } from './train-classifier.ts'
import type { ClassifierConfig } from './training-config.ts'

export interface WrittenClassifier {
  readonly model: string
  readonly bytes: number
  readonly xxh64: string
  readonly evaluation: Evaluation
  /** For the terminal. */
  readonly text: string
}

export function writeClassifier(
  folder: string,
  config: ClassifierConfig,
  trained: TrainedClassifier,
  counts: ReadCounts,
): WrittenClassifier {
  const bytes = encodeModel(trained.model)
  const path = join(folder, 'model.bin')
  const xxh64 = hashBytes(bytes)
  writeEvaluation(folder, trained.evaluation, path)
  commitFile(join(folder, 'model.md'), renderModelCard(config, trained, counts, xxh64))
  commitFile(path, bytes)
  const text = [
    `${path}: ${bytes.length} bytes, ${trained.model.header.engine}, xxh64 ${xxh64}`,
    `on the ${trained.evaluatedOn} split: ${evaluationText(trained.evaluation)}`,
  ].join('\n')
  return { model: path, bytes: bytes.length, xxh64, evaluation: trained.evaluation, text }
}

export function writeEvaluation(folder: string, evaluation: Evaluation, model: string): void {
  const json = `${JSON.stringify(evaluation, undefined, 2)}\n`
  commitFile(join(folder, 'evaluation.json'), json)
  commitFile(join(folder, 'evaluation.html'), renderEvaluation(evaluation, model))
}

/** The figures of an evaluation on a few lines. */
export function evaluationText(evaluation: Evaluation): string {
  const { documents, positive, auc, averagePrecision, accuracy, labels } = evaluation
  const figures = [
    `${documents} documents`,
    `AUC of \`${positive}\` ${auc.toFixed(4)}`,
    ...(labels.length > 2 ? [`mean AUC ${evaluation.macroAuc.toFixed(4)}`] : []),
    `average precision ${averagePrecision.toFixed(4)}`,
    `accuracy ${accuracy.toFixed(4)}`,
    `calibration error ${evaluation.calibrationError.toFixed(4)}`,
  ]
  const width = Math.max(...labels.map((label) => label.length), 6)
  const rows = evaluation.confusion.map(
    (row, i) =>
      `  ${labels[i]!.padEnd(width)} ${row.map((count) => String(count).padStart(7)).join('')}`,
  )
  return [figures.join(', '), `  true \\ answered: ${labels.join(', ')}`, ...rows].join('\n')
}

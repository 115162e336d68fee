// Trains a model from a string, for tests.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { fallbackDiscounts } from '@shardmill/stages/quality/ngram/discounts'
import { DocumentScorer } from '@shardmill/stages/quality/ngram/document-scorer'
import { noRules } from '@shardmill/stages/quality/ngram/scoring-text'
import { TextUnits } from '@shardmill/stages/quality/ngram/text-units'
import { ModelTrainer } from '@shardmill/stages/quality/ngram/train-model'
import { Vocabulary } from '@shardmill/stages/quality/ngram/vocabulary'

const folder = mkdtempSync(join(tmpdir(), 'ngram-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let count = 0

/** A path that nothing has yet. */
export function newPath(): string {
  return join(folder, `${count++}.ngram`)
}

export interface TestTraining {
  readonly order: number
  readonly prune?: readonly number[]
  readonly memoryMB?: number
}

/** Trains on lines of words; returns the path of the model and how many runs were spilled. */
export async function trainText(
  text: string,
  { order, prune = Array.from({ length: order }, () => 0), memoryMB = 64 }: TestTraining,
): Promise<{ path: string; runs: number }> {
  const path = newPath()
  const units = new TextUnits('whitespace', noRules)
  const trainer = new ModelTrainer(path, new Vocabulary(), {
    order,
    prune,
    fallback: fallbackDiscounts,
    memoryMB,
  })
  try {
    trainer.add(units.split(text))
    await trainer.finish(path, { unit: 'whitespace', rules: noRules, segmenter: '', documents: 1 })
    return { path, runs: trainer.runCount }
  } finally {
    trainer.close()
  }
}

export async function scorerOf(text: string, training: TestTraining): Promise<DocumentScorer> {
  return DocumentScorer.load((await trainText(text, training)).path)
}

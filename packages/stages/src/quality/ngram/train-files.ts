// Trains a model from files: reads texts, holds some documents out, trains on the others, measures the
// percentiles of those held out, quantises if wanted. The model appears whole or not at all.
// Which documents are held out depends on their id and the seed only.
import { mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { coin } from '@shardmill/core/hash'
import { segmenterVersion } from '@shardmill/core/segmenter'
import type { Discounts } from './discounts.ts'
import { DocumentScorer, loadStoredTokenizer, perplexityOf } from './document-scorer.ts'
import type { ModelHeader, Percentiles } from './model-header.ts'
import { ModelFile } from './model-file.ts'
import { PercentileCounter, PieceScorer } from './percentiles.ts'
import { quantizeModel } from './quantize.ts'
import { readTexts, type TextInputs } from './read-texts.ts'
import { rewriteHeader } from './rewrite-header.ts'
import type { TextRules } from './scoring-text.ts'
import { TextUnits, type UnitName } from './text-units.ts'
import { ModelTrainer } from './train-model.ts'
import { Vocabulary } from './vocabulary.ts'

export interface FileTraining {
  readonly inputs: TextInputs
  readonly output: string
  readonly order: number
  readonly unit: UnitName
  /** A tokenizer.json, for `unit: tokenizer`; it is stored in the model. */
  readonly tokenizer?: string | undefined
  readonly rules: TextRules
  readonly prune: readonly number[]
  readonly fallback: Discounts | undefined
  /** Bits of quantised numbers, or 0. */
  readonly bits: number
  readonly memoryMB: number
  /** Share of documents that are not trained on and give the percentiles. */
  readonly holdOut: number
  readonly seed: number
  readonly onProgress?: ((phase: string, done: number, total: number) => void) | undefined
}

/** Trains and writes the model; returns its header and how many runs were spilled. */
export async function trainFiles(
  options: FileTraining,
): Promise<{ header: ModelHeader; runs: number }> {
  const { inputs, output, holdOut, seed, unit, rules, bits, onProgress } = options
  const json = options.tokenizer === undefined ? undefined : readFileSync(options.tokenizer)
  const tokenizer = json && (await loadStoredTokenizer(options.tokenizer!, json))
  const units = new TextUnits(unit, rules, tokenizer)
  mkdirSync(dirname(output), { recursive: true })
  const isHeldOut = (id: string): boolean => holdOut > 0 && coin(seed, `hold-out\n${id}`) < holdOut
  const vocabulary = new Vocabulary()
  const trainer = new ModelTrainer(output, vocabulary, {
    ...options,
    signal: inputs.signal,
  })
  const draft = `${output}.${process.pid}.draft`
  const drafts = [draft, `${draft}.quantized`, `${draft}.measured`]
  try {
    let documents = 0
    for await (const pieces of readTexts(inputs)) {
      for (const { id, text, isLast } of pieces) {
        if (isHeldOut(id)) continue
        trainer.add(units.split(text))
        if (isLast) documents++
      }
      onProgress?.('count', trainer.tokens, 0)
      await trainer.pause()
    }
    const segmenter = unit === 'word' ? segmenterVersion : ''
    await trainer.finish(draft, { unit, rules, segmenter, documents }, json)
    let model = draft
    if (bits > 0) {
      quantizeModel(draft, drafts[1]!, bits)
      model = drafts[1]!
    }
    if (holdOut > 0) {
      const percentiles = await measurePercentiles(
        await DocumentScorer.load(model),
        inputs,
        isHeldOut,
      )
      if (percentiles !== undefined) {
        rewriteHeader(model, drafts[2]!, { percentiles })
        model = drafts[2]!
      }
    }
    renameSync(model, output)
    const file = new ModelFile(output)
    file.close()
    return { header: file.header, runs: trainer.runCount }
  } finally {
    trainer.close()
    for (const path of drafts) rmSync(path, { force: true })
  }
}

/** Percentiles of the documents of `inputs` for which `isWanted` is true. */
export async function measurePercentiles(
  scorer: DocumentScorer,
  inputs: TextInputs,
  isWanted: (id: string) => boolean,
): Promise<Percentiles | undefined> {
  const counter = new PercentileCounter()
  const pieceScorer = new PieceScorer(scorer)
  for await (const pieces of readTexts(inputs)) {
    for (const piece of pieces) {
      if (!isWanted(piece.id)) continue
      const score = pieceScorer.add(piece)
      if (score !== undefined) counter.add(perplexityOf(score)!)
    }
  }
  return counter.finish()
}

// Trains a tokenizer on the text shards of the run and leaves tokenizer/tokenizer.json, which HF
// tokenizers, transformers and @huggingface/tokenizers load. Options are those of a tokenizer file
// (`pnpm tokenizer train`), less where the text comes from and goes to.
// Cost and memory: tokenizer/src/bpe-train.ts; counting keeps within `memoryMB`.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineOutput } from '@shardmill/core'
import { commitFile } from '@shardmill/core/store'
import { trainingSchema } from '@shardmill/tokenizer/training-config'
import { resolveTraining } from '@shardmill/tokenizer/training-defaults'
import { trainTokenizer as train, type TrainingReport } from '@shardmill/tokenizer/train-tokenizer'
import { z } from 'zod'

const options = z.strictObject({
  ...trainingSchema.omit({ name: true, output: true, input: true, seed: true, workers: true })
    .shape,
  vocabSize: trainingSchema.shape.vocabSize.default(8000),
  specialTokens: trainingSchema.shape.specialTokens.default(['<|endoftext|>']),
  unit: trainingSchema.shape.unit.default('document'),
})

export const trainTokenizer = defineOutput({
  name: 'train-tokenizer',
  summary: 'Trains a tokenizer on the text shards: BPE, WordPiece or Unigram.',
  options,
  folder: 'tokenizer',
  async run(given, { shards, target, context }) {
    await train(
      resolveTraining({
        ...given,
        input: shards.map((path) => ({ path, format: 'arrow' as const })),
        output: target,
        seed: context.seed,
      }),
      {
        signal: context.signal,
        stateFolder: join(context.scratch, 'counts'),
        onEvent: () => context.beat(),
      },
    )
    // Where the shards lay is no property of the tokenizer: equal runs make equal files.
    const path = join(target, 'training.json')
    const { config, ...report } = JSON.parse(readFileSync(path, 'utf8')) as TrainingReport
    const { input: _, output: __, ...settings } = config
    commitFile(path, `${JSON.stringify({ ...report, config: settings }, undefined, 2)}\n`)
  },
})

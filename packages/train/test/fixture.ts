// Tiny packed shards made by test code: documents of a small formal language, so that a model has
// something to learn within a few steps.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { seeded } from '@shardmill/core/random'
import { PackedShardWriter } from '@shardmill/tokenizer/packed-shard-writer'
import { trainSchema, type TrainConfig } from '../src/config-schema.ts'
import type { z } from 'zod'

export const vocabSize = 97

/** Writes `rows` rows of `sequenceLength` tokens; returns the folder. */
export function writeShards(
  folder: string,
  { rows = 24, sequenceLength = 32, seed = 1, tokenizerHash = 'fixture' } = {},
): string {
  mkdirSync(folder, { recursive: true })
  const writer = new PackedShardWriter(join(folder, 'part-00000.arrow'), {
    sequenceLength,
    vocabSize,
    tokenizerHash,
    padId: 0,
    eosId: 1,
    hasWordStarts: true,
  })
  const random = seeded(seed)
  for (let row = 0; row < rows; row++) {
    let free = sequenceLength - random.below(4)
    while (free > 2) {
      const length = Math.min(free, 3 + random.below(14))
      // Each token follows from the one before it by a fixed step.
      const step = 1 + random.below(3)
      const ids = new Uint32Array(length)
      ids[0] = 4 + random.below(vocabSize - 4)
      for (let i = 1; i < length - 1; i++) ids[i] = 4 + ((ids[i - 1]! - 4 + step) % (vocabSize - 4))
      ids[length - 1] = 1
      const wordStarts = Uint8Array.from(ids, (id) => id & 1)
      writer.addPiece({ ids, from: 0, to: length, offset: 0, docId: `d${row}`, wordStarts })
      free -= length
    }
    writer.endRow()
  }
  writer.commit()
  writer.close()
  return folder
}

/** A configuration over shards, with small defaults. */
export function trainConfig(
  output: string,
  data: string,
  options: Partial<z.input<typeof trainSchema>> = {},
): TrainConfig {
  const parsed = trainSchema.parse({
    data,
    model: { family: 'gpt2', hiddenSize: 32, layers: 2, heads: 2 },
    steps: 6,
    batchRows: 4,
    backend: 'wasm',
    threads: 2,
    checkpoint: { everySteps: 3, keep: 2 },
    validation: { everySteps: 3, share: 0.2 },
    ...options,
  })
  return { ...parsed, name: 'fixture', output }
}

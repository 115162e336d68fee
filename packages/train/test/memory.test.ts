// The estimate that is told before a run stays within a fifth of what the run takes.
import { afterEach, expect, test } from 'vitest'
import { seeded } from '@shardmill/core/random'
import { closeWasm, useWasm } from '../src/backend/wasm/register.ts'
import { backward } from '../src/loop/step.ts'
import { resolveModel, type ModelOptions } from '../src/model/config.ts'
import { trainingBytes } from '../src/model/cost.ts'
import { createModel } from '../src/model/model.ts'
import { clm } from '../src/objective/clm.ts'
import { toDevice } from '../src/objective/host-batch.ts'
import { createAdamw } from '../src/optimizer/adamw.ts'

afterEach(closeWasm)

const cases: [ModelOptions, number, number][] = [
  [{ family: 'gpt2', hiddenSize: 128, layers: 4, heads: 4 }, 4096, 4],
  [{ family: 'llama', hiddenSize: 128, layers: 2, heads: 4, keyValueHeads: 2 }, 512, 8],
]

test.each(cases)('%o', async (options, vocabSize, rows) => {
  const engine = await useWasm({ threads: 2 })
  const config = resolveModel(options, { vocabSize, sequenceLength: 256 })
  const model = createModel(config, { seed: 1 })
  const settings = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0, clipNorm: 0 }
  const adamw = createAdamw(model, settings)
  const ids = Uint16Array.from({ length: 256 }, (_, i) => i)
  const row = { ids, lengths: Uint32Array.of(128, 128), startsWord: undefined, sample: 0 }
  const device = toDevice(clm(Array.from({ length: rows }, () => row)))
  let taken = 0
  for (let step = 0; step < 3; step++) {
    const { gradients } = backward(model, device, 1)
    for (const gradient of gradients) gradient.dispose()
    // Freed buffers are used again: later steps take nothing more.
    if (step > 0) expect(engine.usage().reservedBytes).toBe(taken)
    taken = engine.usage().reservedBytes
  }
  const ratio = taken / trainingBytes(config, rows * 256)
  expect(ratio).toBeGreaterThan(0.8)
  expect(ratio).toBeLessThan(1.2)
  adamw.dispose()
})

test('rows of changing length leave no set of buffers each', async () => {
  const engine = await useWasm({ threads: 2 })
  const sizes = { family: 'gpt2', hiddenSize: 64, layers: 2, heads: 2 } as const
  const config = resolveModel(sizes, { vocabSize: 512, sequenceLength: 256 })
  const model = createModel(config, { seed: 1 })
  const adamw = createAdamw(model, {
    beta1: 0.9,
    beta2: 0.95,
    epsilon: 1e-8,
    weightDecay: 0,
    clipNorm: 0,
  })
  const random = seeded(3)
  for (let step = 0; step < 12; step++) {
    const rows = Array.from({ length: 4 }, () => {
      const length = 64 + random.below(193)
      const first = 1 + random.below(length - 1)
      const ids = Uint16Array.from({ length }, (_, i) => i)
      const lengths = Uint32Array.of(first, length - first)
      return { ids, lengths, startsWord: undefined, sample: 0 }
    })
    const device = toDevice(clm(rows))
    const { gradients } = backward(model, device, 1)
    for (const gradient of gradients) gradient.dispose()
    device.dispose()
  }
  const ratio = engine.usage().reservedBytes / trainingBytes(config, 4 * 256)
  expect(ratio).toBeLessThan(1.2)
  adamw.dispose()
})

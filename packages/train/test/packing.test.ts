// Packing changes nothing: a document's losses are those it has alone, its neighbours do not touch
// its gradient, and all providers and families walk the same losses.
import * as tf from '@tensorflow/tfjs-core'
import { seeded } from '@shardmill/core/random'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { backendName, closeWasm, useWasm, wasmTensors } from '../src/backend/wasm/register.ts'
import { createWasmOptimizer } from '../src/backend/wasm/optimizer.ts'
import { backward, evaluateBatch } from '../src/loop/step.ts'
import { resolveModel, type ModelOptions } from '../src/model/config.ts'
import { createModel, lossAndGradients, type Model } from '../src/model/model.ts'
import { clm } from '../src/objective/clm.ts'
import { toDevice, type HostBatch, type Objective } from '../src/objective/host-batch.ts'
import { createMlm } from '../src/objective/mlm.ts'
import { headLoss } from '../src/ops/head-loss.ts'
import { createAdamw } from '../src/optimizer/adamw.ts'
import type { Row } from '../src/data/packed-source.ts'

beforeAll(async () => {
  await useWasm({ threads: 2 })
})
afterAll(closeWasm)

const vocabSize = 53
const documents = [9, 1, 20, 7].map((length, d) => {
  const random = seeded(d)
  return Uint32Array.from({ length }, () => 4 + random.below(vocabSize - 4))
})

function rowOf(parts: readonly Uint32Array[]): Row {
  const ids = Uint32Array.from(parts.flatMap((part) => [...part]))
  const lengths = Uint32Array.from(parts, (part) => part.length)
  return { ids, lengths, startsWord: undefined, sample: 0 }
}

const mlm = createMlm({
  maskId: 3,
  vocabSize,
  specialIds: new Set([0, 1, 2, 3]),
  rate: 0.3,
  unit: 'token',
  seed: 1,
})
const cases: [ModelOptions, Objective][] = [
  [{ family: 'gpt2' }, clm],
  [{ family: 'gpt2', positions: 'sinusoidal', tiedHead: false }, clm],
  [{ family: 'llama', keyValueHeads: 1 }, clm],
  [{ family: 'bert' }, mlm],
  [{ family: 'roberta' }, mlm],
]

function makeModel(options: ModelOptions): Model {
  const sizes = { hiddenSize: 16, layers: 1, heads: 2, initializerRange: 0.1 }
  const config = resolveModel({ ...sizes, ...options }, { vocabSize, sequenceLength: 64 })
  return createModel(config, { seed: 5 })
}

function losses(model: Model, batch: HostBatch): number[] {
  const device = toDevice(batch)
  const { tokens: values } = evaluateBatch(model, device)
  device.dispose()
  return [...values]
}

describe.each(cases)('%o', (options, objective) => {
  test('losses of packed documents are their losses alone', async () => {
    await tf.setBackend(backendName)
    const model = makeModel(options)
    // One masking for both: the packed batch is cut into its documents.
    const packed = objective([rowOf(documents)])
    const together = losses(model, packed)
    const alone: number[] = []
    let from = 0
    for (const { length } of documents) {
      const to = from + length
      const places = packed.selected
        ? [...packed.selected.keys()].filter((i) => {
            const at = packed.selected![i]!
            return at >= from && at < to
          })
        : Array.from({ length }, (_, i) => from + i)
      const batch: HostBatch = {
        ids: packed.ids.slice(from, to),
        positions: packed.positions.slice(from, to),
        lengths: [length],
        selected: packed.selected && Int32Array.from(places, (i) => packed.selected![i]! - from),
        targets: Int32Array.from(places, (i) => packed.targets[i]!),
        targetCount: 0,
      }
      if (places.length > 0) alone.push(...losses(model, batch))
      from = to
    }
    expect(alone.length).toBe(together.length)
    for (const [i, loss] of together.entries())
      expect(Math.abs(alone[i]! - loss)).toBeLessThan(1e-6)
    model.dispose()
  })

  test('ten steps on wasm and cpu walk the same losses', async () => {
    const traces: number[][] = []
    for (const backend of ['cpu', backendName]) {
      await tf.setBackend(backend)
      const model = makeModel(options)
      const settings = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1 }
      const fused = backend === 'cpu' ? undefined : createWasmOptimizer(wasmTensors())
      const adamw = createAdamw(model, settings, fused)
      const trace: number[] = []
      const batch = objective([rowOf(documents)])
      const tensors = tf.memory().numTensors
      for (let step = 0; step < 10; step++) {
        const device = toDevice(batch)
        const { loss, gradients } = backward(model, device, 1 / batch.targetCount)
        trace.push(loss)
        adamw.update(gradients, 3e-3)
        tf.dispose(gradients)
        device.dispose()
      }
      expect(tf.memory().numTensors).toBe(tensors)
      traces.push(trace)
      adamw.dispose()
      model.dispose()
    }
    expect(traces[0]![9]).toBeLessThan(traces[0]![0]!)
    for (const [i, loss] of traces[0]!.entries()) {
      expect(Math.abs(traces[1]![i]! - loss)).toBeLessThan(1e-5)
    }
  })
})

test("a document's gradient does not move when its neighbours change", async () => {
  await tf.setBackend(backendName)
  const model = makeModel({ family: 'llama' })
  const gradientOf = (neighbour: Uint32Array): Float32Array[] => {
    const batch = clm([rowOf([documents[2]!, neighbour, documents[0]!])])
    // Only the first document's targets count.
    const targets = batch.targets.map((target, i) => (i < documents[2]!.length ? target : -1))
    const device = toDevice({ ...batch, targets })
    const { loss, gradients } = lossAndGradients(model, () => {
      const { hidden, weight } = model.head(model.encode(device.stream))
      const values = headLoss(hidden, weight, undefined, device.targets, {
        scale: 1,
        gradient: true,
      })
      return tf.sum(values)
    })
    const arrays = gradients.map((gradient) => Float32Array.from(gradient.dataSync()))
    tf.dispose([loss, ...gradients])
    device.dispose()
    return arrays
  }
  const one = gradientOf(documents[3]!)
  const other = gradientOf(Uint32Array.from(documents[3]!, (id) => 4 + ((id + 20) % 40)))
  expect(one.some((array) => array.some((value) => value !== 0))).toBe(true)
  for (const [i, array] of one.entries()) {
    // Bit for bit, but for the sign of zero.
    for (const [j, value] of array.entries())
      expect(Object.is(other[i]![j]! + 0, value + 0)).toBe(true)
  }
  model.dispose()
})

test('the number of threads changes no bit', async () => {
  const run = async (threads: number): Promise<number[]> => {
    await closeWasm()
    await useWasm({ threads })
    const model = makeModel({ family: 'gpt2' })
    const device = toDevice(clm([rowOf(documents)]))
    const { loss, gradients } = backward(model, device, 1)
    const sums = gradients.flatMap((gradient) => [...gradient.dataSync()])
    return [loss, ...sums]
  }
  const [one, three] = [await run(1), await run(3)]
  expect(three).toEqual(one)
})

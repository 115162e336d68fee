// Every fused kernel against its composed form on tfjs's cpu backend (values and gradients, random
// shapes), and against finite differences. SHARDMILL_TEST_BACKEND=torch or webgpu tests those kernels,
// where they load.
import * as tf from '@tensorflow/tfjs-core'
import { seeded, type Random } from '@shardmill/core/random'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Provider, ProviderName } from '../src/backend/provider.ts'
import { openProvider } from '../src/backend/select.ts'
import { activate, type Activation } from '../src/ops/activation.ts'
import { attention, boundsOf } from '../src/ops/attention.ts'
import { dropout } from '../src/ops/dropout.ts'
import { gatherRows } from '../src/ops/gather.ts'
import { headLoss, totalLoss } from '../src/ops/head-loss.ts'
import { linear } from '../src/ops/linear.ts'
import { norm } from '../src/ops/norm.ts'
import { rope, rotaryTable } from '../src/ops/rope.ts'

let provider: Provider
let backendName: string
beforeAll(async () => {
  const backend = (process.env['SHARDMILL_TEST_BACKEND'] ?? 'wasm') as ProviderName
  provider = await openProvider({ backend, threads: 2, relaxed: true })
  backendName = tf.getBackend()
})
afterAll(() => provider.close())

type Shape = readonly number[]
type Operation = (...inputs: tf.Tensor[]) => tf.Tensor

interface Case {
  readonly shapes: readonly Shape[]
  readonly operation: Operation
  /** Reduces to the scalar that is differentiated; by default a random weighted sum. */
  readonly reduce?: (value: tf.Tensor) => tf.Tensor
}

const sizeOf = (shape: Shape): number => shape.reduce((a, b) => a * b, 1)

function noise(random: Random, size: number): Float32Array {
  return Float32Array.from({ length: size }, () => random.next() * 2 - 1)
}

/** A scalar of the operation's value, the value and all gradients, on one backend. */
async function measure(
  backend: string,
  { shapes, operation, reduce }: Case,
  data: readonly Float32Array[],
): Promise<{ scalar: number; arrays: Float32Array[] }> {
  await tf.setBackend(backend)
  const before = tf.memory().numTensors
  const inputs = shapes.map((shape, i) => tf.tensor(data[i]!, shape as number[]))
  const value = tf.tidy(() => operation(...inputs))
  const weights = tf.tensor(noise(seeded(5), value.size), value.shape)
  const scalarOf = (...tensors: tf.Tensor[]): tf.Tensor => {
    const result = operation(...tensors)
    return reduce ? reduce(result) : tf.sum(tf.mul(result, weights))
  }
  const { value: scalar, grads } = tf.valueAndGrads(scalarOf)(inputs)
  const arrays = [value, ...grads].map((tensor) => Float32Array.from(tensor.dataSync()))
  const result = { scalar: scalar.dataSync()[0]!, arrays }
  tf.dispose([...inputs, value, weights, scalar, ...grads])
  expect(tf.memory().numTensors - before).toBe(0)
  return result
}

function expectClose(actual: Float32Array, wanted: Float32Array, tolerance: number): void {
  expect(actual.length).toBe(wanted.length)
  let worst = 0
  for (let i = 0; i < wanted.length; i++) {
    const error = Math.abs(actual[i]! - wanted[i]!) / Math.max(1, Math.abs(wanted[i]!))
    worst = Number.isNaN(error) ? Infinity : Math.max(worst, error)
  }
  expect(worst).toBeLessThan(tolerance)
}

async function check(subject: Case, seed: number): Promise<void> {
  const random = seeded(seed)
  const data = subject.shapes.map((shape) => noise(random, sizeOf(shape)))
  const wanted = await measure('cpu', subject, data)
  const actual = await measure(backendName, subject, data)
  for (const [i, array] of wanted.arrays.entries()) expectClose(actual.arrays[i]!, array, 1e-5)
  // Central differences along one random direction per input.
  for (const [i, original] of data.entries()) {
    const direction = noise(random, original.length)
    const step = 1e-2 / Math.sqrt(original.length)
    const at = async (sign: number): Promise<number> => {
      const moved = original.map((x, j) => x + sign * step * direction[j]!)
      const inputs = data.map((array, j) => (j === i ? moved : array))
      return (await measure(backendName, subject, inputs)).scalar
    }
    const difference = ((await at(1)) - (await at(-1))) / (2 * step)
    const gradient = actual.arrays[i + 1]!.reduce((sum, g, j) => sum + g * direction[j]!, 0)
    const size = Math.max(1, ...actual.arrays[i + 1]!.map(Math.abs)) * Math.sqrt(original.length)
    expect(Math.abs(difference - gradient) / size).toBeLessThan(1e-3)
  }
}

const random = seeded(1)
const between = (low: number, high: number): number => low + random.below(high - low + 1)

describe('linear', () => {
  test.each(
    Array.from({ length: 8 }, (_, i) => ({
      tokens: i === 0 ? 1 : between(2, 150),
      from: i === 1 ? 600 : between(1, 70),
      to: between(1, 90),
      transposed: i % 2 === 1,
      bias: i % 3 !== 0,
    })),
  )('%o', async ({ tokens, from, to, transposed, bias }) => {
    const shapes: Shape[] = [[tokens, from], transposed ? [to, from] : [from, to]]
    if (bias) shapes.push([to])
    await check({ shapes, operation: (x, w, b) => linear(x, w, b, transposed) }, tokens)
  })
})

describe('norm', () => {
  test.each([
    ['layerNorm', 33, 48, true],
    ['layerNorm', 5, 19, true],
    ['rmsNorm', 70, 20, false],
    ['rmsNorm', 3, 7, false],
  ] as const)('%s [%i, %i]', async (kind, rows, columns, bias) => {
    const shapes: Shape[] = [[rows, columns], [columns]]
    if (bias) shapes.push([columns])
    await check({ shapes, operation: (x, w, b) => norm(x, w, b, kind, 1e-5) }, rows)
  })
})

describe('activate', () => {
  const kinds: Activation[] = ['geluTanh', 'gelu', 'silu']
  test.each(
    kinds.flatMap((kind) => [
      { kind, gated: false },
      { kind, gated: true },
    ]),
  )('%o', async ({ kind, gated }) => {
    const shape = [37, 29]
    const operation: Operation = (x, gate) => activate(tf.mul(x, 3), kind, gate)
    await check({ shapes: gated ? [shape, shape] : [shape], operation }, 3)
  })
})

test('rope', async () => {
  const positions = [0, 1, 2, 0, 1, 5, 6]
  const operation: Operation = (x) =>
    rope(x, tf.tensor1d(positions, 'int32'), rotaryTable(8, 6, 10_000), 3)
  await check({ shapes: [[7, 18]], operation }, 4)
})

describe('attention', () => {
  test.each([
    { lengths: [1, 7, 40, 3], heads: 2, keyValueHeads: 2, headSize: 8, causal: true },
    { lengths: [33, 64], heads: 4, keyValueHeads: 2, headSize: 5, causal: true },
    { lengths: [50, 9, 1], heads: 2, keyValueHeads: 1, headSize: 16, causal: false },
    { lengths: [100], heads: 3, keyValueHeads: 3, headSize: 12, causal: true },
  ])('%o', async ({ lengths, ...shape }) => {
    const tokens = lengths.reduce((a, b) => a + b, 0)
    const wide = [tokens, shape.heads * shape.headSize]
    const narrow = [tokens, shape.keyValueHeads * shape.headSize]
    const operation: Operation = (q, k, v) => attention(q, k, v, shape, boundsOf(lengths))
    await check({ shapes: [wide, narrow, narrow], operation }, tokens)
  })

  test('with fewer queries than keys, as in generation', async () => {
    const shape = { heads: 2, keyValueHeads: 1, headSize: 8, causal: true }
    const run = async (backend: string): Promise<Float32Array> => {
      await tf.setBackend(backend)
      const [q, k, v] = [16, 8, 8].map((width, i) => {
        const rows = i === 0 ? 4 : 21
        return tf.tensor2d(noise(seeded(i), rows * width), [rows, width])
      })
      const out = attention(q!, k!, v!, shape, boundsOf([1, 3]), boundsOf([9, 12]))
      return Float32Array.from(out.dataSync())
    }
    expectClose(await run(backendName), await run('cpu'), 1e-5)
  })
})

describe('dropout', () => {
  test.each([
    { shape: [7, 5], rate: 0.5, key: 0xfedcba98 },
    { shape: [300, 129], rate: 0.1, key: 3 },
  ])('$shape at $rate', async ({ shape, rate, key }) => {
    await check({ shapes: [shape], operation: (x) => dropout(x, rate, key) }, key)
    await tf.setBackend(backendName)
    const kept = dropout(tf.ones(shape), rate, key).dataSync()
    const share = kept.filter((x) => x === 0).length / kept.length
    // Five standard deviations of a fair draw.
    expect(Math.abs(share - rate)).toBeLessThan(5 * Math.sqrt((rate * (1 - rate)) / kept.length))
    for (const x of kept) if (x !== 0) expect(x).toBeCloseTo(1 / (1 - rate), 6)
  })

  test.each([
    { lengths: [1, 7, 40, 3], heads: 2, keyValueHeads: 2, headSize: 8, causal: true },
    { lengths: [33, 64], heads: 4, keyValueHeads: 2, headSize: 5, causal: true },
    { lengths: [50, 9, 1], heads: 2, keyValueHeads: 1, headSize: 16, causal: false },
  ])('of attention probabilities: %o', async ({ lengths, ...shape }) => {
    const tokens = lengths.reduce((a, b) => a + b, 0)
    const wide = [tokens, shape.heads * shape.headSize]
    const narrow = [tokens, shape.keyValueHeads * shape.headSize]
    const drops = { rate: 0.3, key: 77 }
    const operation: Operation = (q, k, v) =>
      attention(q, k, v, shape, boundsOf(lengths), boundsOf(lengths), drops)
    await check({ shapes: [wide, narrow, narrow], operation }, tokens)
  })
})

test('gatherRows adds the gradients of equal indices', async () => {
  const index = [3, 0, 3, 3, 8, 1]
  const operation: Operation = (table) => gatherRows(table, tf.tensor1d(index, 'int32'))
  await check({ shapes: [[9, 21]], operation }, 9)
})

describe('headLoss', () => {
  test.each([
    { tokens: 40, features: 12, vocabulary: 101, bias: true },
    { tokens: 300, features: 9, vocabulary: 34, bias: false },
    { tokens: 280, features: 8, vocabulary: 23, bias: true },
  ])('%o', async ({ tokens, features, vocabulary, bias }) => {
    const targets = Array.from({ length: tokens }, (_, i) => ((i * 7) % (vocabulary + 5)) - 5)
    const scale = 1 / tokens
    const shapes: Shape[] = [
      [tokens, features],
      [vocabulary, features],
    ]
    if (bias) shapes.push([vocabulary])
    const operation: Operation = (hidden, weight, b) => {
      const chosen = tf.tensor1d(targets, 'int32')
      return headLoss(hidden, weight, b, chosen, { scale, gradient: true })
    }
    await check({ shapes, operation, reduce: (losses) => totalLoss(losses, scale) }, tokens)
  })

  test('refuses tokens of different weight', async () => {
    await tf.setBackend(backendName)
    const run = tf.grad((hidden: tf.Tensor) => {
      const weight = tf.ones([5, 4])
      const targets = tf.tensor1d([1, 2], 'int32')
      const losses = headLoss(hidden, weight, undefined, targets, { scale: 1, gradient: true })
      return tf.sum(tf.mul(losses, tf.tensor1d([1, 2])))
    })
    expect(() => run(tf.ones([2, 4]))).toThrow('one weight for all tokens')
  })
})

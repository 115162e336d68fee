// Generation with a cache gives what a whole forward pass gives, and stops where it should.
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { closeWasm, useWasm } from '../src/backend/wasm/register.ts'
import { scorePairs, scoreTexts, type EvaluationContext } from '../src/evaluate/evaluate.ts'
import { tokenLogProbabilities } from '../src/evaluate/score.ts'
import { generate } from '../src/generate/generate.ts'
import { resolveModel, type ModelOptions } from '../src/model/config.ts'
import { createModel, type Model } from '../src/model/model.ts'

beforeAll(async () => {
  await useWasm({ threads: 1 })
})
afterAll(closeWasm)

const sizes = { hiddenSize: 24, layers: 2, heads: 2, initializerRange: 0.3 }
const greedy = { temperature: 0, topK: 0, topP: 1, seed: 1 }

function makeModel(options: ModelOptions): Model {
  const data = { vocabSize: 41, sequenceLength: 16 }
  return createModel(resolveModel({ ...sizes, ...options }, data), { seed: 2 })
}

describe.each([[{ family: 'gpt2' }], [{ family: 'llama', keyValueHeads: 1 }]] satisfies [
  ModelOptions,
][])('%o', (options) => {
  test('greedy tokens are the likeliest of whole forward passes', () => {
    const model = makeModel(options)
    const before = tf.memory().numTensors
    const prompt = [3, 14, 15]
    const made = [...generate(model, prompt, { ...greedy, maxTokens: 8 })]
    expect(made.length).toBe(8)
    for (const [i, id] of made.entries()) {
      const context = [...prompt, ...made.slice(0, i)]
      const last = Array.from({ length: 41 }, (_, other) =>
        tokenLogProbabilities(model, [...context, other], undefined).at(-1)!,
      )
      expect(last.indexOf(Math.max(...last))).toBe(id)
    }
    expect(tf.memory().numTensors).toBe(before)
    model.dispose()
  })

  test('stops at the last position and at the end token', () => {
    const model = makeModel(options)
    const all = [...generate(model, [1, 2], { ...greedy, maxTokens: 99 })]
    expect(all.length).toBe(15)
    const eosId = all[4]!
    const ended = [...generate(model, [1, 2], { ...greedy, maxTokens: 99, eosId })]
    expect(ended).toEqual(all.slice(0, all.indexOf(eosId)))
    expect(() => [...generate(model, [], { ...greedy, maxTokens: 1 })]).toThrow('1..15 tokens')
    model.dispose()
  })
})

test('a model whose output is not a number says so', () => {
  const model = makeModel({ family: 'gpt2' })
  ;(model.parameters.get('final.norm.weight')!.dataSync() as Float32Array).fill(Number.NaN)
  const made = generate(model, [1, 2], { ...greedy, maxTokens: 3 })
  expect(() => made.next()).toThrow("generate: the model's output is not a number")
  const context = { model, startId: 1, maskId: undefined, specialIds: new Set<number>() }
  const tokenizer = { encode: () => [5, 6] }
  expect(() => scoreTexts({ ...context, tokenizer }, ['x'])).toThrow('eval: the model')
  model.dispose()
})

describe('evaluation', () => {
  const tokenizer = {
    encode: (text: string) => Array.from(text, (c) => 4 + (c.charCodeAt(0) % 37)),
  }

  test('log-probabilities of a text do not depend on where it is cut', () => {
    const model = makeModel({ family: 'gpt2' })
    const context: EvaluationContext = {
      model,
      tokenizer,
      startId: 1,
      maskId: undefined,
      specialIds: new Set(),
    }
    const score = scoreTexts(context, ['abcdefghijklmnopqrstuvwxyz', '中文'])
    expect(score.tokens).toBe(28)
    expect(score.bytes).toBe(32)
    expect(score.bitsPerByte).toBeGreaterThan(3)
    const pairs = [
      { good: 'abc', bad: 'xyz' },
      { good: 'xyz', bad: 'abc' },
    ]
    expect(scorePairs(context, pairs)).toEqual({ pairs: 2, correct: 1 })
    model.dispose()
  })

  test('a masked model predicts each token from both sides', () => {
    const model = makeModel({ family: 'bert' })
    const masking = { maskId: 3, specialIds: new Set([1, 2]) }
    const one = tokenLogProbabilities(model, [1, 9, 10, 11, 2], masking)
    expect(one.length).toBe(3)
    // The last word is seen by the first.
    const other = tokenLogProbabilities(model, [1, 9, 10, 30, 2], masking)
    expect(other[0]).not.toBeCloseTo(one[0]!, 6)
    model.dispose()
  })
})

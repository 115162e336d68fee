import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { extendTokenizer } from '../src/extend.ts'
import { loadTokenizer } from '../src/load.ts'
import { modelNames } from '../src/training-config.ts'
import { trainTokenizer } from '../src/train-tokenizer.ts'
import { resolveTraining } from '../src/training-defaults.ts'
import { trimTokenizer } from '../src/trim.ts'

const english = Array.from({ length: 60 }, (_, i) => `the newest lowest wider house ${i}\n`)
const chinese = Array.from({ length: 60 }, (_, i) => `训练分词模型，测试数据 ${i}\n`)

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'extend-trim-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

async function* texts(list: readonly string[]) {
  yield* list
}

async function open(json: unknown) {
  const path = join(folder, 'tokenizer.json')
  writeFileSync(path, JSON.stringify(json))
  return loadTokenizer(path, { onNotice: (message) => expect.fail(message) })
}

function train(model: (typeof modelNames)[number], list: readonly string[], vocabSize: number) {
  const options = { input: [], model, vocabSize, specialTokens: ['<s>'] }
  return trainTokenizer(resolveTraining(options), { source: texts(list) })
}

describe('extend', () => {
  test('old ids and merges stay, new text gets shorter', async () => {
    const { json } = await train('byte-level-bpe', english, 300)
    const extended = await extendTokenizer(
      json,
      { input: [], newTokens: 20 },
      { source: texts(chinese), stateFolder: join(folder, 'counts') },
    )
    type Model = { model: { vocab: Record<string, number>; merges: [string, string][] } }
    const before = (json as unknown as Model).model
    const after = (extended.json as unknown as Model).model
    expect(after.vocab).toMatchObject(before.vocab)
    expect(after.merges.slice(0, before.merges.length)).toEqual(before.merges)
    expect(Object.keys(after.vocab)).toHaveLength(320)
    expect(extended.firstNewId).toBe(300)
    const old = await open(json)
    const sample = chinese[0]!
    const oldIds = [...old.encode(sample)]
    const fresh = await open(extended.json)
    const ids = [...fresh.encode(sample)]
    expect(ids.length).toBeLessThan(oldIds.length)
    expect(fresh.decode(ids)).toBe(sample)
    for (const text of english) expect([...fresh.encode(text)]).toEqual([...old.encode(text)])
  })

  test('extending by the same text equals training on', async () => {
    const whole = await train('byte-level-bpe', english, 340)
    const { json } = await train('byte-level-bpe', english, 310)
    const hooks = { source: texts(english), stateFolder: join(folder, 'counts') }
    const extended = await extendTokenizer(json, { input: [], newTokens: 30 }, hooks)
    expect(extended.json).toEqual(whole.json)
  })

  test('other models are refused', async () => {
    const { json } = await train('unigram', english, 40)
    await expect(extendTokenizer(json, { input: [], newTokens: 1 })).rejects.toThrow(
      'expected a BPE model, got `Unigram`',
    )
  })
})

describe('trim', () => {
  test.each(modelNames)('%s: what is used is encoded as before', async (model) => {
    const { json } = await train(model, [...english, ...chinese], 420)
    const tokenizer = await open(json)
    const encoded = english.map((text) => [...tokenizer.encode(text)])
    const used = new Set(encoded.flat())
    const { json: trimmed, idMap, vocabSize } = trimTokenizer(json, (id) => used.has(id))
    expect(vocabSize).toBeLessThan(tokenizer.vocabSize)
    const smaller = await open(trimmed)
    expect(smaller.vocabSize).toBe(vocabSize)
    english.forEach((text, i) => {
      expect([...smaller.encode(text)]).toEqual(encoded[i]!.map((id) => idMap[id]))
    })
    // Other text is still spelt, in characters or bytes.
    const ids = smaller.encode(chinese[0]!)
    expect(ids.length).toBeGreaterThan(tokenizer.encode(chinese[0]!).length - 1)
    const kept = [...idMap].filter((id) => id >= 0)
    expect(kept).toEqual(kept.map((_, i) => i))
  })
})

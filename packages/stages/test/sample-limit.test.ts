import { expect, test } from 'vitest'
import { Document } from '@shardmill/core/document'
import { limit } from '@shardmill/stages/clean/limit'
import { sample } from '@shardmill/stages/clean/sample'
import type { Stage } from '@shardmill/core/stage'
import { runCorpus } from './run-corpus.ts'
import { testContext } from './run-fixture.ts'

async function keptIds(options: object, count = 4000): Promise<Set<string>> {
  const docs = Array.from(
    { length: count },
    (_, i) => new Document({ id: `doc ${i}`, lang: i % 2 === 0 ? 'zh' : 'en' }),
  )
  const transform = await sample.create(sample.options.parse(options), testContext('.'))
  await transform.process(docs)
  return new Set(docs.filter(({ isKept }) => isKept).map(({ id }) => id))
}

test('keeps about its rate, and a larger rate keeps all that a smaller one keeps', async () => {
  const [small, large] = [await keptIds({ rate: 0.25 }), await keptIds({ rate: 0.5 })]
  // 4000 coins: the standard deviation is 27 and 32 documents.
  expect(Math.abs(small.size - 1000)).toBeLessThan(120)
  expect(Math.abs(large.size - 2000)).toBeLessThan(140)
  expect([...small].every((id) => large.has(id))).toBe(true)
})

test('rates are per language, and the ends are exact', async () => {
  expect(await keptIds({ rate: 0 })).toEqual(new Set())
  expect((await keptIds({})).size).toBe(4000)
  const kept = await keptIds({ rate: 0, rates: { zh: 1 } })
  expect(kept.size).toBe(2000)
  expect(kept.has('doc 1')).toBe(false)
})

test('another salt tosses other coins', async () => {
  const [a, b] = [await keptIds({ rate: 0.5 }), await keptIds({ rate: 0.5, salt: 'second' })]
  const both = [...a].filter((id) => b.has(id)).length
  expect(Math.abs(both - 1000)).toBeLessThan(120)
})

test('limit keeps the first documents', async () => {
  const docs = ['a', 'b', 'c'].map((id) => new Document({ id }))
  const stage = limit as unknown as Stage
  const { dropped, reason } = await runCorpus(stage, { documents: 2 }, docs)
  expect([...dropped.keys()]).toEqual([2])
  expect(reason).toBe('over-limit')
  expect((await runCorpus(stage, { documents: 9 }, docs)).dropped.size).toBe(0)
})

// url-dedup and exact-dedup: which of equal documents stays, whatever the order of their records.
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Document } from '@shardmill/core/document'
import { seeded } from '@shardmill/core/random'
import { exactDedup } from '@shardmill/stages/dedup/exact-dedup'
import { orderedQuality } from '@shardmill/stages/dedup/keeper'
import { urlDedup } from '@shardmill/stages/url/url-dedup'
import type { Stage } from '@shardmill/core/stage'
import { runCorpus } from './run-corpus.ts'

const exact = exactDedup as unknown as Stage
const byUrl = urlDedup as unknown as Stage

function documents(...rows: readonly { url?: string; text?: string; quality?: number }[]) {
  return rows.map((fields, i) => new Document({ id: String(i), ...fields }))
}

function shuffled(seed: number) {
  return <T>(list: readonly T[]): readonly T[] => {
    const random = seeded(seed)
    return list
      .map((item) => ({ item, rank: random.next() }))
      .toSorted((a, b) => a.rank - b.rank)
      .map(({ item }) => item)
  }
}

test('quality orders as numbers do', () => {
  const float = fc.float({ noNaN: true })
  fc.assert(
    fc.property(float, float, (a, b) => {
      expect(Math.sign(orderedQuality(a) - orderedQuality(b))).toBe(Math.sign(a - b) || 0)
    }),
    { seed: 7 },
  )
  expect(orderedQuality(Number.NaN)).toBe(orderedQuality(0))
  expect(orderedQuality(-0)).toBe(orderedQuality(0))
})

describe('exact-dedup', () => {
  test('keeps the best, then the longest, then the earliest', async () => {
    const docs = documents(
      { text: 'same  text' },
      { text: 'same text', quality: 0.5 },
      { text: ' same text ', quality: 0.5 },
      { text: 'same\u3000text\n\n', quality: 0.5 },
      { text: 'other text' },
    )
    const { dropped, copies, reason } = await runCorpus(exact, {}, docs)
    expect(reason).toBe('duplicate-text')
    expect([...dropped].toSorted(([a], [b]) => a - b)).toEqual([
      [0, 2],
      [1, 2],
      [3, 2],
    ])
    expect([...copies]).toEqual([[2, 4]])
  })

  test.each([
    ['none', 'a b', 'a  b', false],
    ['whitespace', 'a b', ' a\n\tb', true],
    ['whitespace', 'A b', 'a b', false],
    ['letters', '你好，世界！ABC', '「你好」世界 ａｂｃ。', true],
    ['letters', '你好世界', '您好世界', false],
  ])('fold %s: %j and %j', async (fold, a, b, isSame) => {
    const { dropped } = await runCorpus(exact, { fold }, documents({ text: a }, { text: b }))
    expect(dropped.size).toBe(isSame ? 1 : 0)
  })

  test('empty and short texts are not compared', async () => {
    const docs = documents(
      { text: '' },
      { text: ' \n' },
      { text: '' },
      { text: 'ab' },
      { text: 'ab' },
    )
    expect((await runCorpus(exact, {}, docs)).dropped.size).toBe(1)
    expect((await runCorpus(exact, { minLength: 3 }, docs)).dropped.size).toBe(0)
  })

  test('agrees with a plain Map, and with itself in any order of records', async () => {
    const row = fc.record({
      text: fc.constantFrom('a', 'b', ' a', '中', '中 ', '\ud83d', 'a b'),
      quality: fc.constantFrom(0, 0.25, 1, -1),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 12 }), fc.nat(), async (rows, seed) => {
        const docs = documents(...rows)
        const { dropped, copies } = await runCorpus(exact, {}, docs)
        const other = await runCorpus(exact, {}, docs, shuffled(seed))
        expect(new Map([...other.dropped].toSorted((a, b) => a[0] - b[0]))).toEqual(
          new Map([...dropped].toSorted((a, b) => a[0] - b[0])),
        )
        expect(plainKeepers(docs)).toEqual(docs.map((_, i) => dropped.get(i) ?? i))
        for (const [keeper, count] of copies) {
          expect([...dropped.values()].filter((value) => value === keeper)).toHaveLength(count - 1)
        }
      }),
      { seed: 7, numRuns: 300 },
    )
  })
})

/** The keeper of every document, found the long way. */
function plainKeepers(docs: readonly Document[]): number[] {
  const keyOf = ({ text }: Document) => text.trim()
  return docs.map((doc) => {
    const equal = docs
      .map((other, i) => ({ other, i }))
      .filter(({ other }) => keyOf(other) === keyOf(doc))
    return equal.reduce((best, next) => {
      const quality = next.other.quality - best.other.quality
      const length = next.other.text.length - best.other.text.length
      return quality > 0 || (quality === 0 && length > 0) ? next : best
    }).i
  })
}

describe('url-dedup', () => {
  test('one page under many addresses', async () => {
    const docs = documents(
      { url: 'http://www.e.com/a/', text: 'short' },
      { url: 'https://E.com/a/index.html?utm_source=x', text: 'a longer one' },
      { url: 'http://e.com/a?id=2', text: 'another page' },
      { url: '', text: 'no address' },
      { url: '', text: 'no address either' },
    )
    const { dropped, copies, reason } = await runCorpus(byUrl, {}, docs)
    expect(reason).toBe('duplicate-url')
    expect([...dropped]).toEqual([[0, 1]])
    expect([...copies]).toEqual([[1, 2]])
  })

  test('before extraction the longer payload stays', async () => {
    const docs = [10, 30, 20].map(
      (bytes, i) =>
        new Document({ id: String(i), url: 'http://e.com/', content: new Uint8Array(bytes) }),
    )
    expect([...(await runCorpus(byUrl, {}, docs)).dropped]).toEqual([
      [0, 1],
      [2, 1],
    ])
  })
})

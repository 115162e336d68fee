// minhash-dedup beside a plain twin that compares all pairs of shingle sets, and on corpora that
// break deduplication without verification.
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Document } from '@shardmill/core/document'
import { seeded, type Random } from '@shardmill/core/random'
import type { Stage } from '@shardmill/core/stage'
import { minhashDedup } from '@shardmill/stages/dedup/minhash-dedup'
import { findingProbability, popCount, solveBanding } from '@shardmill/stages/dedup/minhash/bands'
import { jaccard, shingleSet, shinglesOf } from '@shardmill/stages/dedup/minhash/shingles'
import { runCorpus } from './run-corpus.ts'

const stage = minhashDedup as unknown as Stage

/** A text of `count` made-up words; numbers make them distinct. */
function makeWords(random: Random, count: number, isChinese = false): string[] {
  return Array.from({ length: count }, () => {
    if (!isChinese) return `w${random.below(5000)}`
    return String.fromCodePoint(0x4e00 + random.below(3000), 0x4e00 + random.below(3000))
  })
}

function similarity(a: string, b: string): number {
  const sets = [a, b].map((text) => {
    const words = text.toLowerCase().split(' ')
    return new Set(words.slice(4).map((_, i) => words.slice(i, i + 5).join(' ')))
  })
  const shared = [...sets[0]!].filter((shingle) => sets[1]!.has(shingle)).length
  return shared / (sets[0]!.size + sets[1]!.size - shared)
}

/** Families of edited copies: some words of the first text replaced in each. */
const corpus = fc
  .record({
    seed: fc.nat(),
    families: fc.integer({ min: 1, max: 4 }),
    copies: fc.integer({ min: 1, max: 5 }),
    edits: fc.integer({ min: 0, max: 8 }),
  })
  .map(({ seed, families, copies, edits }) => {
    const random = seeded(seed)
    const texts: string[] = []
    for (let family = 0; family < families; family++) {
      const original = makeWords(random, 20 + random.below(150))
      for (let copy = 0; copy < copies; copy++) {
        const words = [...original]
        for (let i = 0; i < edits; i++) words[random.below(words.length)] = `x${random.below(99)}`
        texts.push(words.join(' '))
      }
    }
    return { texts, seed }
  })

describe('minhash-dedup', () => {
  test('drops only for a kept document that is truly similar; counts add up', async () => {
    await fc.assert(
      fc.asyncProperty(corpus, async ({ texts }) => {
        const docs = texts.map((text, i) => new Document({ id: String(i), text }))
        const { dropped, copies } = await runCorpus(stage, {}, docs)
        for (const [ordinal, keeper] of dropped) {
          expect(dropped.has(keeper)).toBe(false)
          expect(similarity(texts[ordinal]!, texts[keeper]!)).toBeGreaterThanOrEqual(0.75)
          expect(texts[ordinal]!.length).toBeLessThanOrEqual(texts[keeper]!.length)
        }
        for (const [keeper, count] of copies) {
          const losers = [...dropped.values()].filter((value) => value === keeper)
          expect(count).toBe(losers.length + 1)
        }
        // Pairs of 0.95 are found with probability 1 - 10^-7.
        const kept = texts.filter((_, i) => !dropped.has(i))
        for (const [i, a] of kept.entries()) {
          for (const b of kept.slice(i + 1)) expect(similarity(a, b)).toBeLessThan(0.95)
        }
      }),
      { seed: 19, numRuns: 60 },
    )
  })

  test('the order of documents does not matter when qualities differ', async () => {
    await fc.assert(
      fc.asyncProperty(corpus, async ({ texts, seed }) => {
        const random = seeded(seed)
        const docs = texts.map((text, i) => new Document({ id: text, text, quality: i + 1 }))
        const shuffled = docs
          .map((doc) => ({ doc, rank: random.next() }))
          .toSorted((a, b) => a.rank - b.rank)
          .map(({ doc }) => doc)
        const keptOf = async (list: readonly Document[]): Promise<string[]> => {
          const { dropped } = await runCorpus(stage, {}, list)
          return list.flatMap((doc, i) => (dropped.has(i) ? [] : [doc.id])).toSorted()
        }
        expect(await keptOf(shuffled)).toEqual(await keptOf(docs))
      }),
      { seed: 23, numRuns: 40 },
    )
  })

  test.each([
    [2000, 'English', false],
    [1000, 'Chinese', true],
  ])('%i unrelated %s pages with common boilerplate all stay', async (count, _, isChinese) => {
    const random = seeded(29)
    const glue = isChinese ? '，' : ' '
    const boilerplate = makeWords(random, 120, isChinese).join(glue)
    const docs = Array.from({ length: count }, (_unused, i) => {
      const own = makeWords(random, 60, isChinese).join(glue)
      return new Document({ id: String(i), text: `${own}\n${boilerplate}` })
    })
    const { dropped, links } = await runCorpus(stage, {}, docs)
    expect(dropped.size).toBe(0)
    // About half similar: without sketches, banding would chain nearly all of them.
    expect(links.length).toBeLessThan(docs.length)
  })

  test('copies of copies: every cluster keeps a least similarity, however long the chain', async () => {
    const random = seeded(31)
    const words = makeWords(random, 200)
    const docs = Array.from({ length: 60 }, (_, i) => {
      words[(i * 37) % 200] = `x${i}`
      return new Document({ id: String(i), text: words.join(' ') })
    })
    const { dropped } = await runCorpus(stage, {}, docs)
    const members = new Map<number, number[]>()
    for (const [ordinal, keeper] of dropped) {
      members.set(keeper, [...(members.get(keeper) ?? [keeper]), ordinal])
    }
    expect(members.size).toBeGreaterThan(2)
    for (const cluster of members.values()) {
      for (const a of cluster) {
        for (const b of cluster) {
          expect(similarity(docs[a]!.text, docs[b]!.text)).toBeGreaterThanOrEqual(0.5)
        }
      }
    }
  })

  test.each([
    [{ bands: 4 }, 'give both or neither'],
    [{ bands: 40, rows: 8 }, 'at most 256'],
    [{ characters: 5 }, 'characters'],
    [{ compat: 'datatrove', characters: 9 }, 'compat'],
  ])('refuses %j', (options, message) => {
    expect(JSON.stringify(stage.options.safeParse(options).error?.issues)).toContain(message)
  })
})

describe('banding', () => {
  test('the default is 14 x 8, and every solution finds what it promises', () => {
    expect(solveBanding(0.75, 112)).toEqual({ bands: 14, rows: 8 })
    for (let threshold = 0.3; threshold < 1; threshold += 0.05) {
      const banding = solveBanding(threshold, 112)
      expect(banding.bands * banding.rows).toBeLessThanOrEqual(112)
      const above = Math.min(threshold + 0.05, (1 + threshold) / 2)
      expect(findingProbability(above, banding)).toBeGreaterThanOrEqual(0.92)
    }
    expect(findingProbability(0.8, { bands: 14, rows: 8 })).toBeCloseTo(0.924, 3)
  })

  test('popCount counts ones', () => {
    fc.assert(
      fc.property(fc.integer(), (word) => {
        expect(popCount(word)).toBe((word >>> 0).toString(2).replaceAll('0', '').length)
      }),
      { seed: 37 },
    )
  })
})

describe('shingles', () => {
  const text = fc
    .array(fc.constantFrom('river', 'Stone', '12', 'नदी', '河', 'über', 'x'), {
      minLength: 10,
      maxLength: 40,
    })
    .map((words) => words.join(' '))

  test('two texts share as many as a plain set of joined words says', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        const [left, right] = [a, b].map((each) => {
          const doc = new Document({ id: '', text: each })
          return shingleSet(shinglesOf(doc, { unit: 'words', size: 5 }))
        })
        expect(jaccard(left!, right!)).toBe(similarity(a, b))
        if (similarity(a, b) >= 0.5) expect(jaccard(left!, right!, 0.5)).toBe(similarity(a, b))
        else expect(jaccard(left!, right!, 0.5)).toBeLessThan(0.5)
      }),
      { seed: 41, numRuns: 200 },
    )
  })

  test.each([
    ['THE river, the Stone', 'the river the stone', true],
    ['ｔｈｅ １２', 'the 12', true],
    ['कि', 'क', false],
    ['ば', 'は', false],
    ['12', '13', false],
    ['cafe', 'café', false],
  ])('%j and %j fold alike: %s', (a, b, isSame) => {
    const [left, right] = [a, b].map((each) => {
      const doc = new Document({ id: '', text: `${each} `.repeat(30) })
      return shingleSet(shinglesOf(doc, { unit: 'words', size: 5 })).join()
    })
    expect(left === right).toBe(isSame)
  })

  test('characters: punctuation and spaces do not count', () => {
    const sets = [
      '一二三，四五六七八。九十百千万亿兆京垓秭',
      '一二三四五六 七八九十百千 万亿兆京垓秭',
    ].map((each) => {
      const doc = new Document({ id: '', text: each })
      return shingleSet(shinglesOf(doc, { unit: 'characters', size: 9 }))
    })
    expect(sets[0]!.length).toBe(10)
    expect([...sets[0]!]).toEqual([...sets[1]!])
  })
})

import { emptyStageStats, emptyStats, mergeStats, offerSample } from '@shardmill/runtime/stats'
import { renderReport } from '@shardmill/runtime/report/report-html'
import type { Report } from '@shardmill/runtime/report/report'
import { Document } from '@shardmill/core'
import { seeded } from '@shardmill/core/random'
import { expect, test } from 'vitest'

const hostile = '<script>alert(1)</script>"\'&\u0000\u009b'

const stranger = { id: hostile, url: hostile, lang: hostile, length: 1 }

function report(): Report {
  return {
    name: 'a & b',
    planKey: 'k',
    seed: 1,
    digest: 'd',
    read: { items: 2, documents: 1, bytes: 5, skipped: { [hostile]: 1 } },
    skippedAt: { [hostile]: [hostile] },
    stages: [
      {
        name: hostile,
        in: 1,
        kept: 0,
        quarantined: 0,
        dropped: { [hostile]: 1 },
        counters: {},
        note: hostile,
        languages: { [hostile]: { in: 1, dropped: { [hostile]: 1 } } },
      },
    ],
    kept: 0,
    languages: { [hostile]: { kept: 0, dropped: 1, quarantined: 0, keptLength: 0 } },
    domains: { [hostile]: { kept: 0, dropped: 1, quarantined: 0 } },
    domainCount: 1,
    lengths: { kept: [], dropped: [1] },
    overlap: {
      share: 0.05,
      documents: 1,
      stages: { [hostile]: { dropped: 1, alone: 0 }, b: { dropped: 1, alone: 0 } },
      pairs: { [hostile]: { b: 1 }, b: { [hostile]: 1 } },
    },
    clusters: {
      [hostile]: [
        {
          dropped: 3,
          kept: stranger,
          isIndexed: false,
          example: stranger,
          diff: [{ kind: 'dropped', text: hostile }],
          others: [hostile],
        },
      ],
    },
    samples: {
      [hostile]: [
        { id: hostile, url: hostile, lang: hostile, length: 1, head: hostile, rank: '0' },
      ],
    },
    shards: [{ name: hostile, rows: 0, bytes: 0, xxh64: '0' }],
    timings: { wallSeconds: 1, stages: {} },
  }
}

test('the page needs nothing from outside and runs nothing', () => {
  const html = renderReport(report())
  expect(html).not.toMatch(/<script|<link|<img|src=|@import|https?:/i)
  expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;')
  // oxlint-disable-next-line no-control-regex
  expect(html).not.toMatch(/[\0\x9b]/)
})

test('statistics of parts add up, whatever names they count', () => {
  const names = ['constructor', '__proto__', 'toString']
  const parts = [1, 2, 3].map((n) => {
    const stats = emptyStats()
    stats.read.items = n
    for (const name of names) {
      const stage = (stats.stages[name] = emptyStageStats())
      stage.in = n
      stage.dropped[name] = n
      stats.domains[name] = { kept: n, dropped: 0, quarantined: 0 }
    }
    return JSON.parse(JSON.stringify(stats)) as typeof stats
  })
  const sum = emptyStats()
  for (const part of parts) mergeStats(sum, part)
  expect(sum.read.items).toBe(6)
  for (const name of names) {
    expect(sum.stages[name]?.dropped[name]).toBe(6)
    expect(sum.domains[name]?.kept).toBe(6)
  }
})

test('the twenty samples of a reason do not depend on the order of documents', () => {
  const ids = Array.from({ length: 60 }, (_, i) => `doc-${i}`)
  const choose = (order: readonly string[]): string[] => {
    const stats = emptyStats()
    for (const id of order) offerSample(stats, 'r', new Document({ id, text: 'x'.repeat(500) }))
    return stats.samples.r!.map((sample) => sample.id)
  }
  const chosen = choose(ids)
  expect(chosen).toHaveLength(20)
  expect(choose(ids.toReversed())).toEqual(chosen)
})

test('every language has its turn among the samples, however parts are merged', () => {
  const random = seeded(19)
  for (let round = 0; round < 12; round++) {
    const from = random.below(3)
    const documents = Array.from({ length: 300 }, (_, i) => {
      // One in 200, in 40, in 3, and the rest.
      const kind = [200, 40, 3, 1].findIndex((n, at) => at >= from && random.below(n) === 0)
      return new Document({ id: `${round}-${i}`, text: 'x', lang: ['', 'de', 'zh', 'en'][kind]! })
    })
    const whole = emptyStats()
    const parts = [emptyStats(), emptyStats(), emptyStats()]
    for (const document of documents) {
      offerSample(whole, 'r', document)
      offerSample(parts[random.below(3)]!, 'r', document)
    }
    const merged = emptyStats()
    for (const part of parts) mergeStats(merged, part)
    const samples = whole.samples.r!
    expect(merged.samples.r).toEqual(samples)
    expect(samples).toHaveLength(20)
    const counts = [...new Set(documents.map(({ lang }) => lang))].map((lang) => ({
      taken: samples.filter((sample) => sample.lang === lang).length,
      of: documents.filter((document) => document.lang === lang).length,
    }))
    const most = Math.max(...counts.map(({ taken }) => taken))
    for (const { taken, of } of counts) expect(taken).toBeGreaterThanOrEqual(Math.min(of, most - 1))
  }
})

import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import * as fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  loadExtractionModel,
  type ExtractionModelData,
} from '@shardmill/stages/extract/html/classify-blocks'
import {
  loadTreeModel,
  probability,
  type TreeModel,
} from '@shardmill/stages/extract/html/tree-model'
import { align, labelBlocks } from '@shardmill/stages/extract/train/block-labels'
import { binRows, trainBag, trainTrees } from '@shardmill/stages/extract/train/boosted-trees'
import { registeredDomain } from '@shardmill/stages/url/registered-domain'

/** Length of the longest common subsequence, by the textbook table. */
function commonLength(a: readonly string[], b: readonly string[]): number {
  let row = Array.from({ length: b.length + 1 }, () => 0)
  for (const word of a) {
    const next = [0]
    b.forEach((other, j) =>
      next.push(word === other ? (row[j] ?? 0) + 1 : Math.max(row[j + 1] ?? 0, next[j] ?? 0)),
    )
    row = next
  }
  return row.at(-1) ?? 0
}

describe('alignment', () => {
  const words = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 90 })
  test('is a longest common subsequence', () => {
    fc.assert(
      fc.property(words, words, (a, b) => {
        const partners = align(a, b)
        const pairs = [...partners].map((j, i) => [i, j] as const).filter(([, j]) => j >= 0)
        expect(pairs.every(([i, j]) => a[i] === b[j])).toBe(true)
        expect(pairs.every(([, j], k) => k === 0 || j > (pairs[k - 1]?.[1] ?? 0))).toBe(true)
        expect(pairs.length).toBe(commonLength(a, b))
      }),
      { numRuns: 200, seed: 3 },
    )
  })
  test('labels blocks by their share of the gold, and not a menu word far from the text', () => {
    const blocks = [
      'home',
      'news',
      'x',
      'y',
      'z',
      'u',
      'the tide comes home twice a day now',
      'it goes too',
    ].map((line) => line.split(' '))
    const gold = 'the tide comes home twice a day now it goes too'.split(' ')
    expect([...labelBlocks(blocks, gold)]).toEqual([0, 0, 0, 0, 0, 0, 1, 1])
  })
})

describe('boosted trees', () => {
  const count = 2000
  const rows = new Float32Array(count * 3)
  const labels = new Float32Array(count)
  for (let i = 0; i < count; i++) {
    const x = (i * 37) % 100
    const y = (i * 61) % 89
    rows.set([x, y, (i * 13) % 7], i * 3)
    labels[i] = x > 50 === y > 40 ? 1 : 0
  }
  const names = ['x', 'y', 'noise']
  const chosen = Int32Array.from({ length: count }, (_, i) => i)
  const settings = {
    trees: 30,
    leaves: 8,
    maxDepth: 4,
    learningRate: 0.3,
    minHessian: 1,
    lambda: 1,
    featureShare: 1,
    rowShare: 0.7,
    seed: 1,
  }
  const data = trainTrees(
    binRows(rows, names),
    labels,
    new Float32Array(count).fill(1),
    chosen,
    settings,
  )

  /** Log odds by walking down every tree. */
  const walk = (row: Float32Array): number =>
    data.trees.reduce((sum, { feature, value, left }) => {
      let node = 0
      for (let split = feature[0] ?? -1; split >= 0; split = feature[node] ?? -1)
        node = (left[node] ?? 0) + (row[split]! > Math.fround(value[node] ?? 0) ? 1 : 0)
      return sum + Math.fround(value[node] ?? 0)
    }, data.base)

  test('learn what one threshold cannot say', () => {
    const model = loadTreeModel(data, names)
    const right = chosen.filter(
      (i) => probability(model.score(rows, i * 3)) > 0.5 === (labels[i] === 1),
    )
    expect(right.length / count).toBeGreaterThan(0.98)
  })
  test('are the same for the same seed', () => {
    const again = trainTrees(
      binRows(rows, names),
      labels,
      new Float32Array(count).fill(1),
      chosen,
      settings,
    )
    expect(again).toEqual(data)
  })
  test('give many rows what they give one, but for those that leave early', () => {
    const model = loadTreeModel(data, names)
    const some = chosen.filter((i) => i % 3 !== 1)
    for (const size of [0, 1, 2, 3, 5, some.length]) {
      const scores = new Float32Array(count).fill(Number.NaN)
      model.scoreMany(rows, 3, some, size, scores)
      expect(scores.filter((score) => !Number.isNaN(score)).length).toBe(size)
      const sure = Math.fround(-3.9)
      for (const i of some.subarray(0, size)) {
        if (scores[i] === sure) expect(model.score(rows, i * 3)).toBeLessThan(-2)
        else expect(scores[i]).toBe(Math.fround(model.score(rows, i * 3)))
      }
    }
  })
  test('in a bag say the mean of what each ensemble says', () => {
    const ones = new Float32Array(count).fill(1)
    const binned = binRows(rows, names)
    const bag = loadTreeModel(trainBag(binned, labels, ones, chosen, settings, 2), names)
    const [one, other] = [1, 2].map((seed) =>
      loadTreeModel(trainTrees(binned, labels, ones, chosen, { ...settings, seed }), names),
    ) as [TreeModel, TreeModel]
    for (let i = 0; i < count; i += 97) {
      const mean = (one.score(rows, i * 3) + other.score(rows, i * 3)) / 2
      expect(bag.score(rows, i * 3)).toBeCloseTo(mean, 4)
    }
  })
  test('say what walking them says', () => {
    const model = loadTreeModel(data, names)
    for (const i of chosen) expect(model.score(rows, i * 3)).toBe(walk(rows.subarray(i * 3)))
  })
  test('say the same of rows that are much alike, where most splits are decided', () => {
    const model = loadTreeModel(data, names)
    const values = fc.integer({ min: 0, max: 100 })
    const thresholds = data.trees.flatMap(({ feature, value }) =>
      value.filter((_, i) => feature[i] === 0),
    )
    fc.assert(
      fc.property(
        fc.array(fc.oneof(values, fc.constantFrom(...thresholds)), { minLength: 1, maxLength: 40 }),
        values,
        (xs, y) => {
          const alike = Float32Array.from(xs.flatMap((x) => [x, y, 3]))
          const every = Int32Array.from(xs, (_, i) => i)
          const scores = new Float32Array(xs.length)
          model.scoreMany(alike, 3, every, xs.length, scores)
          for (const i of every)
            if (scores[i] !== Math.fround(-3.9))
              expect(scores[i]).toBe(Math.fround(walk(alike.subarray(3 * i))))
        },
      ),
      { numRuns: 200, seed: 8 },
    )
  })
  test('may be single leaves, and have no more leaves than bits', () => {
    const leaf = { feature: [-1], value: [0.5], left: [0] }
    const single = loadTreeModel({ features: ['x'], base: 1, trees: [leaf, leaf] }, ['x'])
    expect(single.score(Float32Array.of(7), 0)).toBe(2)
    const size = 65
    const comb = {
      feature: Array.from({ length: size }, (_, i) => (i % 2 === 0 && i < size - 1 ? 0 : -1)),
      value: Array.from({ length: size }, (_, i) => i),
      left: Array.from({ length: size }, (_, i) => i + 1),
    }
    const tooMany = { features: ['x'], base: 0, trees: [comb] }
    expect(() => loadTreeModel(tooMany, ['x'])).toThrow(/33 leaves, at most 32/)
  })
  test('have no leaf deeper than allowed', () => {
    for (const { feature, left } of data.trees) {
      const depth = feature.map(() => 0)
      feature.forEach((split, node) => {
        if (split < 0) return
        depth[left[node] ?? 0] = depth[(left[node] ?? 0) + 1] = (depth[node] ?? 0) + 1
      })
      expect(Math.max(...depth)).toBeLessThanOrEqual(settings.maxDepth)
    }
  })
  test('refuse features they were not trained with', () => {
    expect(() => loadTreeModel(data, ['x', 'z', 'noise'])).toThrow(/feature 1 is `z`.*`y`/)
  })
})

test('registered domains', () => {
  const urls = [
    'https://news.bbc.co.uk/x',
    'http://a.b.example.com:80/',
    'blog.sina.com.cn/s',
    'https://x.de?y',
    '',
  ]
  expect(urls.map(registeredDomain)).toEqual([
    'bbc.co.uk',
    'example.com',
    'sina.com.cn',
    'x.de',
    '',
  ])
})

test('the training script runs from pages to a model that loads', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'shardmill-extraction-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const sentence = 'The tide rises twice a day, and every harbour keeps a table of it. '
  const rowOf = (id: number): string => {
    const gold = `${sentence.repeat(4)}Page ${id} says so.`
    const menu = '<li class="menu"><a href="/">Home</a>'.repeat(3 + (id % 4))
    const html = `<title>Tides</title><ul class="nav">${menu}</ul><div class="post"><p>${gold}</p></div><div class="footer">All rights reserved</div>`
    const type = ['article', 'forum', 'service'][id % 3]
    return `${JSON.stringify({ id, url: `https://site${id}.org/page`, html, gold, type })}\n`
  }
  for (const [i, set] of ['wcxb_dev', 'magic_article', 'magic_forum'].entries())
    await writeFile(
      join(folder, `${set}.jsonl`),
      Array.from({ length: 20 }, (_, k) => rowOf(100 * i + k)).join(''),
    )
  const script = fileURLToPath(new URL('../../scripts/train-extraction.mjs', import.meta.url))
  const out = join(folder, 'model.json')
  const run = promisify(execFile)
  const { stdout } = await run(process.execPath, [
    script,
    folder,
    '--trees',
    '3,3',
    '--bags',
    '2',
    '--out',
    out,
  ])
  expect(stdout).toMatch(/magic_forum {4}\{"pages":20,/)
  const model = JSON.parse(await readFile(out, 'utf8')) as ExtractionModelData
  expect(() => loadExtractionModel(model)).not.toThrow()
  expect(model.second.trees.length).toBe(6)
})

// The rows that the block models judge are put together from shared pieces, caches and tables. Here they
// are compared with what the plain way gives.
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { analysePage, type Analysis } from '@shardmill/stages/extract/html/analyse-page'
import {
  blockRows,
  extractionModel,
  fillOpinions,
  pageRow,
  pageTypeProbabilities,
  secondFeatureNames,
} from '@shardmill/stages/extract/html/classify-blocks'
import { equalBlocks } from '@shardmill/stages/extract/html/equal-blocks'
import { isStockLine, stockLine } from '@shardmill/stages/extract/html/stock-lines'
import { titleOverlap, wordsOfTitle } from '@shardmill/stages/extract/html/title-overlap'

const pieces = fc.constantFrom(
  '<div class="post">', '<div>', '</div>', '<p>', '<table><tr><td>', '<td>', '<tr>', '<ul>', '<li>', '</ul>', '<br>',
  '<h2>Comments</h2>', '<span>', '</span>', '<a href="/x">Menu</a> ', '<li><a href="/y">Ada Lovelace</a></li>',
  'Share this. ', '中文，', 'one two three four five six seven. ', 'Read more: ', ' (*all rights reserved', '© 2024 ',
) // prettier-ignore
const pages = fc.array(pieces, { maxLength: 120 }).map((parts) => parts.join(''))
const width = secondFeatureNames.length
const model = extractionModel()

/** Rows with context features of made-up first opinions. */
function rowsOf(analysis: Analysis, isInModel: boolean): Float32Array {
  const pageFeatures = pageRow(analysis)
  const types = pageTypeProbabilities(model.pageType, pageFeatures)
  const memory = isInModel ? model.memory : undefined
  const rows = blockRows(analysis, pageFeatures, types, memory)
  fillOpinions(analysis, opinions(analysis), rows, memory)
  return rows
}
const opinions = ({ blocks }: Analysis): Float32Array =>
  Float32Array.from({ length: blocks.count }, (_, block) => ((block * 7919) % 101) / 100)

describe('rows', () => {
  test('are numbers, each written anew, the same in either memory', () => {
    model.memory.numbers.fill(Number.NaN, model.memory.rowsAt)
    fc.assert(
      fc.property(pages, (html) => {
        const analysis = analysePage(html, '')
        const rows = rowsOf(analysis, true).slice()
        expect(rows.length).toBe(analysis.blocks.count * width)
        expect(rows.every(Number.isFinite)).toBe(true)
        expect(rows).toEqual(rowsOf(analysis, false))
      }),
      { numRuns: 200, seed: 21 },
    )
  })

  test('say of the elements around a block what climbing from it says', () => {
    fc.assert(
      fc.property(pages, (html) => {
        const analysis = analysePage(html, '')
        const rows = rowsOf(analysis, true)
        const column = (name: string, block: number): number =>
          rows[block * width + secondFeatureNames.indexOf(name)] ?? Number.NaN
        const first = opinions(analysis)
        for (let block = 0; block < analysis.blocks.count; block++) {
          let largest = first[block] ?? 0
          let inner = { from: block, to: block + 1 }
          rangesAround(analysis, block, 5).forEach(({ from, to }, i) => {
            const size = to - from
            if (i < 4) {
              expect(column(`level${i + 1}Blocks`, block)).toBe(Math.fround(Math.log2(size)))
              expect(column(`level${i + 1}Place`, block)).toBe(Math.fround((block - from) / size))
            }
            const before = first.subarray(Math.max(from, inner.from - 64), inner.from)
            const after = first.subarray(inner.to, Math.min(to, inner.to + 64))
            largest = Math.max(largest, ...before, ...after)
            expect(column(`level${i + 1}Max`, block)).toBe(largest)
            inner = { from, to }
          })
        }
      }),
      { numRuns: 200, seed: 22 },
    )
  })
})

/** Ranges of blocks of ever wider elements around a block, then of the page. */
function rangesAround(
  { page, blocks }: Analysis,
  block: number,
  count: number,
): { from: number; to: number }[] {
  const ranges: { from: number; to: number }[] = []
  let size = 1
  for (let node = blocks.container[block] ?? -1; node >= 0; node = page.parent[node] ?? -1) {
    const from = blocks.begun[node] ?? 0
    const to = blocks.begun[page.end[node] ?? 0] ?? 0
    if (to - from > size) ranges.push({ from, to })
    size = Math.max(size, to - from)
  }
  while (ranges.length < count) ranges.push({ from: 0, to: blocks.count })
  return ranges.slice(0, count)
}

test('equal blocks are counted as a Map counts them', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -3, max: 40 }), { maxLength: 400 }), (hashes) => {
      // Multiples of a power of two meet in the table.
      const hash = Int32Array.from(hashes, (each) => each * 4096)
      const { blocks } = analysePage('', '')
      const { distinct, twins } = equalBlocks({ ...blocks, count: hash.length, hash })
      const counts = new Map<number, number>()
      for (const each of hash) counts.set(each, (counts.get(each) ?? 0) + 1)
      expect(distinct).toBe(counts.size)
      expect([...twins]).toEqual(Array.from(hash, (each) => counts.get(each)))
    }),
    { numRuns: 100, seed: 23 },
  )
})

test('stock lines are the same with the quick test and without', () => {
  const words = fc.constantFrom(
    'All rights reserved', 'lire aussi', 'Lea también', 'Read more', ':', '5 posts in total', '©', '2024', 'baca juga',
    '*', '-', '[', '(', 'bac', '(re', 'All', '1postsintotal', '0 posts in total', '<a>le', '\u00a0', '\u2014', '责任编辑', '本文完', '&copy;', '<b>x</b>', 'tide', '（完）', 'ſ', 'é',
  ) // prettier-ignore
  fc.assert(
    fc.property(fc.array(words, { maxLength: 6 }), (parts) => {
      const analysis = analysePage(`<p>${parts.join(' ')}<p>end`, '')
      for (let block = 0; block < analysis.blocks.count; block++)
        expect(isStockLine(analysis, block)).toBe(stockLine.test(analysis.textOf(block)))
    }),
    { numRuns: 1000, seed: 24 },
  )
})

test('a text shares with a title what its distinct words say', () => {
  const parts = fc.constantFrom(
    '潮汐',
    '港',
    '口',
    '表 ',
    '𠮷',
    'İstanbul ',
    'Tide ',
    'tides, ',
    'ΣΑΣ ',
    '2024 ',
    '·',
    '、',
  )
  const texts = fc.array(parts, { maxLength: 8 }).map((list) => list.join(''))
  fc.assert(
    fc.property(texts, texts, (title, text) => {
      const ofTitle = wordsOfTitle(title)
      const ofText = wordsOfTitle(text)
      const shared = [...ofText].filter((word) => ofTitle.has(word)).length
      const share = (shared / ofText.size) * Math.min(1, shared / Math.min(8, ofTitle.size))
      expect(titleOverlap(text, ofTitle)).toBe(shared === 0 ? 0 : share)
    }),
    { numRuns: 500, seed: 25 },
  )
})

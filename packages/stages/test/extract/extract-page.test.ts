import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { analysePage } from '@shardmill/stages/extract/html/analyse-page'
import { shortCodes } from '@shardmill/stages/extract/html/codes'
import { decodeBytes } from '@shardmill/stages/extract/decode'
import { explainHtml, scoreLines } from '@shardmill/stages/extract/html/explain'
import {
  defaultSettings,
  explainPage,
  extractPage,
} from '@shardmill/stages/extract/html/extract-page'
import {
  findPhrases,
  findPhrasesIn,
  findPhrasesPlainly,
  needsText,
} from '@shardmill/stages/extract/html/phrases'
import { bestThreshold } from '@shardmill/stages/extract/html/select-blocks'
import { dropStrayRuns } from '@shardmill/stages/extract/html/stray-runs'
import {
  titleHashes,
  titleOverlap,
  titleOverlapIn,
  wordsOfTitle,
} from '@shardmill/stages/extract/html/title-overlap'

const sentence = 'The tide rises twice a day, and every harbour keeps a table of it. '
const page = `<nav><a href="/">Home</a></nav><article><p>${sentence.repeat(3)}</p><p>${sentence.repeat(2)}</p></article>`
const pieces = fc.constantFrom(
  '<div class="post">', '</div>', '<p>', '<table><tr><td>', '<ul><li>', '</ul>', '<pre>', '<br>', '<h2>', '<noscript>',
  '<script type="application/ld+json">{"@type":"Article","articleBody":"x"}', '</script>', '<!--', '<a href="', '">',
  '&#xd800;', '&amp', '\0', '\ud800', '\udc00x', '中文，', '한국어', sentence, '<math alttext="x">', '<title>404',
) // prettier-ignore

describe('any page', () => {
  test('gives valid Unicode, twice the same, and never throws', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string()), { maxLength: 50 }), (parts) => {
        const html = parts.join('')
        const { text, metadata, reason } = extractPage(html)
        const all = [text, ...Object.values(metadata)].join('\n')
        expect(Buffer.from(all, 'utf8').toString('utf8')).toBe(all)
        expect(all).not.toMatch(/[\0-\x08\x0b-\x1f\ufeff]/)
        expect(text === '' ? reason : 'text').toBeDefined()
        expect(extractPage(html)).toEqual({ text, metadata, reason, type: expect.any(String) })
        expect(extractPage(html, { ...defaultSettings, format: 'markdown' }).reason).toBe(reason)
      }),
      { numRuns: 150, seed: 4 },
    )
  })
  test('of any bytes is extracted', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(typeof extractPage(decodeBytes(bytes).html).text).toBe('string')
      }),
      { numRuns: 100, seed: 5 },
    )
  })
  test('costs time linear in its length', () => {
    const time = (html: string): number => {
      const start = process.cpuUsage()
      extractPage(html)
      const { user, system } = process.cpuUsage(start)
      return user + system
    }
    for (const piece of [
      '<div>',
      '<ul><li>x',
      '<b><i><p>text </b></i>',
      '&',
      '<a href="x>',
      '<ol><li>item',
      '<p>word</p>',
    ]) {
      time(piece.repeat(2000))
      const small = Math.min(time(piece.repeat(2000)), time(piece.repeat(2000)))
      const large = Math.min(time(piece.repeat(20_000)), time(piece.repeat(20_000)))
      // Ten times the page in at most forty times the time; quadratic cost would be a hundred.
      expect(large, piece).toBeLessThan(40 * small + 60_000)
    }
  })
})

describe('features', () => {
  test('phrases are the same with the filter and without', () => {
    const words = fc.constantFrom(
      'Share',
      'sign in',
      'Copyright',
      '相关阅读',
      '© 2024',
      'by Ada',
      '12 May 2020',
      '$ 5',
      'weiter',
      'noise',
      'reply',
      'S’abonner',
      '登录',
      'AGB',
      '9:30',
      '2024-1-2',
      '2024/1/ 2',
      '1.2.2024',
      '13.1%',
      '2024. 3. 5',
      '10/11/12',
      '1.234.5',
      '3. x',
      'May 5',
      'sept. 5',
      'Mär 5',
      '5 mai',
      '5. Dez',
      '$5',
      '£ 5',
      '5USD',
      '5 EUR',
      'x5',
      '5 x',
    )
    fc.assert(
      fc.property(
        fc.array(fc.oneof(words, fc.string({ maxLength: 8 })), { maxLength: 8 }),
        (parts) => {
          const text = parts.join(' ')
          const found = findPhrases(text)
          expect(found).toBe(findPhrasesPlainly(text))
          const inPlace = findPhrasesIn(shortCodes(`<${text}>`), 1, text.length + 1)
          if (inPlace !== needsText) expect(inPlace).toBe(found)
        },
      ),
      { numRuns: 500, seed: 6 },
    )
  })
})

test('titles are compared in place as they are in text', () => {
  const word = fc.constantFrom(
    'How',
    'tides',
    'work',
    'ÜBER',
    'über',
    '2024',
    'a-b',
    ' ',
    ', ',
    'ß',
  )
  fc.assert(
    fc.property(fc.array(word, { maxLength: 12 }), fc.array(word, { maxLength: 5 }), (a, b) => {
      const text = a.join(' ')
      const title = wordsOfTitle(b.join(' '))
      const inPlace = titleOverlapIn(
        shortCodes(`<${text}>`),
        1,
        text.length + 1,
        titleHashes(title),
      )
      expect(inPlace).toBeCloseTo(titleOverlap(text, title), 12)
    }),
    { numRuns: 300, seed: 7 },
  )
})

test('data without a blank is no title, however much it says what the titles say', () => {
  const data = Array.from({ length: 400 }, (_, i) => `{"k${i}":"v${i}"}`).join(',')
  const { blocks, overlaps } = analysePage(`<h1>${data}</h1><p>k1 v1</p>`, '')
  expect(blocks.words[0]).toBeLessThan(40)
  expect(overlaps[0]).toBe(0)
})

test('the topic is what title and description say', () => {
  const html = `<title>潮汐是怎么来的</title><meta name="description" content="Harbour tables of the tides">
    <h1>潮汐是怎么来的</h1><p>The harbour keeps tables.</p><p>Another story of somebody else.</p><p>潮汐的来由</p>`
  const { topic, textOf } = analysePage(html, '')
  expect([0, 1, 2, 3].map(textOf)[3]).toBe('潮汐的来由')
  const shares = [0, 1, 2, 3].map((block) => [topic.title[block], topic.description[block]])
  expect(shares[0]).toEqual([1, 0])
  expect(shares[1]).toEqual([0, Math.fround(2 / 3)])
  expect(shares[2]).toEqual([0, 0])
  expect(shares[3]).toEqual([Math.fround(1 / 6), 0])
})

test('the threshold is where the expected F1 is largest', () => {
  const wide = { least: 0, largest: 1, leastShare: 0 }
  const threshold = (words: number[], p: number[], choice = wide): number =>
    bestThreshold(Int32Array.from(words), Float32Array.from(p), choice)
  expect(threshold([10, 10, 10], [0.9, 0.8, 0.1])).toBeCloseTo(0.72)
  expect(threshold([10, 10, 10], [0.5, 0.4, 0.3])).toBeCloseTo(0.3)
  // The bounds would keep the first of four alike, a third of the page.
  const bounded = { ...wide, least: 0.45, leastShare: 0.5 }
  expect(threshold([100, 100, 100, 100], [0.7, 0.4, 0.4, 0.4], bounded)).toBeCloseTo(0.4)
  expect(threshold([300, 100, 100, 100], [0.7, 0.4, 0.4, 0.4], bounded)).toBeCloseTo(0.45)
  expect(threshold([10, 10, 10, 10], [0.7, 0.4, 0.4, 0.4], bounded)).toBeCloseTo(0.45)
  // Where a block convinces they hold, whatever else the page has.
  expect(threshold([100, 100, 100, 300], [0.95, 0.4, 0.4, 0.4], bounded)).toBeCloseTo(0.45)
  expect(threshold([100, 100, 100, 300], [0.89, 0.4, 0.4, 0.4], bounded)).toBeCloseTo(0.4)
})

test('small runs after the text go unless a block convinces or they stand in it or beside its like', () => {
  const paragraphs = (count: number): string =>
    '<p>Ten words are in this one, and no more.</p>'.repeat(count)
  const pageOf = (others: string): string =>
    `<div class="post first">${paragraphs(7)}</div><div class="${others}">${paragraphs(5)}</div>`
  const kept = (html: string, p: number[]): string => {
    const { page: tree, blocks } = analysePage(html, '')
    expect(blocks.count).toBe(p.length)
    const keep = Uint8Array.from(p, (each) => (each > 0.5 ? 1 : 0))
    dropStrayRuns(tree, blocks, Float32Array.from(p), keep)
    return keep.join('')
  }
  const text = [0.6, 0.1, 0.1, 0.9, 0.9, 0.9, 0.9]
  expect(kept(pageOf('more'), [...text, 0.1, 0.1, 0.6, 0.1, 0.1])).toBe('100111100000')
  expect(kept(pageOf('more'), [...text, 0.1, 0.1, 0.9, 0.1, 0.1])).toBe('100111100100')
  expect(kept(pageOf('more'), [...text, 0.1, 0.1, 0.6, 0.6, 0.6])).toBe('100111100000')
  const shorter = [0.6, 0.1, 0.1, 0.9, 0.9, 0.9, 0.1]
  expect(kept(pageOf('more'), [...shorter, 0.1, 0.1, 0.8, 0.8, 0.8])).toBe('100111000111')
  expect(kept(pageOf('post second'), [...text, 0.1, 0.1, 0.6, 0.1, 0.1])).toBe('100111100100')
  expect(kept(paragraphs(12), [...text, 0.1, 0.1, 0.6, 0.1, 0.1])).toBe('100111100100')
})

test('a page is late when its time is up', () => {
  const { reason, text } = extractPage(page, { ...defaultSettings, timeoutMs: -1 })
  expect([reason, text]).toEqual(['timeout', ''])
})

test('the viewer shows every block with its fate', () => {
  const explained = explainPage(page)
  expect(scoreLines(explained).map((line) => line[0])).toEqual(['-', '+', '+'])
  const shown = explainHtml(explained, 'https://example.org/<x>')
  expect(shown.match(/<div /g)?.length).toBe(3)
  expect(shown).toContain('https://example.org/&lt;x>')
})

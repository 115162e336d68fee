import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { attributeOf, attributesOf } from '@shardmill/stages/extract/html/attribute-values'
import { sourceText } from '@shardmill/stages/extract/html/inline-text'
import {
  isoDate,
  readHead,
  readMetadata,
  type Metadata,
} from '@shardmill/stages/extract/html/metadata'
import { scan } from '@shardmill/stages/extract/html/scan'

const metadataOf = (html: string): Metadata => readMetadata(readHead(scan(html)))
const jsonLd = (value: unknown): string =>
  `<script type="application/ld+json">${JSON.stringify(value)}</script>`

describe('each field has its sources', () => {
  test.each<[keyof Metadata, string, string]>([
    ['title', '<title>Tides &amp; moons | Site</title>', 'Tides & moons | Site'],
    ['title', '<title>Tides | Site</title><h1>Tides</h1>', 'Tides'],
    ['title', '<title>x</title><meta property="og:title" content="Tides"><h1>y</h1>', 'Tides'],
    [
      'title',
      `<meta property="og:title" content="x">${jsonLd({ '@type': 'NewsArticle', headline: 'Tides' })}`,
      'Tides',
    ],
    ['author', '<meta name="author" content="Ada Brook">', 'Ada Brook'],
    ['author', '<meta property="article:author" content="Ada Brook">', 'Ada Brook'],
    ['author', '<a rel="author" href="/ada">Ada Brook</a>', 'Ada Brook'],
    ['author', '<span itemprop="author">Ada Brook</span>', 'Ada Brook'],
    [
      'author',
      jsonLd({ '@graph': [{ '@type': 'BlogPosting', author: [{ name: 'Ada' }, { name: 'Bo' }] }] }),
      'Ada, Bo',
    ],
    [
      'date',
      '<meta property="article:published_time" content="2024-03-01T08:00:00+08:00">',
      '2024-03-01T08:00:00+08:00',
    ],
    ['date', '<time datetime="2024-03-01">1 March</time>', '2024-03-01'],
    ['date', '<meta itemprop="datePublished" content="2024-03-01">', '2024-03-01'],
    ['date', '<span itemprop="datePublished" content="2024-03-01">x</span>', '2024-03-01'],
    ['date', jsonLd({ '@type': 'Article', datePublished: '2024-03-01' }), '2024-03-01'],
    ['date', '<meta name="weibo:article:create_at" content="2024年3月1日 08:00">', '2024-03-01'],
    ['site_name', '<meta property="og:site_name" content="Coast Notes">', 'Coast Notes'],
    ['site_name', jsonLd({ '@type': 'WebSite', name: 'Coast Notes' }), 'Coast Notes'],
    [
      'canonical_url',
      '<link rel="canonical" href="https://a.org/x?y=1&amp;z=2">',
      'https://a.org/x?y=1&z=2',
    ],
    ['canonical_url', '<meta property="og:url" content="https://a.org/x">', 'https://a.org/x'],
    ['html_lang', '<html lang="zh-Hant">', 'zh-Hant'],
    ['description', '<meta name="description" content="All about  tides">', 'All about tides'],
    [
      'description',
      '<meta name="description" content="x"><meta property="og:description" content="Tides">',
      'Tides',
    ],
  ])('%s from %s', (field, html, expected) => {
    expect(metadataOf(html)[field]).toBe(expected)
  })
  test('nothing gives nothing', () => {
    expect(metadataOf('<p>x</p>')).toEqual({})
  })
  test('broken JSON-LD is passed over, raw line breaks in it are mended', () => {
    expect(metadataOf('<script type="application/ld+json">{"a":</script><title>t</title>')).toEqual(
      { title: 't' },
    )
    const broken =
      '<script type="application/ld+json">{"@type":"Article","headline":"Ti\ndes"}</script>'
    expect(metadataOf(broken).title).toBe('Ti des')
  })
  test('values are valid Unicode', () => {
    expect(metadataOf('<title>a\ud800b\0c</title>').title).toBe('a\ufffdbc')
  })
})

test('dates become ISO dates or nothing', () => {
  const given = [
    '2024-3-1',
    '2024/03/01 12:00',
    '2024年12月31日',
    'yesterday',
    '2024-13-01',
    '1.2.2024',
  ]
  expect(given.map(isoDate)).toEqual(['2024-03-01', '2024-03-01', '2024-12-31', '', '', ''])
})

test('attributes are what a regular expression finds', () => {
  // White space of tags is ASCII's; others belong to names.
  const pattern = /([^\t-\r =/>"']+)(?:[\t-\r ]*=[\t-\r ]*(?:"([^"]*)"|'([^']*)'|([^\t-\r >]+)))?/g
  const piece = fc.constantFrom(
    'a', 'B', 'content', ' ', '\n', '=', '"', "'", '/', '>', '&amp;', 'b="c d"', "e='f'", 'g=h', '\u3000', '\xa0', 'a=',
  ) // prettier-ignore
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (parts) => {
      const page = scan(`<meta ${parts.join('')}>`)
      const expected = new Map<string, string>()
      const source = page.html.slice(page.from[0], page.to[0])
      for (const [, name = '', double, single, bare] of source.matchAll(pattern)) {
        const value = double ?? single ?? bare ?? ''
        if (!expected.has(name.toLowerCase()))
          expected.set(name.toLowerCase(), sourceText(value, 0, value.length))
      }
      expect(attributesOf(page, 0)).toEqual(expected)
      for (const [name, value] of expected) expect(attributeOf(page, 0, name)).toBe(value)
      expect(attributeOf(page, 0, 'missing')).toBeUndefined()
    }),
    { numRuns: 1000, seed: 11 },
  )
})

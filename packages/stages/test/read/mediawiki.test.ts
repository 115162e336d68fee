import { gzipSync } from 'node:zlib'
import { InputError } from '@shardmill/core/errors'
import { isDocument } from '@shardmill/stages/read/format'
import { mediawiki } from '@shardmill/stages/read/mediawiki'
import { expect, test } from 'vitest'
import { bzip2Stored } from './bzip2-writer.ts'
import { brief, fileOf, readAll } from './support.ts'

const head = `<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="zh">
  <siteinfo>
    <sitename>Wikipedia</sitename>
    <dbname>zhwiki</dbname>
    <base>https://zh.wikipedia.org/wiki/Wikipedia:%E9%A6%96%E9%A1%B5</base>
    <namespaces>
      <namespace key="0" case="first-letter" />
      <namespace key="6" case="first-letter">Datei</namespace>
    </namespaces>
  </siteinfo>
`

function wikiPage(id: number, title: string, text: string, more = '', namespace = 0): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  return `  <page>
    <title>${title}</title>
    <ns>${namespace}</ns>
    <id>${id}</id>
${more}    <revision>
      <id>${id + 1000}</id>
      <timestamp>2024-01-02T03:04:05Z</timestamp>
      <model>wikitext</model>
      <format>text/x-wiki</format>
      <text bytes="${escaped.length}" xml:space="preserve">${escaped}</text>
    </revision>
  </page>
`
}

const pages = [
  wikiPage(
    1,
    '数学',
    "'''数学'''是[[datei:A.jpg|mini|图]]研究[[数量]]的[[学科|科学]]。<ref>书</ref>",
  ),
  wikiPage(2, 'Old name', '#REDIRECT [[New]]', '    <redirect title="New" />\n'),
  wikiPage(3, 'Talk:X', 'talk', '', 1),
  wikiPage(4, 'A & B', 'Text &nbsp;with <page> in it.'),
  wikiPage(5, 'Empty', '{{only a template}}'),
  wikiPage(6, '旧重定向', '#重定向 [[数学]]'),
  wikiPage(7, 'Long', 'word '.repeat(2000)),
]
const dump = `${head}${pages.join('')}</mediawiki>\n`

test('articles become documents, the rest is skipped by reason', async () => {
  const items = await readAll(mediawiki, fileOf('w.xml', dump), { maxRecordBytes: 5000 })
  const kinds = items.map((item) => (isDocument(item) ? item.id : item.skipped))
  const expected = ['zhwiki:1', 'redirect', 'namespace:1', 'zhwiki:4', 'empty-body', 'redirect']
  expect(kinds).toEqual([...expected, 'too-large'])
  expect(items[0]).toMatchObject({
    url: 'https://zh.wikipedia.org/wiki/%E6%95%B0%E5%AD%A6',
    lang: 'zh',
    text: '数学是研究数量的科学。',
    meta: { title: '数学', date: '2024-01-02T03:04:05Z' },
  })
  expect(items[3]).toMatchObject({ meta: { title: 'A & B' } })
})

test('plain, gzip and bzip2 of one or many streams give the same', async () => {
  const whole = brief(await readAll(mediawiki, fileOf('p.xml', dump)))
  const streams = [head, ...pages, '</mediawiki>\n'].map((part) => bzip2Stored(Buffer.from(part)))
  const packed: [string, Buffer][] = [
    ['w.xml.gz', gzipSync(dump)],
    ['one.xml.bz2', bzip2Stored(Buffer.from(dump))],
    ['many.xml.bz2', Buffer.concat(streams)],
  ]
  for (const [name, bytes] of packed) {
    expect(brief(await readAll(mediawiki, fileOf(name, bytes)))).toEqual(whole)
  }
})

test('any parts of a plain or a bzip2 dump give the whole', async () => {
  const whole = brief(await readAll(mediawiki, fileOf('p.xml', dump)))
  // Streams that end in the middle of pages, as parallel compressors write them.
  const bytes = Buffer.from(dump)
  const streams: Buffer[] = []
  for (let at = 0; at < bytes.length; at += 777) {
    streams.push(bzip2Stored(bytes.subarray(at, at + 777)))
  }
  for (const [name, content] of [
    ['p.xml', bytes],
    ['p.xml.bz2', Buffer.concat(streams)],
  ] as const) {
    const path = fileOf(name, content)
    for (const step of [100, 1500, 4000]) {
      const parts: string[] = []
      for (let at = 0; at < content.length; at += step) {
        parts.push(...brief(await readAll(mediawiki, path, {}, at, at + step)))
      }
      expect(parts).toEqual(whole)
    }
  }
})

test('a cut dump gives what there is; other XML is refused', async () => {
  const packed = bzip2Stored(Buffer.from(dump))
  const second = Buffer.concat([packed, packed.subarray(0, packed.length - 100)])
  const items = brief(await readAll(mediawiki, fileOf('cut.xml.bz2', second)))
  expect(items.at(-1)).toBe('cut-member')
  expect(items.length).toBe(2 * pages.length) // a reason instead of the last page
  await expect(readAll(mediawiki, fileOf('x.xml', '<rss/>'))).rejects.toThrow(InputError)
})

// Formats with whole files or packages: html, text, wacz; and choosing a format by ending.
import { dirname } from 'node:path'
import { crc32, deflateRawSync, gzipSync } from 'node:zlib'
import { ConfigError, InputError } from '@shardmill/core/errors'
import { formats } from '@shardmill/stages'
import { isDocument } from '@shardmill/stages/read/format'
import { formatEndings, formatOf } from '@shardmill/stages/read/format-of'
import { html } from '@shardmill/stages/read/html'
import { text } from '@shardmill/stages/read/text'
import { wacz } from '@shardmill/stages/read/wacz'
import { describe, expect, test } from 'vitest'
import { brief, fileOf, gzipEach, page, readAll } from './support.ts'

describe('format by ending', () => {
  test.each([
    ['a/CC-MAIN.warc.gz', 'warc'],
    ['a.warc.wet.gz', 'warc'],
    ['a.ARC', 'warc'],
    ['a.wacz', 'wacz'],
    ['a.jsonl.zst', 'jsonl'],
    ['a.tsv', 'csv'],
    ['a.parquet', 'parquet'],
    ['part-00000.arrow', 'arrow'],
    ['index.htm', 'html'],
    ['README.md', 'text'],
    ['zhwiki-pages-articles-multistream.xml.bz2', 'mediawiki'],
  ])('%s is %s', (path, name) => expect(formatOf(path)).toBe(name))

  test('an unknown ending lists the known ones', () => {
    expect(() => formatOf('a.docx')).toThrow(ConfigError)
  })

  test('every format declares the endings it is chosen by, and defaults for all options', async () => {
    expect(Object.keys(formats).toSorted()).toEqual(Object.keys(formatEndings).toSorted())
    for (const [name, load] of Object.entries(formats)) {
      const format = await load()
      expect(format.name).toBe(name)
      expect(format.extensions).toEqual(formatEndings[name])
      expect(format.options.safeParse({}).success).toBe(true)
      expect(format.options.safeParse({ unknown: 1 }).success).toBe(false)
    }
  })
})

describe('html', () => {
  test('a page keeps its bytes; its id is its path', async () => {
    const path = fileOf('页 1.html', Buffer.from('<p>\xc4\xe3', 'latin1'))
    const [item] = await readAll(html, path, { baseUrl: 'https://a.example/blog/' })
    if (item === undefined || !isDocument(item)) throw new Error('no document')
    expect(Buffer.from(item.content ?? []).toString('latin1')).toBe('<p>\xc4\xe3')
    expect(item.contentType).toBe('text/html')
    expect(item.id.endsWith('/页 1.html')).toBe(true)
    expect(item.url).toMatch(/^https:\/\/a\.example\/blog\/.*%E9%A1%B5%201\.html$/)
  })

  test('empty and large files are skipped, missing ones refused', async () => {
    expect(brief(await readAll(html, fileOf('e.html', '')))).toEqual(['empty-body'])
    const large = fileOf('l.html', 'x'.repeat(2000))
    expect(brief(await readAll(html, large, { maxRecordBytes: 1024 }))).toEqual(['too-large'])
    await expect(readAll(html, `${large}.missing`)).rejects.toThrow(InputError)
    await expect(readAll(html, dirname(large))).rejects.toThrow(/expected a file/)
  })
})

describe('text', () => {
  const texts = (items: Awaited<ReturnType<typeof readAll>>) =>
    items.map((item) => (isDocument(item) ? item.text : item.skipped))

  test('a whole file, in UTF-8, UTF-16 or GB18030, or gzip', async () => {
    const content = '春眠不觉晓，处处闻啼鸟。夜来风雨声，花落知多少。\n'.repeat(4)
    const gbk = Buffer.from('b4bac3dfb2bbbef5cffe'.repeat(3), 'hex')
    expect(texts(await readAll(text, fileOf('a.txt', `\ufeff${content}`)))).toEqual([content])
    const utf16 = Buffer.from(`\ufeff${content}`, 'utf16le')
    expect(texts(await readAll(text, fileOf('b.txt', utf16)))).toEqual([content])
    expect(texts(await readAll(text, fileOf('c.txt', gbk)))).toEqual(['春眠不觉晓'.repeat(3)])
    expect(texts(await readAll(text, fileOf('d.txt.gz', gzipSync(content))))).toEqual([content])
  })

  test.each<[Record<string, unknown>, string[]]>([
    [{}, ['# a\nb\n\n\n# c\nd']],
    [{ splitOn: 'blank-line' }, ['# a\nb\n\n', '# c\nd']],
    [{ splitOn: 'line' }, ['# a\n', 'b\n', '# c\n', 'd']],
    [{ documentPrefix: '# ' }, ['# a\nb\n\n\n', '# c\nd']],
  ])('split by %j', async (options, expected) => {
    const items = await readAll(text, fileOf('s.md', '# a\nb\n\n\n# c\nd'), options)
    expect(texts(items)).toEqual(expected)
    const ids = items.map((item) => isDocument(item) && item.id)
    expect(new Set(ids).size).toBe(items.length)
  })

  test('a piece over the limit is skipped, the next one read', async () => {
    const content = `# a\n${'x\n'.repeat(2000)}# b\nend`
    const options = { documentPrefix: '#', maxRecordBytes: 1024 }
    expect(texts(await readAll(text, fileOf('l.md', content), options))).toEqual([
      'too-large',
      '# b\nend',
    ])
  })
})

/** A ZIP archive of stored or deflated entries. */
function zip(entries: readonly (readonly [string, Buffer, 0 | 8])[]): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const [name, content, method] of entries) {
    const data = method === 8 ? deflateRawSync(content) : content
    const fields = Buffer.alloc(26)
    fields.writeUInt16LE(20, 0)
    fields.writeUInt16LE(method, 4)
    fields.writeUInt32LE(crc32(content), 10)
    fields.writeUInt32LE(data.length, 14)
    fields.writeUInt32LE(content.length, 18)
    fields.writeUInt16LE(name.length, 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, Buffer.from(name), data])
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(offset, 10)
    directory.push(Buffer.from('PK\x01\x02\x14\0'), fields, rest, Buffer.from(name))
    parts.push(local)
    offset += local.length
  }
  const listing = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt32LE(listing.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...parts, listing, end])
}

describe('wacz', () => {
  test('the archives inside are read, stored or deflated', async () => {
    const inner = gzipEach([page(1), page(2)])
    const bytes = zip([
      ['datapackage.json', Buffer.from('{}'), 8],
      ['archive/a.warc.gz', inner, 0],
      ['archive/b.warc', page(3), 8],
      ['archive/c.warc.gz', Buffer.from('nothing'), 0],
    ])
    const path = fileOf('a.wacz', bytes)
    const items = await readAll(wacz, path)
    expect(brief(items).map((item) => item.slice(-6))).toEqual([
      'page 1',
      'page 2',
      'page 3',
      'rchive',
    ])
    expect(items.at(-1)).toMatchObject({ skipped: 'not-an-archive' })
    expect(items.at(-1)).toHaveProperty(
      'where',
      expect.stringContaining('a.wacz!archive/c.warc.gz'),
    )
  })

  test('no ZIP, or one without archives, is refused', async () => {
    await expect(readAll(wacz, fileOf('b.wacz', 'nothing'))).rejects.toThrow(InputError)
    const other = fileOf('c.wacz', zip([['a.txt', Buffer.from('a'), 0]]))
    await expect(readAll(wacz, other)).rejects.toThrow(/archive/)
  })
})

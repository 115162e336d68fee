import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import type { Document } from '@shardmill/core'
import { InputError } from '@shardmill/core/errors'
import { isDocument } from '@shardmill/stages/read/format'
import { warc } from '@shardmill/stages/read/warc'
import { describe, expect, test } from 'vitest'
import { brief, fileOf, gzipEach, page, readAll, response, warcRecord } from './support.ts'

const html = '<html><body><p>你好，world</p></body></html>'

async function read(bytes: Uint8Array, options: Record<string, unknown> = {}) {
  return readAll(warc, fileOf('a.warc', bytes), options)
}

/** The only item, which must be a document. */
async function readOne(
  bytes: Uint8Array,
  options: Record<string, unknown> = {},
): Promise<Document> {
  const items = await read(bytes, options)
  expect(brief(items)).toHaveLength(1)
  const [item] = items
  if (item === undefined || !isDocument(item)) throw new Error(`skipped: ${item?.skipped}`)
  return item
}

const text = (document: Document) => Buffer.from(document.content ?? []).toString('utf8')

test('a response becomes a document with id, URL, type and meta', async () => {
  const fields = { 'Content-Type': 'text/html; charset=utf-8', 'Content-Language': 'zh' }
  const record = warcRecord({
    id: '4242a7a2-3c8f-4b6e-9a67-000000000001',
    url: '<http://a.example/x y>',
    block: response(html, fields),
  })
  const document = await readOne(record)
  expect(document.id).toBe('4242a7a2-3c8f-4b6e-9a67-000000000001')
  expect(document.url).toBe('http://a.example/x y')
  expect(document.contentType).toBe('text/html; charset=utf-8')
  expect(document.meta).toEqual({
    status: 200,
    date: '2024-05-06T07:08:09Z',
    contentLanguage: 'zh',
  })
  expect(text(document)).toBe(html)
})

const chunked = (bytes: Uint8Array) => {
  const half = bytes.length >> 1
  const parts = [bytes.subarray(0, half), bytes.subarray(half)].flatMap((part) => [
    Buffer.from(`${part.length.toString(16).toUpperCase()};note=1\r\n`),
    Buffer.from(part),
    Buffer.from('\r\n'),
  ])
  return Buffer.concat([...parts, Buffer.from('0\r\nTrailer: x\r\n\r\n')])
}

describe('transfer and content codings are undone', () => {
  const body = Buffer.from(html.repeat(20))
  test.each<[string, Record<string, string>, Uint8Array]>([
    ['none', {}, body],
    ['chunked', { 'Transfer-Encoding': 'chunked' }, chunked(body)],
    ['chunked declared only', { 'Transfer-Encoding': 'chunked' }, body],
    ['gzip', { 'Content-Encoding': 'gzip' }, gzipSync(body)],
    ['x-gzip', { 'Content-Encoding': 'X-GZIP' }, gzipSync(body)],
    ['gzip declared only', { 'Content-Encoding': 'gzip' }, body],
    [
      'gzip in chunks',
      { 'transfer-encoding': 'Chunked', 'content-encoding': 'gzip' },
      chunked(gzipSync(body)),
    ],
    ['zlib deflate', { 'Content-Encoding': 'deflate' }, deflateSync(body)],
    ['raw deflate', { 'Content-Encoding': 'deflate' }, deflateRawSync(body)],
    ['deflate declared only', { 'Content-Encoding': 'deflate' }, body],
    ['br', { 'Content-Encoding': 'br' }, brotliCompressSync(body)],
    ['br declared only', { 'Content-Encoding': 'br' }, body],
    ['two codings', { 'Content-Encoding': 'deflate, gzip' }, gzipSync(deflateSync(body))],
    ['identity', { 'Content-Encoding': 'identity' }, body],
  ])('%s', async (_name, fields, stored) => {
    const block = response(stored, { 'Content-Type': 'text/html', ...fields })
    expect(text(await readOne(warcRecord({ block })))).toBe(body.toString())
  })

  test('a cut gzip body gives its beginning', async () => {
    const noise = Array.from({ length: 3000 }, (_, i) => `<p>${(i * 2654435761) % 4093}</p>`).join(
      '',
    )
    const packed = gzipSync(noise)
    const stored = packed.subarray(0, packed.length >> 1)
    const fields = { 'Content-Type': 'text/html', 'Content-Encoding': 'gzip' }
    const got = text(await readOne(warcRecord({ block: response(stored, fields) })))
    expect(got.length).toBeGreaterThan(noise.length / 4)
    expect(noise.startsWith(got)).toBe(true)
  })

  test('damage and bombs are skipped', async () => {
    const broken = gzipSync(body)
    broken.fill(0xff, 12, 40)
    const bomb = gzipSync(Buffer.alloc(3_000_000, 0x61))
    const fields = { 'Content-Type': 'text/html', 'Content-Encoding': 'gzip' }
    const records = [broken, bomb].map((stored) => warcRecord({ block: response(stored, fields) }))
    const items = await read(Buffer.concat(records), { maxRecordBytes: 100_000 })
    expect(brief(items)).toEqual(['bad-content-encoding:gzip', 'too-large'])
  })
})

test('other records are skipped with their reason', async () => {
  const records = [
    warcRecord({
      type: 'warcinfo',
      block: 'software: x\r\n',
      contentType: 'application/warc-fields',
    }),
    warcRecord({ type: 'request', block: 'GET / HTTP/1.1\r\n\r\n' }),
    warcRecord({ type: 'revisit', block: 'HTTP/1.1 200 OK\r\n\r\n' }),
    warcRecord({ type: 'metadata', block: 'x' }),
    warcRecord({ type: 'Weird Type', block: 'x' }),
    warcRecord({ block: response(html, { 'Content-Type': 'text/html' }, '404 Not Found') }),
    warcRecord({ block: response('\x89PNG', { 'Content-Type': 'Image/PNG' }) }),
    warcRecord({ block: response(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), {}) }),
    warcRecord({ block: response('', { 'Content-Type': 'text/html' }) }),
    warcRecord({ block: 'no status line' }),
    warcRecord({ url: 'dns:a.example', contentType: 'text/dns', block: 'a.example 1.2.3.4' }),
    page(1),
  ]
  expect(brief(await read(Buffer.concat(records))).slice(0, -1)).toEqual([
    'not-a-document:warcinfo',
    'not-a-document:request',
    'revisit',
    'not-a-document:metadata',
    'not-a-document:unknown',
    'http-status:404',
    'mime:image/png',
    'mime:image/png',
    'empty-body',
    'bad-http-header',
    'not-a-document:dns',
  ])
})

test('options keep other statuses and types', async () => {
  const block = response('{}', { 'Content-Type': 'application/json' }, '500 Oops')
  const options = { anyStatus: true, mediaTypes: ['application/json'] }
  const document = await readOne(warcRecord({ block }), options)
  expect(document.meta['status']).toBe(500)
})

test('a page without a type is sniffed', async () => {
  expect((await readOne(warcRecord({ block: response(html, {}) }))).contentType).toBe('text/html')
  const plain = await readOne(warcRecord({ block: response('只有文字', {}) }))
  expect(plain.contentType).toBe('text/plain')
})

test('resource and conversion records', async () => {
  const resource = await readOne(
    warcRecord({ type: 'resource', contentType: 'text/html', block: html }),
  )
  expect(text(resource)).toBe(html)
  const wet = await readOne(
    warcRecord({ type: 'conversion', contentType: 'text/plain', block: '第一行\nsecond' }),
  )
  expect(wet.text).toBe('第一行\nsecond')
  expect(wet.content).toBeUndefined()
})

test('without a record id the id is a hash of URL, date and payload', async () => {
  const [a, b, c] = await Promise.all(
    [html, html, `${html}!`].map((body, i) =>
      readAll(warc, fileOf(`id-${i}.warc`, warcRecord({ id: '', block: response(body) }))),
    ),
  )
  const id = (items: typeof a) => brief(items ?? [])[0]?.slice(0, 32)
  expect(id(a)).toMatch(/^[0-9a-f]{32}$/)
  expect(id(a)).toBe(id(b))
  expect(id(a)).not.toBe(id(c))
})

test.each([
  ['WARC/0.17', '\n'],
  ['WARC/0.18', '\r\n'],
  ['warc/1.1', '\r\r\n'],
])('%s with line ends %j', async (version, lineEnd) => {
  const record = warcRecord({ version, lineEnd, block: response(html) })
  expect(text(await readOne(record))).toBe(html)
})

const arcRecord = (url: string, block: Uint8Array, v2 = false) => {
  const more = v2 ? ' 200 - - 1042 a.arc' : ''
  const line = `${url} 1.2.3.4 20080430204825 text/html${more} ${block.length}\n`
  return Buffer.concat([Buffer.from(line), block, Buffer.from('\n')])
}

describe('ARC', () => {
  const info = 'filedesc://a.arc 0.0.0.0 20080430204825 text/plain 9\n1 0 Test\n\n'
  test.each([false, true])('plain and gzip, version 2: %s', async (v2) => {
    const records = [
      Buffer.from(info),
      arcRecord('http://a.example/a b?c', response(html), v2),
      arcRecord('dns:a.example', Buffer.from('1.2.3.4'), v2),
    ]
    for (const bytes of [
      Buffer.concat(records),
      gzipEach(records),
      gzipSync(Buffer.concat(records)),
    ]) {
      const items = await readAll(warc, fileOf('a.arc', bytes))
      const [skipped, document, dns] = items
      expect(skipped).toMatchObject({ skipped: 'not-a-document:filedesc' })
      expect(document).toMatchObject({ url: 'http://a.example/a b?c' })
      expect(document).toMatchObject({ meta: { date: '2008-04-30T20:48:25Z', status: 200 } })
      expect(dns).toMatchObject({ skipped: 'not-a-document:dns' })
      expect(items).toHaveLength(3)
    }
  })
})

describe('damage', () => {
  test('garbage between records', async () => {
    const items = await read(Buffer.concat([page(1), Buffer.from('garbage\nmore\n'), page(2)]))
    expect(brief(items).map((line) => line.slice(-6))).toEqual(['page 1', 'header', 'page 2'])
  })

  test('a length that is too long ends at the next record', async () => {
    const block = response('<p>short')
    const long = warcRecord({ block, length: String(block.length + 40) })
    const items = await read(Buffer.concat([long, page(2)]))
    expect(items).toHaveLength(2)
    expect(brief(items)[1]).toContain('page 2')
  })

  test('a length that is too short costs the rest of that record only', async () => {
    const short = warcRecord({ block: response('<p>abcdefgh'), length: '60' })
    const items = await read(Buffer.concat([short, page(2)]))
    expect(brief(items).at(-1)).toContain('page 2')
    expect(brief(items)[1]).toBe('no-record-header')
  })

  test.each(['-1', 'x', '', '99999999999'])('length %j', async (length) => {
    const bad = warcRecord({ block: response('<p>x'), length })
    const items = await read(Buffer.concat([bad, page(2)]))
    expect(brief(items).map((line) => line.slice(-17))).toEqual([
      'bad-record-length',
      expect.stringContaining('page 2'),
    ])
  })

  test('a cut file gives the beginning of its last page, marked', async () => {
    const whole = Buffer.concat([page(1), page(2)])
    const [, plain] = await read(whole.subarray(0, whole.length - 8))
    expect(plain).toMatchObject({ meta: { truncated: 'cut' } })
    const records = [
      page(1),
      page(2, 'x'.repeat(500) + Array.from({ length: 999 }, (_, i) => i).join()),
    ]
    const packed = gzipEach(records)
    const [, cut, reason] = await read(packed.subarray(0, packed.length - 500))
    expect(cut).toMatchObject({ meta: { truncated: 'cut' } })
    expect(reason).toMatchObject({ skipped: 'cut-member' })
  })

  test('a short block at the end of a sound member is whole', async () => {
    const block = response('<p>short')
    const long = warcRecord({ block, length: String(block.length + 40) })
    const items = await read(gzipEach([long, page(2)]))
    expect(items).toHaveLength(2)
    expect(items[0]).toHaveProperty('meta', { date: '2024-05-06T07:08:09Z', status: 200 })
  })

  test('megabytes of garbage are passed over, whatever lies at block borders', async () => {
    for (const length of [(1 << 20) - 4, 1 << 20, 2_500_000]) {
      const garbage = Buffer.alloc(length, 'no record here\n')
      garbage[length - 1] = 10
      const items = brief(await read(Buffer.concat([page(1), garbage, page(2), page(3)])))
      expect(items.map((item) => item.slice(-6))).toEqual(['page 1', 'header', 'page 2', 'page 3'])
    }
  })

  test('a broken member costs itself only', async () => {
    const members = [1, 2, 3].map((number) => gzipSync(page(number)))
    members[1]?.fill(0xff, 30, 60)
    const items = brief(await read(Buffer.concat(members)))
    expect(items[0]).toContain('page 1')
    expect(items.at(-1)).toContain('page 3')
    expect(items).toContain('bad-member')
  })

  test('a wrong checksum is noticed', async () => {
    const members = [1, 2, 3].map((number) => gzipSync(page(number)))
    const second = members[1] ?? Buffer.alloc(0)
    second[second.length - 6] = (second[second.length - 6] ?? 0) ^ 1
    const items = brief(await read(Buffer.concat(members)))
    expect(items).toHaveLength(3)
    expect(items[1]).toBe('bad-member-checksum')
  })

  test('a record over the limit is passed over, in any packing', async () => {
    const records = [page(1), page(2, Buffer.alloc(3_000_000, 0x61)), page(3)]
    const whole = Buffer.concat(records)
    for (const bytes of [whole, gzipSync(whole), gzipEach(records)]) {
      const items = brief(await read(bytes, { maxRecordBytes: 100_000 }))
      expect(items.map((item) => item.slice(-6))).toEqual(['page 1', '-large', 'page 3'])
    }
  })
})

test('a file that is no archive is refused with a hint', async () => {
  await expect(read(Buffer.from('<html>nothing</html>'))).rejects.toThrow(InputError)
  await expect(read(gzipSync('nothing'))).rejects.toThrow(/expected a WARC or ARC file/)
  await expect(readAll(warc, fileOf('x', '').replace(/x$/, 'missing.warc'))).rejects.toThrow(
    InputError,
  )
})

test('an empty file has no items', async () => {
  expect(await read(Buffer.alloc(0))).toEqual([])
})

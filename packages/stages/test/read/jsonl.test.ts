import { gzipSync } from 'node:zlib'
import { InputError } from '@shardmill/core/errors'
import { hashText128 } from '@shardmill/core/hash'
import { isDocument } from '@shardmill/stages/read/format'
import { jsonl } from '@shardmill/stages/read/jsonl'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { brief, fileOf, readAll } from './support.ts'

async function read(content: Uint8Array | string, options: Record<string, unknown> = {}) {
  return readAll(jsonl, fileOf('a.jsonl', content), options)
}

test('fields, defaults and meta', async () => {
  const row = {
    id: 7,
    url: 'http://a.example/',
    text: '第一行\nsecond 😀',
    lang: 'zh',
    lang_score: 0.5,
    quality: 2,
    source: 'x',
    flag: true,
    list: [1],
    nested: { a: 1 },
    meta: { date: '2024', deep: { b: 1 } },
  }
  const [document] = await read(`\ufeff${JSON.stringify(row)}\r\n`)
  expect(document).toMatchObject({
    id: '7',
    url: 'http://a.example/',
    lang: 'zh',
    langScore: 0.5,
    quality: 2,
    text: row.text,
  })
  expect(document).toHaveProperty('meta', { source: 'x', flag: true, date: '2024' })
})

test('fields can be named, nested and listed', async () => {
  const row = { body: { content: 'x' }, key: 'k', 'a.b': 1, other: 2 }
  const options = { textField: 'body.content', idField: 'key', metaFields: ['a.b', 'missing'] }
  const [document] = await read(JSON.stringify(row), options)
  expect(document).toMatchObject({ id: 'k', text: 'x', meta: { 'a.b': 1 } })
  const [page] = await read('{"html":"<p>é"}', { htmlField: 'html', metaFields: 'none' })
  expect(page).toMatchObject({ contentType: 'text/html; charset=utf-8', meta: {} })
})

test('a line without an id is named by its content', async () => {
  const line = '{"text":"x"}'
  const items = await read(`${line}\n\n  \n${line}`)
  expect(items.map((item) => isDocument(item) && item.id)).toEqual([
    hashText128(line),
    hashText128(line),
  ])
})

test('bad lines are skipped with place and reason', async () => {
  const path = fileOf('a.jsonl', '{"text":"a"}\n{bad\n[1]\n{"text":5}\n{"text":"b","x":1e999}\n')
  const items = await readAll(jsonl, path)
  expect(items.slice(1, 4)).toEqual([
    { skipped: 'bad-json', where: `${path}:13` },
    { skipped: 'not-an-object', where: `${path}:18` },
    { skipped: 'no-text', where: `${path}:22` },
  ])
  expect(items).toHaveLength(5)
})

const small = (id: string) => JSON.stringify({ id, text: id })

test('lines over the limit are passed over wherever they lie', async () => {
  const long = JSON.stringify({ id: 'long', text: 'x'.repeat(3_000_000) })
  for (const lines of [
    [long, small('a')],
    [small('a'), long, small('b')],
    [small('a'), long],
  ]) {
    const items = await read(lines.join('\n'), { maxRecordBytes: 2000 })
    expect(items.map((item) => (isDocument(item) ? item.id : item.skipped))).toEqual(
      lines.map((line) => (line === long ? 'too-large' : JSON.parse(line).id)),
    )
  }
})

describe('compressed', () => {
  const lines = Array.from({ length: 300 }, (_, i) => JSON.stringify({ id: i, text: `文${i}` }))
  const content = `${lines.join('\n')}\n`
  test('gzip of several members, cut in a line', async () => {
    const half = content.length >> 1
    const packed = Buffer.concat([gzipSync(content.slice(0, half)), gzipSync(content.slice(half))])
    expect(brief(await read(packed))).toEqual(brief(await read(content)))
  })
  test('a cut gzip file gives its beginning and a reason', async () => {
    const packed = gzipSync(content)
    const items = brief(await read(packed.subarray(0, packed.length - 30)))
    expect(items.at(-1)).toBe('cut-member')
    expect(items.length).toBeGreaterThan(200)
  })
  test('only plain files are split', () => {
    const options = jsonl.options.parse({})
    expect(jsonl.isSplittable(fileOf('b.jsonl', content), options)).toBe(true)
    expect(jsonl.isSplittable(fileOf('b.jsonl.gz', gzipSync(content)), options)).toBe(false)
  })
})

test('a JSON array is refused with a hint', async () => {
  await expect(read(' [{"text":"a"}]')).rejects.toThrow(InputError)
})

test('segments of any cut give the items of the whole file', async () => {
  const line = fc.oneof(
    fc.record({ text: fc.string({ unit: 'binary' }) }).map((row) => JSON.stringify(row)),
    fc.constantFrom('', '{bad', '   '),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(line),
      fc.boolean(),
      fc.array(fc.nat(400)),
      async (lines, ends, cuts) => {
        const path = fileOf('cut.jsonl', lines.join('\n') + (ends ? '\n' : ''))
        const borders = [0, ...cuts.toSorted((a, b) => a - b), Number.MAX_SAFE_INTEGER]
        const parts: string[] = []
        for (let i = 1; i < borders.length; i++) {
          parts.push(...brief(await readAll(jsonl, path, {}, borders[i - 1], borders[i])))
        }
        expect(parts).toEqual(brief(await readAll(jsonl, path)))
      },
    ),
    { seed: 5, numRuns: 60 },
  )
})

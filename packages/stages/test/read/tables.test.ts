// CSV, Parquet and Arrow: the same rows from every table format.
import { gzipSync } from 'node:zlib'
import { InputError } from '@shardmill/core/errors'
import { arrow } from '@shardmill/stages/read/arrow'
import { csv } from '@shardmill/stages/read/csv'
import { isDocument, type Format } from '@shardmill/stages/read/format'
import { parquet } from '@shardmill/stages/read/parquet'
import {
  RecordBatch,
  Table,
  tableFromArrays,
  tableToIPC,
  vectorFromArray,
  Utf8,
} from 'apache-arrow'
import { Table as WasmTable, writeParquet, WriterPropertiesBuilder } from 'parquet-wasm/node'
import { describe, expect, test } from 'vitest'
import { brief, fileOf, readAll } from './support.ts'

const rowCount = 1000
const rows = Array.from({ length: rowCount }, (_, i) => ({
  id: `row-${i}`,
  url: `http://a.example/${i}`,
  text: `第${i}行, "quoted"\nsecond 😀`,
  quality: i / 8,
  stars: i,
}))

/** An Arrow table of several record batches. */
function arrowTable(): Table {
  const batches: RecordBatch[] = []
  for (let at = 0; at < rowCount; at += 90) {
    const part = rows.slice(at, at + 90)
    const utf8 = (values: string[]) => vectorFromArray(values, new Utf8())
    const table = new Table({
      id: utf8(part.map((row) => row.id)),
      url: utf8(part.map((row) => row.url)),
      text: utf8(part.map((row) => row.text)),
      quality: vectorFromArray(Float64Array.from(part.map((row) => row.quality))),
      stars: vectorFromArray(BigInt64Array.from(part.map((row) => BigInt(row.stars)))),
      meta: utf8(part.map((row) => JSON.stringify({ inner: row.stars }))),
    })
    batches.push(...table.batches)
  }
  return new Table(batches)
}

function parquetBytes(): Uint8Array {
  const table = WasmTable.fromIPCStream(tableToIPC(arrowTable(), 'stream'))
  return writeParquet(table, new WriterPropertiesBuilder().setMaxRowGroupSize(128).build())
}

/** Parts of a file cut at every multiple of `step`. */
async function readParts<O>(format: Format<O>, path: string, size: number, step: number) {
  const parts: string[] = []
  for (let at = 0; at < size; at += step) {
    parts.push(...brief(await readAll(format, path, {}, at, at + step)))
  }
  return parts
}

function expectRows(items: Awaited<ReturnType<typeof readAll>>, meta: boolean) {
  expect(items).toHaveLength(rowCount)
  const [, second] = items
  expect(second).toMatchObject({ id: 'row-1', url: 'http://a.example/1', quality: 1 / 8 })
  expect(second).toMatchObject({ text: rows[1]?.text })
  expect(second).toHaveProperty('meta', meta ? { stars: 1, inner: 1 } : { stars: '1' })
}

describe('arrow', () => {
  test.each(['file', 'stream'] as const)('%s', async (kind) => {
    const path = fileOf(`a-${kind}.arrow`, tableToIPC(arrowTable(), kind))
    expectRows(await readAll(arrow, path), true)
    expect(arrow.isSplittable(path, arrow.options.parse({}))).toBe(kind === 'file')
  })

  test('a file in any parts', async () => {
    const bytes = tableToIPC(arrowTable(), 'file')
    const path = fileOf('parts.arrow', bytes)
    const whole = brief(await readAll(arrow, path))
    for (const step of [999, 20_000, 1e9]) {
      expect(await readParts(arrow, path, bytes.length, step)).toEqual(whole)
    }
  })

  test('rows without id are named by their content; without text they are skipped', async () => {
    const path = fileOf('b.arrow', tableToIPC(tableFromArrays({ text: ['a', 'b', 'a'] }), 'file'))
    const ids = (await readAll(arrow, path)).map((item) => isDocument(item) && item.id)
    expect(ids[0]).toMatch(/^[0-9a-f]{32}$/)
    expect([ids[0] === ids[2], ids[0] === ids[1]]).toEqual([true, false])
    expect(brief(await readAll(arrow, path, { textField: 'other' }))).toEqual(
      Array.from({ length: 3 }, () => 'no-text'),
    )
  })

  test.each([['garbage'], ['ARROW1\0\0garbage that goes on']])('%j is refused', async (content) => {
    await expect(readAll(arrow, fileOf('bad.arrow', content))).rejects.toThrow(InputError)
  })
})

describe('parquet', () => {
  test('rows, and the same in any parts', async () => {
    const bytes = parquetBytes()
    const path = fileOf('a.parquet', bytes)
    const items = await readAll(parquet, path)
    expectRows(items, true)
    for (const step of [2000, 30_000]) {
      expect(await readParts(parquet, path, bytes.length, step)).toEqual(brief(items))
    }
  })

  test('only wanted columns are read', async () => {
    const [first] = await readAll(parquet, fileOf('a.parquet', parquetBytes()), {
      metaFields: ['stars'],
    })
    expect(first).toHaveProperty('meta', { stars: 0 })
  })

  test('a damaged row group costs itself only; no Parquet at all is refused', async () => {
    const bytes = parquetBytes()
    bytes.fill(0xff, 4, 400)
    const items = brief(await readAll(parquet, fileOf('bad.parquet', bytes)))
    expect(items.filter((item) => item === 'bad-row-group')).toHaveLength(1)
    expect(items.length).toBe(rowCount - 128 + 1)
    await expect(readAll(parquet, fileOf('no.parquet', 'PAR1no'))).rejects.toThrow(InputError)
  })
})

describe('csv', () => {
  const quote = (value: string | number) => `"${String(value).replaceAll('"', '""')}"`
  const lines = [
    '\ufeffid,url,text,quality,stars',
    ...rows.map((row) => [row.id, row.url, quote(row.text), row.quality, row.stars].join(',')),
  ]
  test('quotes, embedded line ends, gzip', async () => {
    expectRows(await readAll(csv, fileOf('a.csv', `${lines.join('\r\n')}\r\n`)), false)
    expectRows(await readAll(csv, fileOf('a.csv.gz', gzipSync(lines.join('\n')))), false)
  })

  test('a bad record is skipped and named', async () => {
    const content = 'id,text\n1,one\n2,two,three\n3,three\n'
    const items = await readAll(csv, fileOf('b.csv', content))
    expect(items.map((item) => (isDocument(item) ? item.text : item.skipped))).toEqual(
      expect.arrayContaining(['one', 'three', 'bad-csv']),
    )
    expect(items).toHaveLength(3)
  })

  test('tabs, and columns named by the user', async () => {
    const [document] = await readAll(csv, fileOf('a.tsv', '7\tthe text "so"\n'), {
      columns: ['id', 'text'],
    })
    expect(document).toMatchObject({ id: '7', text: 'the text "so"' })
  })

  test('an open quote ends the file with a reason', async () => {
    const content = `id,text\n1,one\n2,"${'never closed\n'.repeat(500)}`
    const items = brief(await readAll(csv, fileOf('open.csv', content), { maxRecordBytes: 2000 }))
    expect(items[0]).toContain('one')
    expect(items.at(-1)).toBe('bad-csv')
  })
})

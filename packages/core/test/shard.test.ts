import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Document } from '@shardmill/core'
import { readDocuments, workColumns, writeWorkRow } from '@shardmill/core/document-shard'
import { ShardReader } from '@shardmill/core/shard-reader'
import { ShardWriter } from '@shardmill/core/shard-writer'
import { tableFromIPC } from 'apache-arrow'
import { afterAll, expect, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'shard-'))
afterAll(() => rmSync(folder, { recursive: true }))

const rows = Array.from({ length: 20_000 }, (_, i) => ({
  id: `doc-${i}`,
  url: i % 3 === 0 ? '' : `https://例え.jp/${i}`,
  text: '漢字 and text 😀 '.repeat(i % 50),
  lang: i % 2 === 0 ? 'zh' : 'en',
  langScore: Math.fround(i / 20_000),
  quality: i,
  content: i % 5 === 0 ? undefined : new Uint8Array([i & 255, 1, 2]),
  contentType: 'text/html',
  meta: { b: i, a: 'x', c: true },
}))

test('documents come back as they were written, over several batches', async () => {
  const path = join(folder, 'work.arrow')
  const writer = new ShardWriter(path, workColumns, { schema: 'work' })
  for (const row of rows) writeWorkRow(writer, new Document(row))
  expect(readdirSync(folder)).toEqual([expect.stringMatching(/^work\.arrow\.\d+\.part$/)])
  const written = writer.commit()
  expect(written.rows).toBe(rows.length)
  expect(readFileSync(path).length).toBe(written.bytes)

  const reader = await ShardReader.open(path)
  expect(reader.batchCount).toBeGreaterThan(1)
  expect(reader.metadata.get('schema')).toBe('work')
  const read: Document[] = []
  for await (const batch of reader.batches()) read.push(...readDocuments(batch))
  await reader.close()
  for (const [i, doc] of read.entries()) {
    const { id, url, text, lang, langScore, quality, contentType, meta } = doc
    const content = doc.content ? new Uint8Array(doc.content) : undefined
    expect({ id, url, text, lang, langScore, quality, content, contentType, meta }).toEqual(rows[i])
  }
})

test('another Arrow reader sees the same table, and equal rows are equal bytes', () => {
  const bytes = [1, 2].map((n) => {
    const writer = new ShardWriter(join(folder, `${n}.arrow`), workColumns)
    for (const row of rows.slice(0, 100)) writeWorkRow(writer, new Document(row))
    writer.commit()
    return readFileSync(join(folder, `${n}.arrow`))
  })
  expect(bytes[0]).toEqual(bytes[1])
  const table = tableFromIPC(bytes[0])
  expect(table.numRows).toBe(100)
  expect(table.get(7)?.toJSON()).toMatchObject({ id: 'doc-7', text: rows[7]!.text })
})

test('a writer closed without a commit leaves nothing behind', () => {
  const path = join(folder, 'gone.arrow')
  const writer = new ShardWriter(path, workColumns)
  writeWorkRow(writer, new Document({ id: 'x', text: 'lone \ud800 surrogate' }))
  writer.close()
  expect(readdirSync(folder).filter((name) => name.startsWith('gone'))).toEqual([])
})

test('what is no Arrow file is refused by name', async () => {
  await expect(ShardReader.open(join(import.meta.dirname, 'shard.test.ts'))).rejects.toThrow(
    /shard\.test\.ts: not a readable Arrow shard/,
  )
})

// However an archive is cut into byte ranges, its parts together give the items of the whole.
import { gzipSync } from 'node:zlib'
import { warc } from '@shardmill/stages/read/warc'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { brief, fileOf, gzipEach, page, readAll, warcRecord } from './support.ts'

/** Bytes that deflate cannot shrink: they lie in the archive as they are. */
function noise(length: number, seed: number): Buffer {
  let state = seed + 1
  const bytes = Buffer.alloc(length)
  for (let i = 0; i < length; i++) {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9
    bytes[i] = state >>> 13
  }
  return bytes
}

/** Compressed by blocks that know nothing of records. */
function gzipBlocks(bytes: Buffer, size: number): Buffer {
  const blocks: Buffer[] = []
  for (let at = 0; at < bytes.length; at += size) blocks.push(bytes.subarray(at, at + size))
  return gzipEach(blocks)
}

const inner = gzipEach([page(901), page(902, noise(3000, 2)), page(903)], 9)
const records = [
  page(1),
  page(2, noise(5000, 1)),
  page(3, 'text with WARC/1.0 in it\r\nWARC/1.0\r\nWARC-Type: response\r\n\r\n'),
  page(4, Buffer.concat([inner, noise(100_000, 3), inner, noise(300, 4)])), // an archive in a page
  page(5, Buffer.concat([page(904), page(905)])),
  warcRecord({ type: 'request', block: 'GET /' }),
  page(6, Buffer.from('\x1f\x8b\x08\0\0\0\0\0\0\x03'.repeat(200), 'latin1')),
  page(7),
]
const plain = Buffer.concat(records)
const broken = gzipEach(records)
broken.fill(0xee, broken.length - 700, broken.length - 600)

const arc = Buffer.concat(
  Array.from({ length: 20 }, (_, i) => {
    const block = Buffer.from(`HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\npage ${i}`)
    const line = `http://a.example/${i} 1.2.3.4 20080430204825 text/html ${block.length}\n`
    return Buffer.concat([Buffer.from(line), block, Buffer.from('\n')])
  }),
)

test.each<[string, Buffer]>([
  ['plain', plain],
  [
    'plain with garbage',
    Buffer.concat([page(8), Buffer.from('garbage\n'), plain, plain.subarray(0, 900)]),
  ],
  ['gzip by record', gzipEach(records)],
  ['gzip by record, stored', gzipEach(records, 0)],
  ['gzip by record, damaged', broken],
  ['gzip by record, cut', gzipEach(records).subarray(0, -30)],
  ['gzip as a whole', gzipSync(plain)],
  ['gzip by blocks', gzipBlocks(plain, 4000)],
  ['ARC', arc],
])('%s', async (name, bytes) => {
  const path = fileOf(`${name}.warc`, bytes)
  const whole = brief(await readAll(warc, path))
  expect(whole.length).toBeGreaterThanOrEqual(5)
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 6 }), async (cuts) => {
      const borders = [0, ...cuts.toSorted((a, b) => a - b), bytes.length]
      const parts: string[] = []
      for (let i = 1; i < borders.length; i++) {
        parts.push(...brief(await readAll(warc, path, {}, borders[i - 1], borders[i])))
      }
      expect(parts).toEqual(whole)
    }),
    { seed: 3, numRuns: 15 },
  )
})

test('pages inside pages never become documents of their own', async () => {
  for (const bytes of [plain, gzipEach(records, 0)]) {
    const path = fileOf('nested.warc', bytes)
    for (let at = 0; at < bytes.length; at += 997) {
      const items = brief(await readAll(warc, path, {}, at, at + 997))
      const inside = items.filter((item) => item.startsWith('00000000-0000-4000-8000-0000000009'))
      expect(inside).toEqual([])
    }
  }
})

// Entering large archives in the middle, where the way back to the start is too long.
import { findPlainRecord } from '@shardmill/stages/read/archive-entry'
import { beginsWithHeader } from '@shardmill/stages/read/archive-entry'
import { FileBytes } from '@shardmill/stages/read/file-bytes'
import { findUnit } from '@shardmill/stages/read/gzip-members'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { fileOf, gzipEach, page } from './support.ts'

const wishes = { kind: 'warc', maxRecordBytes: 1 << 20, wants: () => true } as const

/** Offsets of the pieces when written one behind the other. */
function offsetsOf(pieces: readonly Buffer[]): number[] {
  let at = 0
  return pieces.map((piece) => (at += piece.length) - piece.length)
}

test('a plain archive is entered at true records, nested ones within the lookback passed over', async () => {
  const nested = Buffer.concat([page(901), page(902), page(903)])
  const records = Array.from({ length: 60 }, (_, i) =>
    page(i, i % 3 === 0 ? nested : `<p>page ${i} ${'x'.repeat((i * 97) % 400)}`),
  )
  const starts = offsetsOf(records)
  const bytes = Buffer.concat(records)
  const file = new FileBytes(fileOf('plain.warc', bytes))
  for (let at = 1; at < bytes.length; at += 131) {
    const found = await findPlainRecord(file, at, bytes.length, wishes, 3000)
    expect(found).toBe(starts.find((start) => start >= at))
  }
  file.close()
})

test('a gzip archive of megabytes with archives inside its pages', async () => {
  let state = 7
  const noise = Buffer.alloc(30_000).map(() => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state >>> 24
  })
  const inner = gzipEach([page(901, noise.subarray(0, 9000)), page(902), page(903)])
  const members = Array.from({ length: 70 }, (_, i) =>
    gzipSync(page(i, Buffer.concat(i % 2 === 0 ? [inner, noise, inner] : [noise])), { level: 1 }),
  )
  const starts = offsetsOf(members)
  const bytes = Buffer.concat(members)
  expect(bytes.length).toBeGreaterThan(2.5e6)
  const file = new FileBytes(fileOf('large.warc.gz', bytes))
  const startsRecord = (content: Buffer) => beginsWithHeader('warc', content)
  for (let at = 1_200_000; at < bytes.length; at += 20_011) {
    const found = await findUnit(file, at, bytes.length, startsRecord)
    expect(found).toBe(starts.find((start) => start >= at))
  }
  // Where nothing is sound up to the end of the file, the walk begins further back.
  const cut = new FileBytes(fileOf('cut.warc.gz', bytes.subarray(0, bytes.length - 5)))
  const last = starts.at(-1) ?? 0
  expect(await findUnit(cut, last - 10, bytes.length, startsRecord)).toBe(last)
  file.close()
  cut.close()
})

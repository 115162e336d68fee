import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { InputError } from '@shardmill/core/errors'
import { seeded } from '@shardmill/core/random'
import { PackedShardReader } from '../src/packed-shard.ts'
import { PackedShardWriter, type PackedShardOptions } from '../src/packed-shard-writer.ts'

const folder = mkdtempSync(join(tmpdir(), 'shardmill-packed-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const options: PackedShardOptions = {
  sequenceLength: 12,
  vocabSize: 1000,
  tokenizerHash: 'abc',
  padId: 7,
  eosId: 2,
  hasWordStarts: true,
}

interface Row {
  readonly docs: string[]
  readonly offsets: number[]
  readonly pieces: number[][]
  readonly words: number[][]
}

/** Rows of random pieces, some full, some padded. */
function randomRows(count: number, vocabSize: number, sequenceLength: number): Row[] {
  const random = seeded(11)
  return Array.from({ length: count }, (_, r) => {
    const row: Row = { docs: [], offsets: [], pieces: [], words: [] }
    let free = sequenceLength - random.below(3)
    while (free > 0) {
      const length = 1 + random.below(free)
      row.docs.push(`文档-${r}-${free}`)
      row.offsets.push(random.below(5))
      row.pieces.push(Array.from({ length }, () => random.below(vocabSize)))
      row.words.push(Array.from({ length }, () => random.below(2)))
      free -= length
    }
    return row
  })
}

function write(path: string, rows: readonly Row[], shard: PackedShardOptions): void {
  const writer = new PackedShardWriter(path, shard)
  for (const row of rows) {
    for (const [i, piece] of row.pieces.entries()) {
      writer.addPiece({
        ids: Uint32Array.from([99, ...piece]),
        from: 1,
        to: piece.length + 1,
        offset: row.offsets[i]!,
        docId: row.docs[i]!,
        wordStarts: Uint8Array.from([1, ...row.words[i]!]),
      })
    }
    writer.endRow()
  }
  writer.commit()
}

async function read(path: string): Promise<Row[]> {
  const reader = await PackedShardReader.open(path)
  const rows: Row[] = []
  const { sequenceLength, padId } = reader.metadata
  for await (const batch of reader.batches()) {
    for (let r = 0; r < batch.rows; r++) {
      const row: Row = { docs: [], offsets: [], pieces: [], words: [] }
      let at = r * sequenceLength
      for (let p = batch.rowPieces[r]!; p < batch.rowPieces[r + 1]!; p++) {
        const end = at + batch.pieceLengths[p]!
        row.docs.push(batch.docId(p))
        row.offsets.push(batch.pieceOffsets[p]!)
        row.pieces.push([...batch.inputIds.subarray(at, end)])
        const words = []
        for (let bit = at; bit < end; bit++)
          words.push((batch.wordStarts![bit >>> 3]! >> (bit & 7)) & 1)
        row.words.push(words)
        at = end
      }
      for (; at < (r + 1) * sequenceLength; at++) expect(batch.inputIds[at]).toBe(padId)
      rows.push(row)
    }
  }
  expect(reader.rowCount).toBe(rows.length)
  await reader.close()
  return rows
}

describe('packed shards', () => {
  test.each([
    ['u16 ids', { vocabSize: 65_536 }],
    ['u32 ids', { vocabSize: 200_000 }],
  ])('what is written is read: %s', async (name, change) => {
    const path = join(folder, `${name}.arrow`)
    const shard = { ...options, ...change }
    const rows = randomRows(300, shard.vocabSize, shard.sequenceLength)
    write(path, rows, shard)
    expect(await read(path)).toEqual(rows)
    const reader = await PackedShardReader.open(path)
    expect(reader.metadata).toMatchObject(shard)
    await reader.close()
  })

  test('rows of several batches are found by their number', async () => {
    const path = join(folder, 'batches.arrow')
    const shard = { ...options, sequenceLength: 1 << 20, hasWordStarts: false }
    const writer = new PackedShardWriter(path, shard)
    for (let row = 0; row < 5; row++) {
      const ids = new Uint16Array(1 << 20).fill(row)
      writer.addPiece({ ids, from: 0, to: ids.length, offset: 0, docId: `${row}` })
      writer.endRow()
    }
    writer.commit()
    const reader = await PackedShardReader.open(path)
    expect([reader.batchCount, reader.rowCount, reader.metadata.rowsPerBatch]).toEqual([3, 5, 2])
    const batch = await reader.readBatch(2)
    expect([batch.rows, batch.inputIds[0], batch.docId(0), batch.wordStarts]).toEqual([
      1,
      4,
      '4',
      undefined,
    ])
    await expect(reader.readBatch(3)).rejects.toThrow('no record batch 3')
    await reader.close()
  })

  test('an empty shard has no rows', async () => {
    const path = join(folder, 'empty.arrow')
    write(path, [], options)
    expect(await read(path)).toEqual([])
  })

  test('same rows, same bytes', () => {
    const rows = randomRows(50, 1000, 12)
    write(join(folder, 'a.arrow'), rows, options)
    write(join(folder, 'b.arrow'), rows, options)
    expect(
      readFileSync(join(folder, 'a.arrow')).equals(readFileSync(join(folder, 'b.arrow'))),
    ).toBe(true)
  })

  test('a piece too long for the row and a missing bitmap are errors', () => {
    const writer = new PackedShardWriter(join(folder, 'errors.arrow'), options)
    const ids = new Uint16Array(13)
    const piece = { ids, from: 0, to: 13, offset: 0, docId: 'a' }
    expect(() => writer.addPiece(piece)).toThrow('expected a piece of 1..12 tokens, got 13')
    expect(() => writer.addPiece({ ...piece, to: 3 })).toThrow('the piece has none')
    writer.close()
    expect(readdirSync(folder).filter((name) => name.startsWith('errors'))).toEqual([])
  })

  test('another file is refused by name', async () => {
    const path = join(folder, 'other.arrow')
    writeFileSync(path, 'not arrow at all, only text')
    await expect(PackedShardReader.open(path)).rejects.toThrow(InputError)
  })
})

// Golden bytes. bench/exports.py opens the same files with the real reader libraries.
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { exporters, type ExportFormat } from '../src/export/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'shardmill-export-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const sequences = [
  Int32Array.of(1, 2, 3),
  new Int32Array(0),
  Int32Array.of(65_535),
  Int32Array.of(7, 8),
]

function write(format: ExportFormat, name: string, vocabSize: number): string {
  const path = join(folder, name, 'out')
  const exporter = exporters[format](path, { vocabSize, tokenizerName: 'test' })
  for (const ids of sequences) exporter.add(ids)
  expect(exporter.commit()).toMatchObject({ sequences: 3, tokens: 6 })
  return path
}

const hex = (path: string): string => readFileSync(path).toString('hex')

test('megatron', () => {
  const small = write('megatron', 'megatron-small', 65_536)
  expect(hex(`${small}.bin`)).toBe('010002000300ffff07000800')
  const index = readFileSync(`${small}.idx`)
  expect(index.toString('latin1', 0, 9)).toBe('MMIDIDX\0\0')
  expect([index.readBigUInt64LE(9), index[17]]).toEqual([1n, 8])
  expect([index.readBigUInt64LE(18), index.readBigUInt64LE(26)]).toEqual([3n, 4n])
  const at = 34
  expect([0, 1, 2].map((i) => index.readInt32LE(at + 4 * i))).toEqual([3, 1, 2])
  expect([0, 1, 2].map((i) => index.readBigInt64LE(at + 12 + 8 * i))).toEqual([0n, 6n, 8n])
  expect([0, 1, 2, 3].map((i) => index.readBigInt64LE(at + 36 + 8 * i))).toEqual([0n, 1n, 2n, 3n])
  expect(index.length).toBe(at + 12 + 24 + 32)
  const large = write('megatron', 'megatron-large', 65_537)
  expect(hex(`${large}.bin`)).toBe('010000000200000003000000ffff00000700000008000000')
  expect(readFileSync(`${large}.idx`)[17]).toBe(4)
})

test('nanotron', () => {
  const path = write('nanotron', 'nanotron', 50_000)
  expect(hex(`${path}.ds`)).toBe('010002000300ffff07000800')
  expect(hex(`${path}.ds.index`)).toBe('030000000000000004000000000000000600000000000000')
  expect(readFileSync(`${path}.ds.metadata`, 'utf8')).toBe('test|2\n6\n6 T')
})

test('mds', () => {
  const path = write('mds', 'mds', 50_000)
  const shard = readFileSync(join(path, 'shard.00000.mds'))
  expect(shard.readUInt32LE(0)).toBe(3)
  const offsets = [0, 1, 2, 3].map((i) => shard.readUInt32LE(4 + 4 * i))
  // u32 size, then one axis of one byte's length, then the values.
  expect(shard.toString('hex', offsets[0], offsets[1])).toBe('080000000403010002000300')
  expect(shard.toString('hex', offsets[1], offsets[2])).toBe('040000000401ffff')
  expect(offsets[3]).toBe(shard.length)
  const config = JSON.parse(shard.toString('utf8', 20, offsets[0])) as object
  expect(config).toMatchObject({
    column_encodings: ['ndarray:uint16'],
    column_names: ['input_ids'],
  })
  const index = JSON.parse(readFileSync(join(path, 'index.json'), 'utf8')) as { shards: object[] }
  expect(index.shards).toMatchObject([
    { samples: 3, raw_data: { basename: 'shard.00000.mds', bytes: shard.length } },
  ])
})

test('litdata', () => {
  const path = write('litdata', 'litdata', 50_000)
  const chunk = readFileSync(join(path, 'chunk-0-0.bin'))
  expect([0, 1, 2, 3, 4].map((i) => chunk.readUInt32LE(4 * i))).toEqual([3, 20, 26, 28, 32])
  expect(chunk.toString('hex', 20)).toBe('010002000300ffff07000800')
  const index = JSON.parse(readFileSync(join(path, 'index.json'), 'utf8')) as object
  expect(index).toMatchObject({
    chunks: [{ chunk_bytes: 32, chunk_size: 3, dim: 6, filename: 'chunk-0-0.bin' }],
    config: { data_format: ['no_header_tensor:20'], item_loader: 'TokensLoader' },
  })
})

test('huggingface', async () => {
  const { tableFromIPC } = await import('apache-arrow')
  const path = write('huggingface', 'huggingface', 50_000)
  const files = readdirSync(path).toSorted()
  expect(files).toEqual(['data-00000-of-00001.arrow', 'dataset_info.json', 'state.json'])
  const table = tableFromIPC(readFileSync(join(path, files[0]!)))
  const rows = Array.from(table, (row) => [...(row['input_ids'] as Iterable<number>)])
  expect(rows).toEqual([[1, 2, 3], [65_535], [7, 8]])
  const state = JSON.parse(readFileSync(join(path, 'state.json'), 'utf8')) as object
  expect(state).toMatchObject({ _data_files: [{ filename: files[0] }] })
})

describe.each(Object.keys(exporters) as ExportFormat[])('%s', (format) => {
  test('without a commit nothing is left', () => {
    const path = join(folder, `${format}-closed`, 'out')
    const exporter = exporters[format](path, { vocabSize: 100, tokenizerName: 'test' })
    exporter.add(Int32Array.of(1))
    exporter.close()
    const left = readdirSync(folder, { recursive: true, withFileTypes: true })
    const files = left.filter((entry) => entry.isFile()).map((entry) => entry.parentPath)
    expect(files.filter((parent) => parent.includes(`${format}-closed`))).toEqual([])
  })

  test('same sequences, same bytes', () => {
    const paths = ['a', 'b'].map((name) => write(format, `${format}-${name}`, 50_000))
    const contents = paths.map((path) => {
      const root = join(path, '..')
      const names = readdirSync(root, { recursive: true, withFileTypes: true })
      const files = names.filter((entry) => entry.isFile())
      return files.map((entry) => hex(join(entry.parentPath, entry.name)))
    })
    expect(contents[0]).toEqual(contents[1])
  })
})

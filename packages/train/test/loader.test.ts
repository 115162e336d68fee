// The order of rows: every row once an epoch, the same after seeking, mixed by weight.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PackedShardWriter } from '@shardmill/tokenizer/packed-shard-writer'
import { afterAll, expect, test } from 'vitest'
import { createLoader, type Loader } from '../src/data/loader.ts'
import { openPackedSource } from '../src/data/packed-source.ts'

const folder = mkdtempSync(join(tmpdir(), 'shardmill-loader-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

// Rows of 65,536 tokens: 32 a record batch, so 150 rows are five batches, more than one window.
const sequenceLength = 65_536

function writeRows(name: string, count: number, first: number): string {
  const path = join(folder, `${name}.arrow`)
  const options = { sequenceLength, vocabSize: 9999, tokenizerHash: 'x', padId: 0 }
  const writer = new PackedShardWriter(path, { ...options, hasWordStarts: false })
  for (let i = 0; i < count; i++) {
    const ids = Uint32Array.of(first + i, 7)
    writer.addPiece({ ids, from: 0, to: 2, offset: 0, docId: 'd' })
    writer.endRow()
  }
  writer.commit()
  return path
}

const [large, small] = [writeRows('large', 150, 1000), writeRows('small', 10, 5000)]

async function open(shuffle = true): Promise<Loader> {
  const source = await openPackedSource(large, { seed: 3, shuffle })
  return createLoader([{ source, weight: 1 }], 1)
}

const draw = async (loader: Loader, count: number): Promise<number[]> =>
  (await loader.next(count)).map(({ ids }) => ids[0]!)

test('an epoch has every row once; the next one has another order', async () => {
  const loader = await open()
  const [first, second] = [await draw(loader, 150), await draw(loader, 150)]
  const all = Array.from({ length: 150 }, (_, i) => 1000 + i)
  expect(first.toSorted((a, b) => a - b)).toEqual(all)
  expect(second.toSorted((a, b) => a - b)).toEqual(all)
  expect(first).not.toEqual(all)
  expect(second).not.toEqual(first)
  await loader.close()
})

test('seeking continues exactly, over the end of an epoch', async () => {
  const loader = await open()
  await draw(loader, 130)
  const cursor = loader.cursor()
  const after = await draw(loader, 60)
  await loader.close()
  const resumed = await open()
  resumed.seek(cursor)
  expect(await draw(resumed, 60)).toEqual(after)
  await resumed.close()
})

test('without shuffling rows come in file order', async () => {
  const loader = await open(false)
  expect(await draw(loader, 3)).toEqual([1000, 1001, 1002])
  await loader.close()
})

test('data sets are mixed by weight', async () => {
  const options = { seed: 3, shuffle: true }
  const sources = [
    { source: await openPackedSource(large, options), weight: 3 },
    { source: await openPackedSource(small, options), weight: 1 },
  ]
  const loader = createLoader(sources, 1)
  const ids = await draw(loader, 400)
  const share = ids.filter((id) => id >= 5000).length / 400
  expect(share).toBeGreaterThan(0.2)
  expect(share).toBeLessThan(0.3)
  expect(loader.cursor().positions.reduce((a, b) => a + b, 0)).toBe(400)
  await loader.close()
})

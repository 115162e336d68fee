// minhash-dedup through the real command: the phases of its second look give the same bytes for any
// number of workers, spread of records and order of crashes, and what they drop is what they should.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { seeded } from '@shardmill/core/random'
import type { Report } from '@shardmill/runtime/report/report'
import { afterAll, expect, test } from 'vitest'
import { killRun } from '../support/chaos.ts'
import { makeRows } from '../support/documents.ts'
import { makeFolder, resultOf } from '../support/run-pipeline.ts'
import { digestOf, readShard, splitRows, writePipeline } from '../support/same-digest.ts'

const { folder, remove } = makeFolder()
afterAll(remove)

const kills = 4

/** Every third document gets a near copy somewhere else: a few words more. */
const originals = makeRows(400)
const rows = [
  ...originals,
  ...originals
    .filter((_, i) => i % 3 === 0)
    .map(({ id, url, text }) => ({ id: `${id}-copy`, url, text: `${text} and some more` })),
]

test('one digest for workers 1 and 5, for 1 and 7 files, and after kills', async () => {
  const [one, seven] = [splitRows(folder, rows, 1), splitRows(folder, rows, 7)]
  const stages = ['normalize', 'exact-dedup', 'minhash-dedup']
  const write = (name: string, input: string, taskBytes: string): string =>
    writePipeline(folder, name, { input, taskBytes, shardBytes: '1MB', stages })
  const calm = await digestOf(folder, write('w1', one, '80KB'), 1)
  expect(await digestOf(folder, write('w5', seven, '50KB'), 5)).toBe(calm)
  const file = write('chaos', seven, '80KB')
  const chaos = await killRun({ folder, file, kills, random: seeded(77) })
  expect(chaos.kills).toBe(kills)
  expect(resultOf(chaos.last).digest).toBe(calm)

  const kept = await readShard(join(folder, 'shards/w1/text/part-00000.arrow'))
  const dropped = await readShard(join(folder, 'shards/w1/dropped/minhash-dedup/part-00000.arrow'))
  expect(dropped.length).toBeGreaterThan(60)
  // The longer of two is kept: the copies.
  expect(dropped.filter(({ id }) => id.endsWith('-copy'))).toEqual([])
  expect(kept.filter(({ meta }) => meta.duplicates === 2).length).toBeGreaterThan(20)

  const path = join(folder, 'shards/w1/report.json')
  const { clusters } = JSON.parse(readFileSync(path, 'utf8')) as Report
  const samples = clusters['minhash-dedup']!
  expect(samples).toHaveLength(20)
  for (const { kept: keeper, example, diff } of samples) {
    expect(`${keeper.id} ${example.id}`).toMatch(/^doc-\d+-copy doc-\d+$/)
    expect(diff.find(({ kind }) => kind === 'kept')!.text).toContain('and some more')
    expect(diff.some(({ kind }) => kind === 'dropped')).toBe(false)
  }
})

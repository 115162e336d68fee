// minhash-dedup through the real command: the phases of its second look give the same bytes for any
// number of workers, spread of records and order of crashes, and what they drop is what they should.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { seeded } from '@shardmill/core/random'
import { ShardReader } from '@shardmill/core/shard-reader'
import { readDocuments } from '@shardmill/core/document-shard'
import type { Report } from '@shardmill/runtime/report/report'
import { afterAll, expect, test } from 'vitest'
import { killRun } from '../support/chaos.ts'
import { makeRows, toJsonl } from '../support/documents.ts'
import { makeFolder, resultOf, runCommand } from '../support/run-pipeline.ts'

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

function split(files: number): string {
  const name = `split-${files}`
  mkdirSync(join(folder, name))
  const size = Math.ceil(rows.length / files)
  for (let i = 0; i < files; i++) {
    const part = rows.slice(i * size, (i + 1) * size)
    writeFileSync(join(folder, name, `part-${i}.jsonl`), toJsonl(part))
  }
  return `${name}/*.jsonl`
}

function writePipeline(name: string, input: string, taskBytes: string): string {
  writeFileSync(
    join(folder, `${name}.yaml`),
    `input: ${input}
taskBytes: ${taskBytes}
shardBytes: 1MB
keepDropped: true
stages:
  - normalize
  - exact-dedup
  - minhash-dedup
`,
  )
  return `${name}.yaml`
}

async function digestOf(file: string, workers: number): Promise<string> {
  const args = ['pipeline', 'run', file, '--json', '--workers', String(workers)]
  const run = await runCommand({ folder, args })
  expect(run.code, run.stderr).toBe(0)
  return resultOf(run).digest
}

test('one digest for workers 1 and 5, for 1 and 7 files, and after kills', async () => {
  const [one, seven] = [split(1), split(7)]
  const calm = await digestOf(writePipeline('w1', one, '80KB'), 1)
  expect(await digestOf(writePipeline('w5', seven, '50KB'), 5)).toBe(calm)
  const file = writePipeline('chaos', seven, '80KB')
  const chaos = await killRun({ folder, file, kills, random: seeded(77) })
  expect(chaos.kills).toBe(kills)
  expect(resultOf(chaos.last).digest).toBe(calm)

  const kept = await idsIn('w1/text/part-00000.arrow')
  const dropped = await idsIn('w1/dropped/minhash-dedup/part-00000.arrow')
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

async function idsIn(path: string) {
  const reader = await ShardReader.open(join(folder, 'shards', path))
  try {
    const documents = []
    for await (const batch of reader.batches()) documents.push(...readDocuments(batch))
    return documents
  } finally {
    await reader.close()
  }
}

// minhash-dedup against earlier runs, through the real command: a run keeps an index, later ones drop what
// is near to its documents without its texts, whatever workers, tasks and crashes they have.
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { seeded } from '@shardmill/core/random'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { killRun } from '../support/chaos.ts'
import { makeRows, toJsonl, type Row } from '../support/documents.ts'
import { makeFolder, resultOf, runCommand, type Finished } from '../support/run-pipeline.ts'

const { folder, remove } = makeFolder()
afterAll(remove)

const reason = 'near-duplicate-of-earlier-run'
const old = makeRows(120)
const copies: Row[] = old
  .filter((_, i) => i % 4 === 0)
  .map(({ id, url, text }) => ({ id: `${id}-again`, url, text: `${text} and some more` }))
const fresh = makeRows(60, 99).map((row) => ({ ...row, id: `new-${row.id}` }))
// Near copies of new documents too, so that both kinds of verdict occur.
const twins = fresh
  .slice(0, 30)
  .map((row) => ({ ...row, id: `${row.id}-twin`, text: `${row.text} .` }))
const short = [
  { id: 'short-old', url: '', text: '今天休息' },
  { id: 'short-new', url: '', text: '今天，休息。' },
]

function write(name: string, rows: readonly Row[], options: string[], taskBytes = '20KB'): string {
  writeFileSync(join(folder, `${name}.jsonl`), toJsonl(rows))
  const stages = options.map((option) => `  - minhash-dedup: { ${option} }\n`).join('')
  writeFileSync(
    join(folder, `${name}.yaml`),
    `input: ${name}.jsonl\ntaskBytes: ${taskBytes}\nstages:\n  - normalize\n${stages}`,
  )
  return `${name}.yaml`
}

async function run(file: string, workers = 2): Promise<Finished> {
  const args = ['pipeline', 'run', file, '--json', '--workers', String(workers)]
  const finished = await runCommand({ folder, args })
  expect(finished.code, finished.stderr).toBe(0)
  return finished
}

function droppedBy(name: string): Record<string, number> {
  const report = JSON.parse(readFileSync(join(folder, 'shards', name, 'report.json'), 'utf8')) as {
    stages: { name: string; dropped: Record<string, number> }[]
  }
  return report.stages.find((stage) => stage.name === 'minhash-dedup')!.dropped
}

const later = [...fresh, ...copies, ...twins, short[1]!]

beforeAll(async () => {
  await run(write('old', [...old, short[0]!], ['index: true']))
  // From here on there is only the index: neither the texts nor how they were read.
  for (const gone of ['old.jsonl', 'shards/old/text', 'shards/old/.state']) {
    rmSync(join(folder, gone), { recursive: true })
  }
})

test('drops what is near to an earlier run, and keeps the rest as before', async () => {
  const both = ['againstIndex: shards/old, index: true']
  const calm = resultOf(await run(write('calm', later, both, '90KB'), 1))
  const dropped = droppedBy('calm')
  expect(dropped[reason]).toBe(copies.length + 1)
  expect(dropped['near-duplicate']).toBeGreaterThanOrEqual(twins.length)
  expect(calm.kept).toBeGreaterThan(fresh.length / 2)

  // The digest covers the index that the run keeps itself.
  const file = write('chaos', later, both)
  const chaos = await killRun({ folder, file, kills: 2, random: seeded(5) })
  expect(resultOf(chaos.last).digest).toBe(calm.digest)

  // The indexes of both runs together know every document.
  await run(write('again', later, ['againstIndex: [old, calm]']))
  expect(droppedBy('again')).toEqual({ [reason]: later.length })

  const { stdout } = await runCommand({ folder, args: ['pipeline', 'plan', 'again.yaml'] })
  expect(stdout).toContain('14 bands x 8 rows')
  expect(stdout).toContain('recall-0')
})

test('refuses an index that is not there or not comparable, before anything is read', async () => {
  const file = write('refused', fresh, [
    'againstIndex: old, words: 4',
    'againstIndex: old, threshold: 0.9',
    'againstIndex: shards/nowhere',
    'againstIndex: shards/again',
  ])
  const { code, stderr } = await runCommand({ folder, args: ['pipeline', 'check', file] })
  expect(code).toBe(2)
  for (const fault of [
    /refused\.yaml:5:36 .*words: 5.*words: 4.*make the index again/,
    /refused\.yaml:6:36 .*bands: 14.*bands: 6/,
    /refused\.yaml:7:36 .*no finished run in `shards\/nowhere`/,
    /refused\.yaml:8:36 .*`minhash-dedup: \{ index: true \}`/,
  ]) {
    expect(stderr).toMatch(fault)
  }
})

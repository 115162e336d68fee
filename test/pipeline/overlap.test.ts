// What the report says about filters: how they overlap, beside each filter run by itself, and what each
// removed per language.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { seeded } from '@shardmill/core/random'
import type { Report } from '@shardmill/runtime/report/report'
import { afterAll, expect, test } from 'vitest'
import { makeFolder, runCommand } from '../support/run-pipeline.ts'

const { folder, remove } = makeFolder()
afterAll(remove)

const random = seeded(61)
const rows = Array.from({ length: 300 }, (_, i) => {
  const words = Array.from({ length: 1 + random.below(60) }, () =>
    random.below(3) ? 'stone' : 'No',
  )
  const text = `${words.join(random.below(2) ? ' ' : '\n')}${random.below(2) ? '' : ' #'.repeat(9)}`
  return { id: `d${i}`, text, lang: i % 3 === 0 ? 'zh' : 'en' }
})

const filters = [
  'gopher-quality: { minWords: 20, stopWords: [] }',
  'fineweb-quality: {}',
  'gopher-repetition: {}',
]
const names = filters.map((filter) => filter.slice(0, filter.indexOf(':')))

async function run(name: string, stages: readonly string[]): Promise<Report> {
  writeFileSync(join(folder, 'in.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  writeFileSync(
    join(folder, `${name}.yaml`),
    `input: in.jsonl\noverlapShare: 1\nstages:\n${stages.map((stage) => `  - ${stage}\n`).join('')}`,
  )
  const { code, stderr } = await runCommand({ folder, args: ['pipeline', 'run', `${name}.yaml`] })
  expect(code, stderr).toBe(0)
  return JSON.parse(readFileSync(join(folder, 'shards', name, 'report.json'), 'utf8')) as Report
}

test('overlap and languages in the report are those of the filters by themselves', async () => {
  const together = await run('together', filters)
  const { overlap, stages } = together
  expect(Object.keys(overlap.stages)).toEqual(names)
  const lost = rows.length - together.kept
  expect(overlap.documents).toBe(lost)
  for (const [i, filter] of filters.entries()) {
    const single = await run(`single-${i}`, [filter])
    expect(overlap.stages[names[i]!]!.dropped).toBe(rows.length - single.kept)
  }
  for (const a of names) {
    for (const b of names) expect(overlap.pairs[a]?.[b]).toBe(overlap.pairs[b]?.[a])
    expect(overlap.stages[a]!.alone).toBeLessThanOrEqual(overlap.stages[a]!.dropped)
  }
  const pairs = names.flatMap((a) => Object.values(overlap.pairs[a] ?? {}))
  expect(pairs.length).toBeGreaterThanOrEqual(4)

  const stage = stages.find(({ name }) => name === names[0])!
  expect(stage.languages['zh']!.in).toBe(100)
  expect(stage.languages['en']!.in).toBe(200)
  const byLanguage = Object.values(stage.languages).flatMap(({ dropped }) => Object.values(dropped))
  expect(byLanguage.reduce((sum, count) => sum + count, 0)).toBe(stage.in - stage.kept)
})

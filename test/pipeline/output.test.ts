// Stages that run on the finished shards: made whole, cached, remade when lost, last in line.
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { makeRows, toJsonl } from '../support/documents.ts'
import { makeFolder, resultOf, runCommand, type Finished } from '../support/run-pipeline.ts'
import { stagePath } from '../support/stage-path.ts'

const { folder, remove } = makeFolder({ 'in.jsonl': toJsonl(makeRows(300)) })
afterAll(remove)

async function run(label: string): Promise<Finished> {
  const stage = `  - ${stagePath('count-words')}: { label: ${label} }\n`
  writeFileSync(join(folder, 'out.yaml'), `input: in.jsonl\nstages:\n  - normalize\n${stage}`)
  return runCommand({ folder, args: ['pipeline', 'run', 'out.yaml', '--json'] })
}

const phases = ({ events }: Finished): string[] => {
  return events.filter(({ event }) => event === 'task').map(({ phase }) => String(phase))
}

test('an output stage makes its folder once, and again when its options change or it is lost', async () => {
  const path = join(folder, 'shards/out/counts/count.json')
  const first = await run('words')
  expect(first.code, first.stderr).toBe(0)
  const { words } = JSON.parse(readFileSync(path, 'utf8')) as { words: number }
  expect(words).toBeGreaterThan(1000)
  expect(phases(await run('words'))).toEqual([])
  const second = await run('tokens')
  expect(phases(second)).toEqual(['output-1'])
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ tokens: words })
  expect(resultOf(second).digest).not.toBe(resultOf(first).digest)
  rmSync(path)
  expect(phases(await run('tokens'))).toEqual(['output-1'])
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ tokens: words })
})

test('a stage behind an output stage is refused', async () => {
  const stages = `[${stagePath('count-words')}, normalize]`
  writeFileSync(join(folder, 'late.yaml'), `input: in.jsonl\nstages: ${stages}\n`)
  const { code, stderr } = await runCommand({ folder, args: ['pipeline', 'check', 'late.yaml'] })
  expect([code, stderr]).toEqual([2, expect.stringContaining('`normalize` must stand before')])
})

// What goes wrong in one document stays in one document; what goes wrong around a run is one clear
// message.
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readDocuments } from '@shardmill/core/document-shard'
import { hashBytes } from '@shardmill/core/hash'
import { ShardReader } from '@shardmill/core/shard-reader'
import { acquireLock } from '@shardmill/runtime/lock'
import { afterAll, expect, test } from 'vitest'
import { makeRows, toJsonl } from '../support/documents.ts'
import { makeFolder, resultOf, runCommand, type Finished } from '../support/run-pipeline.ts'
import { stagePath } from '../support/stage-path.ts'

const { folder, remove } = makeFolder({ 'in.jsonl': toJsonl(makeRows(800)) })
afterAll(remove)

async function run(name: string, yaml: string, ...args: string[]): Promise<Finished> {
  writeFileSync(join(folder, `${name}.yaml`), yaml)
  return runCommand({ folder, args: ['pipeline', 'run', `${name}.yaml`, '--json', ...args] })
}

test('documents that throw, kill, hang or exhaust memory are quarantined, all others kept', async () => {
  const stage = stagePath('breaks-on')
  const { stderr, ...finished } = await run(
    'bad-documents',
    `input: in.jsonl
maxErrorRate: 0.05
stuckSeconds: 2
workerMemoryMB: 192
stages:
  - normalize
  - ${stage}: { throws: [doc-5], kills: [doc-300], hangs: [doc-17], exhausts: [doc-600] }
`,
  )
  expect(finished.code, stderr).toBe(0)
  const path = join(folder, 'shards/bad-documents/quarantine/part-00000.arrow')
  const reader = await ShardReader.open(path)
  const batch = await reader.batch(0)
  const found = readDocuments(batch).map(({ id }, row) => {
    return [id, batch.bytes('stage')!.text(row), batch.bytes('error')!.text(row)]
  })
  await reader.close()
  expect(found).toEqual([
    ['doc-5', 'breaks-on', 'cannot stand doc-5'],
    ['doc-17', 'breaks-on', 'the worker gave no sign of life for 2 s'],
    ['doc-300', 'breaks-on', 'the worker was killed by SIGKILL'],
    ['doc-600', 'breaks-on', 'the worker ran out of memory'],
  ])
})

test('too many broken documents end the run with a summary', async () => {
  const throws = Array.from({ length: 40 }, (_, i) => `doc-${i}`).join(', ')
  const { code, stderr } = await run(
    'too-many',
    `input: in.jsonl\nstages:\n  - ${stagePath('breaks-on')}: { throws: [${throws}] }\n`,
  )
  expect(code).toBe(1)
  expect(stderr).toMatch(/40 of 800 documents broke a stage \(breaks-on 40\)/)
})

test('a second run on the same folder is refused while the first holds it', async () => {
  mkdirSync(join(folder, 'shards/locked/.state'), { recursive: true })
  const release = acquireLock(join(folder, 'shards/locked/.state/lock'))
  const { code, stderr } = await run('locked', 'input: in.jsonl\nstages: [normalize]\n')
  release()
  expect(code).toBe(1)
  expect(stderr).toContain(`another run is working in ${join(folder, 'shards/locked')}`)
  const again = await run('locked', 'input: in.jsonl\nstages: [normalize]\n')
  expect(again.code, again.stderr).toBe(0)
})

test('an output folder that is a file is refused before anything starts', async () => {
  writeFileSync(join(folder, 'taken'), '')
  const { code, stderr } = await run(
    'file-output',
    'input: in.jsonl\noutput: taken\nstages: [normalize]\n',
  )
  expect([code, stderr]).toEqual([2, expect.stringContaining('`taken` is a file')])
})

test('an output folder that cannot be made is one clear message', async () => {
  writeFileSync(join(folder, 'a-file'), '')
  const yaml = 'input: in.jsonl\noutput: a-file/below\nstages: [normalize]\n'
  const { code, stderr } = await run('no-output', yaml)
  expect(code).toBe(1)
  expect(stderr).toContain(`cannot write to the output folder ${join(folder, 'a-file/below')}`)
})

test('editing a later stage runs only what follows it; --from repeats', async () => {
  const yaml = (limit: number): string => `input: in.jsonl
stages:
  - normalize
  - ${stagePath('same-text')}
  - ${stagePath('breaks-on')}: { throws: [doc-${limit}] }
`
  const first = await run('cache', yaml(1))
  const tasksOf = ({ events }: Finished): string[] => {
    return events.filter(({ event }) => event === 'task').map(({ phase }) => String(phase))
  }
  const second = await run('cache', yaml(2))
  const third = await run('cache', yaml(2))
  const fourth = await run('cache', yaml(2), '--from', 'same-text')
  expect(new Set(tasksOf(first))).toEqual(
    new Set(['map-0', 'group-0', 'resolve-0', 'map-1', 'cut', 'write']),
  )
  expect(new Set(tasksOf(second))).toEqual(new Set(['map-1', 'cut', 'write']))
  expect(tasksOf(third)).toEqual([])
  expect(resultOf(third).digest).toBe(resultOf(second).digest)
  expect(new Set(tasksOf(fourth))).toEqual(new Set(tasksOf(first)))
})

test('a shard that was removed is written again, and no temporary file is left', async () => {
  const yaml = 'input: in.jsonl\nstages: [normalize]\n'
  const first = await run('removed', yaml)
  const text = join(folder, 'shards/removed/text')
  const hash = (): string => hashBytes(readFileSync(join(text, 'part-00000.arrow')))
  const before = hash()
  writeFileSync(join(text, 'part-00000.arrow'), 'damaged')
  const second = await run('removed', yaml)
  expect(resultOf(second)).toEqual(expect.objectContaining({ digest: resultOf(first).digest }))
  expect(hash()).toBe(before)
  const all = readdirSync(join(folder, 'shards/removed'), { recursive: true, encoding: 'utf8' })
  expect(all.filter((name) => /\.part$|\.tmp$|lock$|scratch/.test(name))).toEqual([])
})

test('an interrupt stops cleanly and the same command goes on', async () => {
  writeFileSync(
    join(folder, 'stop.yaml'),
    'input: in.jsonl\ntaskBytes: 20KB\nstages: [normalize]\n',
  )
  const args = ['pipeline', 'run', 'stop.yaml', '--json', '--workers', '2']
  let isStopped = false
  const first = await runCommand({
    folder,
    args,
    onEvent({ event }, child) {
      if (event !== 'task' || isStopped) return
      isStopped = true
      child.kill('SIGINT')
    },
  })
  expect(first.code).toBe(130)
  expect(first.stderr).toMatch(/Stopped\. Finished parts are kept; go on with: pnpm pipeline run/)
  expect(existsSync(join(folder, 'shards/stop/.state/lock'))).toBe(false)
  const second = await runCommand({ folder, args })
  expect(second.code, second.stderr).toBe(0)
  expect(resultOf(second).kept).toBe(800)
})

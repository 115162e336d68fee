// Same configuration, seed and records: same bytes, for any number of workers, any spread of the
// records over files, and any task size.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { makeRows, toJsonl } from '../support/documents.ts'
import { makeFolder, resultOf, runCommand } from '../support/run-pipeline.ts'
import { stagePath } from '../support/stage-path.ts'

const { folder, remove } = makeFolder()
afterAll(remove)

const rows = makeRows(3000)

function split(files: number): string {
  const name = `split-${files}`
  mkdirSync(join(folder, name))
  const size = Math.ceil(rows.length / files)
  for (let i = 0; i < files; i++) {
    const part = rows.slice(i * size, (i + 1) * size)
    writeFileSync(join(folder, name, `part-${String(i).padStart(2, '0')}.jsonl`), toJsonl(part))
  }
  return `${name}/*.jsonl`
}

async function digestOf(
  name: string,
  input: string,
  taskBytes: string,
  workers: number,
): Promise<string> {
  writeFileSync(
    join(folder, `${name}.yaml`),
    `input: ${input}
taskBytes: ${taskBytes}
shardBytes: 200KB
keepDropped: true
stages:
  - normalize
  - ${stagePath('breaks-on')}: { throws: [doc-77, doc-2050] }
  - ${stagePath('same-text')}
`,
  )
  const args = ['pipeline', 'run', `${name}.yaml`, '--json', '--workers', String(workers)]
  const run = await runCommand({ folder, args })
  expect(run.code, run.stderr).toBe(0)
  return resultOf(run).digest
}

test('one digest for workers 1, 2, 3, 5, 8 and for 1, 4, 13 files', async () => {
  const [one, four, thirteen] = [split(1), split(4), split(13)]
  const digests = {
    'workers 1': await digestOf('w1', one, '100KB', 1),
    'workers 2': await digestOf('w2', one, '100KB', 2),
    'workers 3': await digestOf('w3', one, '100KB', 3),
    'workers 5': await digestOf('w5', one, '100KB', 5),
    'workers 8': await digestOf('w8', one, '100KB', 8),
    'files 4': await digestOf('f4', four, '100KB', 2),
    'files 13': await digestOf('f13', thirteen, '100KB', 2),
    'one task': await digestOf('t1', one, '100MB', 2),
    'small tasks': await digestOf('t9', thirteen, '30KB', 2),
  }
  expect(new Set(Object.values(digests)).size, JSON.stringify(digests, undefined, 2)).toBe(1)
})

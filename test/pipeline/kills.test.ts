// Workers and driver are killed at moments chosen by a seeded generator; each time the same command
// is run again. The result is the one of an undisturbed run, and no kill costs more than a part.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { seeded } from '@shardmill/core/random'
import { afterAll, expect, test } from 'vitest'
import { killRun, redoneBound } from '../support/chaos.ts'
import { makeRows, toJsonl } from '../support/documents.ts'
import { makeFolder, resultOf, runCommand } from '../support/run-pipeline.ts'
import { stagePath } from '../support/stage-path.ts'

const { folder, remove } = makeFolder()
afterAll(remove)

const documents = 4000
const kills = 15

test(`${kills} kills of workers and driver change nothing`, async () => {
  writeFileSync(join(folder, 'in.jsonl'), toJsonl(makeRows(documents)))
  for (const name of ['calm', 'chaos']) {
    writeFileSync(
      join(folder, `${name}.yaml`),
      `input: in.jsonl
taskBytes: 100KB
shardBytes: 300KB
keepDropped: true
stages:
  - normalize
  - ${stagePath('breaks-on')}
  - ${stagePath('same-text')}
`,
    )
  }
  const calm = await runCommand({ folder, args: ['pipeline', 'run', 'calm.yaml', '--json'] })
  const chaos = await killRun({ folder, file: 'chaos.yaml', kills, random: seeded(42) })
  expect(chaos.kills).toBe(kills)
  expect(resultOf(chaos.last)).toMatchObject({ digest: resultOf(calm).digest })
  expect(chaos.processed - documents).toBeLessThanOrEqual(redoneBound(calm, kills))
})

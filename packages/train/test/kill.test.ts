// SIGKILL at any moment, also while a checkpoint is being written, leaves only whole checkpoints,
// and the run that goes on ends with the bits of one that was never killed.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { listCheckpoints, readState } from '../src/checkpoint/checkpoint.ts'
import { readPretrained } from '../src/checkpoint/pretrained.ts'
import { trainConfig, writeShards } from './fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'shardmill-kill-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const target = fileURLToPath(new URL('./kill-target.js', import.meta.url))

/** Runs the target; kills it some turns after so many checkpoints, or lets it end. */
function run(config: string, killAfterReports: number, delay: number): Promise<number | null> {
  const child = spawn(process.execPath, [target, config], { stdio: ['ignore', 'pipe', 'ignore'] })
  let reports = 0
  child.stdout.on('data', (chunk: Buffer) => {
    reports += chunk.toString().split('\n').length - 1
    // Spread over the time between two checkpoints by counting turns of the event loop.
    if (reports < killAfterReports) return
    let turns = delay
    const wait = (): void => {
      if (turns-- <= 0) child.kill('SIGKILL')
      else setImmediate(wait)
    }
    wait()
  })
  return new Promise((resolve) => child.on('close', resolve))
}

test('every checkpoint is whole after SIGKILL, and the run ends with the same bits', async () => {
  const data = writeShards(join(folder, 'packed'))
  const options = { steps: 7, checkpoint: { everySteps: 1, keep: 2 }, threads: 1 }
  const [killed, whole] = ['killed', 'whole'].map((name) => {
    const path = join(folder, `${name}.json`)
    writeFileSync(path, JSON.stringify(trainConfig(join(folder, name), data, options)))
    return path
  })
  for (const [reports, delay] of [
    [1, 0],
    [2, 60],
  ]) {
    await run(killed!, reports!, delay!)
    const checkpoints = listCheckpoints(join(folder, 'killed'))
    expect(checkpoints.length).toBeGreaterThan(0)
    for (const path of checkpoints) {
      expect(readState(path).step).toBe(Number(/\d+$/.exec(path)![0]))
      expect(readPretrained(path).values.size).toBeGreaterThan(10)
    }
  }
  expect(await run(killed!, Infinity, 0)).toBe(0)
  expect(await run(whole!, Infinity, 0)).toBe(0)
  const [a, b] = ['killed', 'whole'].map((name) => listCheckpoints(join(folder, name)).at(-1)!)
  for (const file of ['model.safetensors', 'trainer/optimizer.safetensors', 'trainer/state.json']) {
    expect(readFileSync(join(a!, file)).equals(readFileSync(join(b!, file))), file).toBe(true)
  }
})

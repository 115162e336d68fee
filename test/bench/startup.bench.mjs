// Start-up: `shardmill --help` against `node -e 0`, and the fixed cost of a run on almost no input.
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { removeRun, printTable, runPipeline } from './run.mjs'

export async function bench() {
  const launcher = resolve('packages/cli/bin/shardmill.js')
  const time = (args) => {
    const startedAt = performance.now()
    spawnSync(process.execPath, args, { stdio: 'ignore' })
    return performance.now() - startedAt
  }
  const [node, helps] = [[], []]
  for (let i = 0; i < 15; i++) {
    node.push(time(['-e', '0']))
    helps.push(time([launcher, '--help']))
  }
  const folder = resolve('.bench/startup')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'one.jsonl'), '{"text":"one"}\n')
  writeFileSync(join(folder, 'one.yaml'), 'input: one.jsonl\nstages: [normalize]\n')
  const runs = []
  for (let i = 0; i < 5; i++) {
    await removeRun('one.yaml', folder)
    const startedAt = performance.now()
    let firstTask = 0
    await runPipeline('one.yaml', {
      folder,
      onEvent: ({ event }) => (firstTask ||= event === 'task' ? performance.now() - startedAt : 0),
    })
    runs.push(firstTask)
  }
  const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1]
  printTable([
    ['what', 'median ms', 'times node'],
    ['node -e 0', median(node).toFixed(0), '1.0'],
    ['shardmill --help', median(helps).toFixed(0), (median(helps) / median(node)).toFixed(2)],
    [
      'run: until the first task is committed',
      median(runs).toFixed(0),
      (median(runs) / median(node)).toFixed(2),
    ],
  ])
}

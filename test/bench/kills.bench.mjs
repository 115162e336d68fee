// Chaos: kills workers and the driver at random moments until N kills are done, resuming each time,
// and compares the digest with an undisturbed run. The suite does the same with 15 kills.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { seeded } from '../../packages/core/dist/random.js'
import { removeRun, runPipeline } from './run.mjs'

const help = `usage: pnpm bench kills [--kills 200] [--seed 1] [--input GLOB] [--stages LIST] [--during PATTERN]

Without --input the sample crawl is read; without --stages a few cheap stages run on it. With --during,
kills fall only into phases whose name matches, such as '^(group|cluster|gather|settle|resolve)'.
`

export async function bench(argv) {
  const { values } = parseArgs({
    args: argv,
    options: {
      help: { type: 'boolean' },
      kills: { type: 'string', default: '200' },
      seed: { type: 'string', default: '1' },
      input: { type: 'string', default: 'corpora/sample/*.warc.gz' },
      stages: { type: 'string', default: 'url-dedup, html, normalize, quality, exact-dedup' },
      during: { type: 'string', default: '' },
    },
  })
  if (values.help) return console.log(help)
  const folder = resolve('.bench/kills')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const yaml = `input: ${resolve(values.input)}
taskBytes: 100KB
shardBytes: 300KB
keepDropped: true
stages: [${values.stages}]
`
  writeFileSync(join(folder, 'calm.yaml'), yaml)
  writeFileSync(join(folder, 'chaos.yaml'), yaml)
  const calm = await runPipeline('calm.yaml', { folder, args: ['--workers', '2'] })
  if (calm.code !== 0) throw new Error(calm.stderr)
  const tasks = calm.events.filter(({ event }) => event === 'task').length
  const wanted = Number(values.kills)
  const random = seeded(Number(values.seed))
  const during = new RegExp(values.during)
  // No phase takes all kills of a run, which has to come to the later ones.
  const most = values.during === '' ? wanted : Math.ceil(wanted / 8)
  const killedIn = new Map()
  let killedHere = new Map()
  let [kills, drivers, runs, finished, wrong, repeated] = [0, 0, 0, 0, 0, 0]
  let [committed, notices] = [new Set(), []]
  for (;;) {
    if (kills >= wanted) break
    const workers = []
    let countdown = random.below(values.during === '' ? 20 : 4)
    let phase = ''
    const run = await runPipeline('chaos.yaml', {
      folder,
      args: ['--workers', String(1 + random.below(3))],
      onEvent(event, child) {
        if (event.event === 'worker') workers.push(event.pid)
        if (event.event === 'phase') phase = event.phase
        if (event.event === 'notice') notices.push(event.message)
        if (event.event === 'task') {
          const task = `${event.phase} ${event.index}`
          if (committed.has(task)) repeated++
          committed.add(task)
        }
        if (kills >= wanted || !during.test(phase) || countdown-- > 0) return
        if ((killedHere.get(phase) ?? 0) >= most) return
        // Between two phases there is no worker; waiting for one shares kills out among both kinds.
        if (values.during !== '' && workers.length === 0) return
        countdown = random.below(values.during === '' ? 20 : 4)
        const isDriver = random.below(4) === 0 || workers.length === 0
        if (!kill(isDriver ? child.pid : workers[random.below(workers.length)])) return
        kills++
        for (const count of [killedIn, killedHere]) count.set(phase, (count.get(phase) ?? 0) + 1)
        if (isDriver) drivers++
      },
    })
    runs++
    if (run.code !== 0) continue
    finished++
    if (run.done.digest !== calm.done.digest) {
      wrong++
      const quarantined = run.done.stages.filter((stage) => stage.quarantined > 0)
      console.log('wrong digest', JSON.stringify(quarantined), JSON.stringify(notices))
    }
    notices = []
    committed = new Set()
    killedHere = new Map()
    await removeRun('chaos.yaml', folder)
  }
  const last = await runPipeline('chaos.yaml', { folder })
  if (last.done?.digest !== calm.done.digest) wrong++
  console.log(
    `${kills} kills (${drivers} of the driver) in ${runs} starts, ${finished + 1} runs finished: ` +
      `${wrong} wrong digests, ${repeated} committed tasks done again (of ${tasks} tasks a run)`,
  )
  const perPhase = [...killedIn].map(([name, count]) => `${name} ${count}`)
  console.log(`kills per phase: ${perPhase.join(', ')}`)
  if (wrong > 0) process.exitCode = 1
}

function kill(pid) {
  try {
    return process.kill(pid, 'SIGKILL')
  } catch {
    return false
  }
}

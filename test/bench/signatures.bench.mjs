// Cost and memory of the whole of minhash-dedup behind the signatures: N documents with made-up ones, a
// tenth of them copies, through the real command with one worker. Given several sizes it also says with
// which power of the size the cost grows.
import { once } from 'node:events'
import { createWriteStream, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { seeded } from '../../packages/core/dist/random.js'
import { printTable, runPipeline } from './run.mjs'

const help = `usage: pnpm bench signatures MILLIONS [MILLIONS ...] [--folder .bench/signatures]

Needs about 700 MB of disk for every million documents.
`

export async function bench(argv) {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      help: { type: 'boolean' },
      folder: { type: 'string', default: '.bench/signatures' },
    },
  })
  if (values.help || positionals.length === 0) return console.log(help)
  const folder = resolve(values.folder)
  const rows = []
  for (const millions of positionals.map(Number)) {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    try {
      rows.push({ millions, ...(await measure(folder, Math.round(millions * 1e6))) })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  printTable([
    ['documents', 'kept', 'CPU s', 'peak RSS of a worker', 'of the driver', 'in phase'],
    ...rows.map(({ millions, kept, seconds, worker, driver, phase }) => {
      return [`${millions} M`, kept, seconds.toFixed(1), `${worker} MB`, `${driver} MB`, phase]
    }),
  ])
  for (const [i, { millions, seconds }] of rows.entries()) {
    if (i === 0) continue
    const [size, cost] = [millions / rows[i - 1].millions, seconds / rows[i - 1].seconds]
    console.log(
      `${rows[i - 1].millions} M to ${millions} M: cost exponent ${(Math.log(cost) / Math.log(size)).toFixed(3)}`,
    )
  }
}

async function measure(folder, count) {
  const stream = createWriteStream(join(folder, 'in.jsonl'))
  const random = seeded(3)
  for (let i = 0; i < count;) {
    let lines = ''
    for (const end = Math.min(count, i + 10_000); i < end; i++) {
      const origin = i > 0 && random.below(10) === 0 ? random.below(i) : i
      lines += `{"id":"${i}","text":"${i} ${origin}"}\n`
    }
    if (!stream.write(lines)) await once(stream, 'drain')
  }
  stream.end()
  await once(stream, 'close')
  writeFileSync(
    join(folder, 'run.yaml'),
    `input: in.jsonl\nstages:\n  - ${resolve(import.meta.dirname, 'synthetic-minhash.mjs')}\n`,
  )
  const peaks = new Map()
  const cpu = new Map()
  let driver = 0
  const run = await runPipeline('run.yaml', {
    folder,
    args: ['--workers', '1'],
    onEvent(event, child) {
      if (event.event === 'worker') cpu.set(event.pid, 0)
      if (event.event !== 'task' && event.event !== 'done') return
      for (const pid of [child.pid, ...cpu.keys()]) cpu.set(pid, cpuSeconds(pid) || cpu.get(pid))
      driver = Math.max(driver, residentBytes(child.pid))
      if (event.event === 'task') peaks.set(event.phase, event.peakRssBytes)
    },
  })
  if (run.code !== 0) throw new Error(run.stderr)
  // The first phase in which the worker had the most memory it ever had.
  const [phase, worker] = [...peaks].reduce((a, b) => (b[1] > a[1] ? b : a))
  return {
    kept: run.done.kept,
    seconds: [...cpu.values()].reduce((sum, seconds) => sum + seconds, 0),
    worker: Math.round(worker / 1e6),
    driver: Math.round(driver / 1e6),
    phase,
  }
}

/** User and system time of a process, by /proc (clock ticks of a hundredth of a second); 0 when it is gone. */
function cpuSeconds(pid) {
  const fields = readProc(pid, 'stat').split(') ').at(-1).split(' ')
  return fields.length < 13 ? 0 : (Number(fields[11]) + Number(fields[12])) / 100
}

function residentBytes(pid) {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readProc(pid, 'status'))?.[1] ?? 0) * 1024
}

function readProc(pid, name) {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch {
    return ''
  }
}

// Throughput and memory of a whole run at two input sizes: documents/s and MB/s per stage, peak RSS
// of the largest worker, and the exponent of cost (1 is linear).
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { printTable, runPipeline } from './run.mjs'

const help = `usage: pnpm bench pipeline SMALL LARGE [--stages FILE.yaml] [--workers N]

  SMALL, LARGE   two inputs (files or globs) of different sizes, e.g. from test/bench/crawl
  --stages FILE  pipeline file whose stages are used (default pipelines/web.yaml)
  --workers N    default 1: figures per core
`

export async function bench(argv) {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      help: { type: 'boolean' },
      stages: { type: 'string', default: 'pipelines/web.yaml' },
      workers: { type: 'string', default: '1' },
    },
  })
  if (values.help || positionals.length !== 2) return console.log(help)
  const folder = resolve('.bench/pipeline')
  mkdirSync(folder, { recursive: true })
  const yaml = readFileSync(values.stages, 'utf8')
  const runs = []
  for (const [i, input] of positionals.entries()) {
    const name = `${basename(values.stages, '.yaml')}-${i}`
    const output = join(folder, name)
    rmSync(output, { recursive: true, force: true })
    const own = yaml.replace(/^(name|input|output):.*$/gm, '')
    writeFileSync(
      join(folder, `${name}.yaml`),
      `input: ${resolve(input)}\noutput: ${output}\n${own}`,
    )
    const run = await runPipeline(join(folder, `${name}.yaml`), {
      folder: process.cwd(),
      args: ['--workers', values.workers],
    })
    if (run.code !== 0) throw new Error(run.stderr)
    runs.push({ input, ...summarise(run, output) })
  }
  for (const run of runs) print(run)
  const [small, large] = runs
  const exponent = Math.log(large.cpu / small.cpu) / Math.log(large.bytes / small.bytes)
  console.log(
    `\ncost exponent ${exponent.toFixed(3)}; peak RSS ${small.rss.toFixed(0)} -> ${large.rss.toFixed(0)} MB`,
  )
}

function summarise({ done, events, seconds }, output) {
  const record = JSON.parse(readFileSync(join(output, 'run.json'), 'utf8'))
  const peaks = events.filter(({ event }) => event === 'task').map((task) => task.peakRssBytes)
  const stages = done.stages.map((stage) => ({ ...stage, ...done.timings.stages[stage.name] }))
  return {
    seconds,
    inputBytes: record.inputs.reduce((sum, { path }) => sum + statSync(path).size, 0),
    bytes: done.read.bytes,
    documents: done.read.documents,
    stages,
    cpu: stages.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    rss: Math.max(...peaks) / 2 ** 20,
  }
}

function print({ input, seconds, inputBytes, bytes, documents, stages, rss }) {
  const mega = (value) => (value / 1e6).toFixed(1)
  console.log(
    `\n${input}: ${mega(inputBytes)} MB in files, ${mega(bytes)} MB payload, ${documents} documents`,
  )
  printTable([
    ['stage', 'in', 'kept', 'seconds', 'docs/s', 'MB/s'],
    ...stages.map(({ name, in: entered, kept, cpuSeconds, inputSize }) => {
      const per = (value) => (cpuSeconds > 0 ? value / cpuSeconds : 0)
      return [
        name,
        entered,
        kept,
        cpuSeconds.toFixed(2),
        per(entered).toFixed(0),
        mega(per(inputSize)),
      ]
    }),
  ])
  console.log(
    `whole run ${seconds.toFixed(1)} s: ${(documents / seconds).toFixed(0)} docs/s, ` +
      `${mega(bytes / seconds)} MB/s of payload, peak RSS of a worker ${rss.toFixed(0)} MB`,
  )
}

// Speed on the same pages in one run, parsing included, one core, CPU time.
//   node packages/stages/bench/extract-speed.mjs MODULES PYTHON ROWS.jsonl… [--pages 120] [--rounds 3]
// MODULES: folder with @mozilla/readability, linkedom@0.18.12, dom-smoothie-js; PYTHON: an interpreter
// with trafilatura. One table for each file of rows. Every k-th page is taken. In each round each
// extractor runs over all pages in a new process, in turn: peers once, ours sixteen times. Shown are
// medians over the rounds, ours for passes 2 to 6, while the code is still being compiled in the background,
// which CPU time includes, and for 12 to 16, as in a run of thousands of pages. MB are characters of HTML.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildStale } from '../../cli/build.js'
import { readRows } from './extract-rows.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    pages: { type: 'string', default: '120' },
    rounds: { type: 'string', default: '3' },
    /** Only times ours on these rows and prints the result: what each round starts. */
    ours: { type: 'string' },
  },
})
const [modules, python, ...sources] = positionals
await buildStale()
if (values.ours) await printOurs(values.ours)
for (const source of sources) await compare(source)

async function compare(source) {
  const all = []
  for await (const row of readRows(source)) all.push(row)
  const step = Math.max(1, Math.floor(all.length / Number(values.pages)))
  const rows = all.filter((_, i) => i % step === 0)
  const folder = mkdtempSync(join(tmpdir(), 'shardmill-speed-'))
  try {
    const sample = join(folder, 'rows.jsonl')
    writeFileSync(sample, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
    const rounds = Array.from({ length: Number(values.rounds) }, () => ({
      ...timeOurs(sample),
      ...timePeers(folder, sample),
    }))
    const { early, late, ...peers } = Object.fromEntries(
      Object.keys(rounds[0]).map((name) => [name, median(rounds.map((round) => round[name]))]),
    )
    const chars = rows.reduce((sum, row) => sum + row.html.length, 0)
    const speed = (ms) => `${(chars / 1000 / ms).toFixed(1).padStart(7)} MB/s`
    process.stdout.write(
      `${basename(source)}: ${rows.length} pages, ${(chars / 1e6).toFixed(1)} MB\n`,
    )
    process.stdout.write(`${speed(early)}  shardmill, passes 2 to 6\n`)
    process.stdout.write(`${speed(late)}  shardmill, passes 12 to 16\n`)
    for (const [name, ms] of Object.entries(peers)) {
      const [first, then] = [ms / early, ms / late].map((ratio) => ratio.toFixed(1))
      process.stdout.write(
        `${speed(ms)}  ${name.padEnd(24)} ours ${first} and ${then} times as fast\n`,
      )
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** CPU milliseconds of each peer on the sample. */
function timePeers(folder, sample) {
  const bench = (name) => join(import.meta.dirname, name)
  const run = (command, script, ...args) => {
    const out = join(folder, 'out.jsonl')
    execFileSync(command, [bench(script), sample, out, ...args], {
      stdio: ['ignore', 'ignore', 'ignore'],
    })
    const lines = readFileSync(out, 'utf8').split('\n').filter(Boolean)
    return lines.reduce((sum, line) => sum + JSON.parse(line).ms, 0)
  }
  const node = process.execPath
  return {
    'readability + linkedom': run(node, 'extract-peers.mjs', 'readability', modules),
    'dom-smoothie-js': run(node, 'extract-peers.mjs', 'dom-smoothie', modules),
    'trafilatura standard': run(python, 'extract-trafilatura.py', 'standard'),
    'trafilatura fast': run(python, 'extract-trafilatura.py', 'fast'),
  }
}

/** CPU milliseconds of ours, in a process of its own. */
function timeOurs(sample) {
  return JSON.parse(execFileSync(process.execPath, [import.meta.filename, '--ours', sample]))
}

async function printOurs(sample) {
  const { extractPage } = await import('../dist/extract/html/extract-page.js')
  const rows = []
  for await (const row of readRows(sample)) rows.push(row)
  const passes = []
  for (let pass = 0; pass < 16; pass++) {
    const start = process.cpuUsage()
    for (const row of rows) extractPage(row.html, undefined, row.url ?? '')
    const { user, system } = process.cpuUsage(start)
    passes.push((user + system) / 1000)
  }
  const times = { early: median(passes.slice(1, 6)), late: median(passes.slice(-5)) }
  process.stdout.write(JSON.stringify(times))
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1]
}

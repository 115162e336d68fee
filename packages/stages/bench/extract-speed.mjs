// Speed on the same pages in one run, parsing included, one core, CPU time.
//   node packages/stages/bench/extract-speed.mjs MODULES PYTHON ROWS.jsonl… [--pages 120] [--rounds 3]
// MODULES: folder with @mozilla/readability, linkedom@0.18.12, dom-smoothie-js; PYTHON: an interpreter
// with trafilatura. One table for each file of rows. Every k-th page is taken. In each round each
// extractor runs over all pages in a new process, in turn: peers once, ours sixteen times before and after each
// of them, since machines that are shared become faster and slower by the minute. A ratio compares a peer with
// the mean of ours around it; shown are medians over the rounds. Ours is given for passes 2 to 6, while the code
// is still being compiled in the background, which CPU time includes, and for 12 to 16, as in a run of
// thousands of pages. MB are characters of HTML.
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
/** Command, script in this folder, its further arguments. */
const peers = {
  'readability + linkedom': [process.execPath, 'extract-peers.mjs', 'readability', modules],
  'dom-smoothie-js': [process.execPath, 'extract-peers.mjs', 'dom-smoothie', modules],
  'trafilatura standard': [python, 'extract-trafilatura.py', 'standard'],
  'trafilatura fast': [python, 'extract-trafilatura.py', 'fast'],
}
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
    const rounds = Array.from({ length: Number(values.rounds) }, () => playRound(folder, sample))
    const chars = rows.reduce((sum, row) => sum + row.html.length, 0)
    const speed = (ms) => `${(chars / 1000 / ms).toFixed(1).padStart(7)} MB/s`
    const ours = rounds.flatMap((round) => round.ours)
    process.stdout.write(
      `${basename(source)}: ${rows.length} pages, ${(chars / 1e6).toFixed(1)} MB\n`,
    )
    process.stdout.write(`${speed(median(ours.map((each) => each.early)))}  ours, passes 2 to 6\n`)
    process.stdout.write(`${speed(median(ours.map((each) => each.late)))}  ours, passes 12 to 16\n`)
    Object.keys(peers).forEach((name, p) => {
      const ms = median(rounds.map((round) => round.peers[p]))
      const [early, late] = ['early', 'late'].map((when) =>
        median(rounds.map((round) => ratioOf(round, p, when))).toFixed(1),
      )
      process.stdout.write(
        `${speed(ms)}  ${name.padEnd(24)} ours ${early} and ${late} times as fast\n`,
      )
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** CPU milliseconds of each peer on the sample, and of ours before the first, between them and after the last. */
function playRound(folder, sample) {
  const round = { ours: [timeOurs(sample)], peers: [] }
  for (const [command, script, ...args] of Object.values(peers)) {
    const out = join(folder, 'out.jsonl')
    execFileSync(command, [join(import.meta.dirname, script), sample, out, ...args], {
      stdio: ['ignore', 'ignore', 'ignore'],
    })
    const lines = readFileSync(out, 'utf8').split('\n').filter(Boolean)
    round.peers.push(lines.reduce((sum, line) => sum + JSON.parse(line).ms, 0))
    round.ours.push(timeOurs(sample))
  }
  return round
}

function ratioOf(round, p, when) {
  return (2 * round.peers[p]) / (round.ours[p][when] + round.ours[p + 1][when])
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

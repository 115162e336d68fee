// Speed on the same pages in one run, parsing included, one core, CPU time.
//   node packages/stages/bench/extract-speed.mjs MODULES PYTHON ROWS.jsonl… [--pages 120]
// MODULES: folder with @mozilla/readability, linkedom@0.18.12, dom-smoothie-js; PYTHON: an interpreter
// with trafilatura. One table for each file of rows. Every k-th page is taken; each extractor runs over
// all pages: peers once, ours sixteen times. Shown are the medians of passes 2 to 6, while the code is still
// being compiled in the background, which CPU time includes, and of 12 to 16, as in a run of thousands
// of pages. MB are characters of HTML.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildStale } from '../../cli/build.js'
import { readRows } from './extract-rows.mjs'

await buildStale()
const { extractPage } = await import('../dist/extract/html/extract-page.js')
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { pages: { type: 'string', default: '120' } },
})
const [modules, python, ...sources] = positionals
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
    const peers = timePeers(folder, sample)
    const ours = timeOurs(rows)
    const chars = rows.reduce((sum, row) => sum + row.html.length, 0)
    const speed = (ms) => `${(chars / 1000 / ms).toFixed(1).padStart(7)} MB/s`
    process.stdout.write(
      `${basename(source)}: ${rows.length} pages, ${(chars / 1e6).toFixed(1)} MB\n`,
    )
    process.stdout.write(`${speed(ours.early)}  shardmill, passes 2 to 6\n`)
    process.stdout.write(`${speed(ours.late)}  shardmill, passes 12 to 16\n`)
    for (const [name, ms] of Object.entries(peers)) {
      const [early, late] = [ms / ours.early, ms / ours.late].map((ratio) => ratio.toFixed(1))
      process.stdout.write(
        `${speed(ms)}  ${name.padEnd(24)} ours ${early} and ${late} times as fast\n`,
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

function timeOurs(rows) {
  const passes = []
  for (let pass = 0; pass < 16; pass++) {
    const start = process.cpuUsage()
    for (const row of rows) extractPage(row.html, undefined, row.url ?? '')
    const { user, system } = process.cpuUsage(start)
    passes.push((user + system) / 1000)
  }
  const median = (five) => five.toSorted((a, b) => a - b)[2]
  return { early: median(passes.slice(1, 6)), late: median(passes.slice(-5)) }
}

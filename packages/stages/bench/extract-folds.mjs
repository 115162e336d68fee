// Scores out-of-fold predictions: every page is judged by models that have not seen its domain.
//   node packages/stages/bench/extract-folds.mjs DATA PREDICTIONS [--peers FOLDER] [--choice least,largest,shift]...
// PREDICTIONS comes from scripts/train-extraction.mjs --predictions.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildStale } from '../../cli/build.js'
import { readRows } from './extract-rows.mjs'
import { scoreSet } from './extract-score.mjs'

await buildStale()
const { analysePage } = await import('../dist/extract/html/analyse-page.js')
const { choice, chooseBlocks } = await import('../dist/extract/html/select-blocks.js')
const { finishPage } = await import('../dist/extract/html/extract-page.js')
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    peers: { type: 'string' },
    choice: { type: 'string', multiple: true },
    sets: { type: 'string', default: 'wcxb_dev,magic_article,magic_forum' },
  },
})
const [data, predictions] = positionals
const predicted = new Map()
for await (const row of readRows(predictions)) predicted.set(`${row.set}/${row.id}`, row)
const { least, largest, shift } = choice
const choices = values.choice?.map((text) => text.split(',').map(Number)) ?? [
  [least, largest, shift],
]

const show = (name, score) => {
  const text = JSON.stringify(score, (_, v) =>
    typeof v === 'number' ? Math.round(v * 1e4) / 1e4 : v,
  )
  process.stdout.write(`${name.padEnd(30)} ${text}\n`)
}
for (const set of values.sets.split(',')) {
  const rows = []
  const texts = choices.map(() => new Map())
  for await (const row of readRows(join(data, `${set}.jsonl`))) {
    const { html, ...rest } = row
    rows.push(rest)
    choices.forEach(([a, b, c], i) => {
      const analysis = analysePage(html, row.url ?? '')
      const p = Float32Array.from(predicted.get(`${set}/${row.id}`).second)
      Object.assign(choice, { least: a, largest: b, shift: c })
      texts[i].set(String(row.id), finishPage(analysis, chooseBlocks(analysis, p)).text)
    })
  }
  choices.forEach((each, i) => show(`${set} ${each.join(',')}`, scoreSet(rows, texts[i])))
  for (const peer of ['trafilatura', 'readability', 'dom-smoothie']) {
    const path = values.peers && join(values.peers, `${set}.${peer}.jsonl`)
    if (!path || !existsSync(path)) continue
    const lines = readFileSync(path, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
    show(
      `${set} ${peer}`,
      scoreSet(rows, new Map(lines.map((line) => [String(line.id), line.text]))),
    )
  }
}

// Scores out-of-fold predictions: every page is judged by models that have not seen its domain.
//   node packages/stages/bench/extract-folds.mjs DATA PREDICTIONS [--peers FOLDER] [--choice NUMBERS]...
// NUMBERS are least, largest and leastShare of articles, products, threads and open pages (select-blocks.ts).
// PREDICTIONS comes from scripts/train-extraction.mjs --predictions.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildStale } from '../../cli/build.js'
import { readRows } from './extract-rows.mjs'
import { scoreSet } from './extract-score.mjs'

await buildStale()
const { analysePage } = await import('../dist/extract/html/analyse-page.js')
const { choices, chooseBlocks } = await import('../dist/extract/html/select-blocks.js')
const { averaged } = await import('../dist/extract/html/classify-blocks.js')
const { pageTypes } = await import('../dist/extract/html/page-features.js')
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
const keys = ['least', 'largest', 'leastShare']
const groups = Object.keys(choices)
const current = groups.flatMap((group) => keys.map((key) => choices[group][key]))
const tried = values.choice?.map((text) => text.split(',').map(Number)) ?? [current]
const choiceOf = (numbers) => Object.fromEntries(keys.map((key, i) => [key, numbers[i]]))
const logOdds = (p) => Math.log(Math.max(p, 1e-4) / Math.max(1 - p, 1e-4))

const show = (name, score) => {
  const text = JSON.stringify(score, (_, v) =>
    typeof v === 'number' ? Math.round(v * 1e4) / 1e4 : v,
  )
  process.stdout.write(`${name.padEnd(30)} ${text}\n`)
}
for (const set of values.sets.split(',')) {
  const rows = []
  const texts = tried.map(() => new Map())
  for await (const row of readRows(join(data, `${set}.jsonl`))) {
    const { html, ...rest } = row
    rows.push(rest)
    const analysis = analysePage(html, row.url ?? '')
    const { first, second, types } = predicted.get(`${set}/${row.id}`)
    const classified = {
      probabilities: Float32Array.from(first, (p, i) => averaged(p, logOdds(second[i]))),
      types: Float32Array.from(types),
      type: pageTypes[types.indexOf(Math.max(...types))],
    }
    const results = new Map()
    tried.forEach((numbers, i) => {
      groups.forEach((group, g) => (choices[group] = choiceOf(numbers.slice(g * keys.length))))
      const probabilities = classified.probabilities.slice()
      const keep = chooseBlocks(analysis, { ...classified, probabilities })
      const key = keep.join('')
      if (!results.has(key)) results.set(key, finishPage(analysis, keep).text)
      texts[i].set(String(row.id), results.get(key))
    })
  }
  tried.forEach((each, i) => show(`${set} ${each.join(',')}`, scoreSet(rows, texts[i])))
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

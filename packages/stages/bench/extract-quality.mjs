// Quality of `html` on development sets with gold, optionally beside predictions of peers.
//   node packages/stages/bench/extract-quality.mjs DATA [--peers FOLDER] [--title always] [SET...]
// DATA holds SET.jsonl files of {id, html, gold?, with?, without?, type?}; FOLDER holds
// SET.PEER.jsonl files of {id, text}. Figures on sets the model was trained on are in-sample: see
// extract-folds.mjs for folds by domain.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildStale } from '../../cli/build.js'
import { readRows } from './extract-rows.mjs'
import { scoreSet } from './extract-score.mjs'

await buildStale()
const { defaultSettings, extractPage } = await import('../dist/extract/html/extract-page.js')
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { peers: { type: 'string' }, title: { type: 'string', default: 'auto' } },
})
const [data, ...wanted] = positionals
const settings = { ...defaultSettings, keepTitle: values.title }
const all = [
  'trafilatura',
  'magic_article',
  'magic_forum',
  'daniel_chinese',
  'daniel_english',
  'wcxb_dev',
]

const show = (name, score) => {
  const rounded = JSON.stringify(score, (_, v) =>
    typeof v === 'number' ? Math.round(v * 1e4) / 1e4 : v,
  )
  process.stdout.write(`${name.padEnd(14)} ${rounded}\n`)
}

for (const set of wanted.length > 0 ? wanted : all) {
  const rows = []
  const texts = new Map()
  const start = process.cpuUsage()
  for await (const row of readRows(join(data, `${set}.jsonl`))) {
    const { html, ...rest } = row
    rows.push(rest)
    texts.set(String(row.id), extractPage(html, settings, row.url ?? '').text)
  }
  const { user, system } = process.cpuUsage(start)
  process.stdout.write(
    `\n${set}: ${rows.length} pages, ${((user + system) / 1e6).toFixed(1)} s with reading\n`,
  )
  show('shardmill', scoreSet(rows, texts))
  if (!values.peers || !existsSync(values.peers)) continue
  for (const file of readdirSync(values.peers).toSorted()) {
    if (!file.startsWith(`${set}.`)) continue
    const lines = readFileSync(join(values.peers, file), 'utf8').split('\n').filter(Boolean)
    const peer = new Map(
      lines.map((line) => JSON.parse(line)).map((row) => [String(row.id), row.text]),
    )
    show(file.slice(set.length + 1, -'.jsonl'.length), scoreSet(rows, peer))
  }
}

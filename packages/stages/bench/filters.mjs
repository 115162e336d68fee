// The quality filters alone, beside datatrove's, on the same JSONL documents in one run.
//   node packages/stages/bench/filters.mjs TEXT_FOLDER PYTHON [megabytes of each language]
// TEXT_FOLDER holds en-books.txt and zh-news.txt; PYTHON has datatrove[processing], spacy, jieba, orjson.
//
// Rules, both sides, same thresholds: English gopher-repetition, gopher-quality, C4 without end marks,
// FineWeb; Chinese gopher-repetition, gopher-quality with Chinese limits, FineWeb, plus our
// chinese-quality alone. A document goes on only while it is kept. JSON parsing is inside both times,
// reading the file and loading models are not. CPU time of the process, user and system.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Document } from '@shardmill/core/document'
import { readChineseIssues, readEnglish } from './documents.mjs'

const [folder, python, megabytes = '8'] = process.argv.slice(2)
if (folder === undefined || python === undefined) {
  throw new Error('usage: node packages/stages/bench/filters.mjs TEXT_FOLDER PYTHON [MEGABYTES]')
}
const { stages } = await import('@shardmill/stages')
const maxBytes = Number(megabytes) * 1e6

const chineseLimits = {
  minMeanWordLength: 1,
  maxMeanWordLength: 5,
  minLetterWords: 0.735,
  stopWords: Array.from('的年在月是和日了於于為为有被人中他與也而由'),
}
const sets = {
  en: [
    'gopher-repetition',
    'gopher-quality',
    ['c4-quality', { requireEndMark: false }],
    'fineweb-quality',
  ],
  zh: ['gopher-repetition', ['gopher-quality', chineseLimits], 'fineweb-quality'],
  'zh profile': ['chinese-quality'],
}

const scratch = mkdtempSync(join(tmpdir(), 'filters-'))
try {
  const english = write('en', readEnglish(folder, maxBytes))
  const chinese = write('zh', readChineseIssues(folder).slice(0, Math.ceil(maxBytes / 24_000)))
  const files = { en: english, zh: chinese, 'zh profile': chinese }
  console.log(`${cpus().length} cores, Node ${process.version}, CPU time`)
  const rows = []
  for (const [name, rules] of Object.entries(sets)) {
    rows.push({ set: name, tool: 'shardmill', ...(await runOurs(files[name], rules)) })
  }
  for (const name of ['en', 'zh']) {
    rows.push({ set: name, tool: 'datatrove', ...runTheirs(files[name], name) })
  }
  for (const row of rows) {
    const peer = rows.find(({ set, tool }) => tool === 'datatrove' && set === row.set.slice(0, 2))
    const ratio = peer.seconds / row.seconds
    const reasons = Object.entries(row.reasons).toSorted((a, b) => b[1] - a[1])
    console.log(
      `${row.set.padEnd(10)} ${row.tool.padEnd(9)} ${row.documents} documents ${(row.bytes / 1e6).toFixed(1)} MB` +
        ` ${row.seconds.toFixed(2)} s ${(row.documents / row.seconds).toFixed(0)} docs/s` +
        ` ${(row.bytes / 1e6 / row.seconds).toFixed(2)} MB/s  x${ratio.toFixed(1)} of datatrove`,
    )
    console.log(`           ${reasons.map(([reason, count]) => `${reason} ${count}`).join(', ')}`)
  }
} finally {
  rmSync(scratch, { recursive: true })
}

function write(name, texts) {
  const path = join(scratch, `${name}.jsonl`)
  writeFileSync(
    path,
    texts.map((text, id) => `${JSON.stringify({ id: String(id), text })}\n`).join(''),
  )
  return path
}

/** One pass in batches of 512, as the pipeline runs them; the first Chinese word loads the dictionary. */
async function runOurs(path, rules) {
  const context = { seed: 1, count: () => {}, beat: () => {}, path: (name) => name, scratch }
  const transforms = []
  for (const rule of rules) {
    const [name, options] = Array.isArray(rule) ? rule : [rule, {}]
    const stage = await stages[name]()
    transforms.push(await stage.create(stage.options.parse(options), context))
  }
  void new Document({ id: '', text: '词典' }).words
  const text = readFileSync(path, 'utf8')
  const reasons = {}
  let documents = 0
  const start = process.cpuUsage()
  const lines = text.split('\n')
  for (let from = 0; from < lines.length - 1; from += 512) {
    const all = lines
      .slice(from, Math.min(from + 512, lines.length - 1))
      .map((line) => new Document(JSON.parse(line)))
    documents += all.length
    let batch = all
    for (const transform of transforms) {
      await transform.process(batch)
      batch = batch.filter((doc) => doc.isKept)
    }
    for (const doc of all) {
      const reason = doc.quarantined ? 'quarantined' : (doc.dropped?.reason ?? 'kept')
      reasons[reason] = (reasons[reason] ?? 0) + 1
    }
  }
  const { user, system } = process.cpuUsage(start)
  return { documents, bytes: statSync(path).size, seconds: (user + system) / 1e6, reasons }
}

function runTheirs(path, language) {
  const script = join(import.meta.dirname, 'filters.py')
  const output = execFileSync(python, [script, path, language], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return { bytes: statSync(path).size, ...JSON.parse(output.trim().split('\n').at(-1)) }
}

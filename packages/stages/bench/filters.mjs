// The quality filters alone, beside datatrove's, on the same JSONL documents in one run.
//   node packages/stages/bench/filters.mjs TEXT_FOLDER PYTHON [megabytes of each language]
// TEXT_FOLDER holds en-books.txt and zh-news.txt; PYTHON has datatrove[processing], spacy, jieba, orjson.
//
// Rules, both sides, same thresholds: English gopher-repetition, gopher-quality, C4 without end marks,
// FineWeb; Chinese gopher-repetition, gopher-quality with Chinese limits, FineWeb, plus our
// chinese-quality alone. A document goes on only while it is kept. JSON parsing is inside both times,
// reading the file and loading models are not. CPU time of the process, user and system. Then: how often
// `compat: datatrove` gives datatrove's very answer, and what chinese-quality drops of the Chinese news.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Document } from '@shardmill/core/document'
import { readChineseArticles, readChineseIssues, readEnglish } from './documents.mjs'

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
  'en compat': compat([
    'gopher-repetition',
    'gopher-quality',
    ['c4-quality', { requireEndMark: false }],
    'fineweb-quality',
  ]),
}

const scratch = mkdtempSync(join(tmpdir(), 'filters-'))
try {
  const english = write('en', readEnglish(folder, maxBytes))
  const chinese = write('zh', readChineseIssues(folder).slice(0, Math.ceil(maxBytes / 24_000)))
  const files = { en: english, zh: chinese, 'zh profile': chinese, 'en compat': english }
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
    console.log(
      `${row.set.padEnd(10)} ${row.tool.padEnd(9)} ${row.documents} documents ${(row.bytes / 1e6).toFixed(1)} MB` +
        ` ${row.seconds.toFixed(2)} s ${(row.documents / row.seconds).toFixed(0)} docs/s` +
        ` ${(row.bytes / 1e6 / row.seconds).toFixed(2)} MB/s  x${ratio.toFixed(1)} of datatrove`,
    )
    console.log(`           ${tally(row.answers)}`)
  }
  const theirs = rows.find(({ set, tool }) => set === 'en' && tool === 'datatrove').answers
  const compatible = rows.find(({ set }) => set === 'en compat').answers
  const same = theirs.filter((answer, i) => answer === compatible[i]).length
  console.log(`compat: ${same} of ${theirs.length} English documents get datatrove's answer`)
  const articles = readChineseArticles(folder)
  await dropShare('zh-news issues', readChineseIssues(folder))
  await dropShare('zh-news articles', articles)
  await dropShare(
    'zh-news articles of 100 characters or more',
    articles.filter((text) => text.replaceAll(/\s/g, '').length >= 100),
  )
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

function compat(rules) {
  return rules.map((rule) => {
    const [name, options] = Array.isArray(rule) ? rule : [rule, {}]
    return [name, { ...options, compat: 'datatrove' }]
  })
}

function tally(answers) {
  const counts = new Map()
  for (const answer of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1)
  const sorted = [...counts].toSorted((a, b) => b[1] - a[1])
  return sorted.map(([answer, count]) => `${answer} ${count}`).join(', ')
}

/** What chinese-quality drops, with the beginning of the first two of each reason to look at. */
async function dropShare(name, texts) {
  const { answers } = await runOurs(write('share', texts), sets['zh profile'])
  const dropped = answers.filter((answer) => answer !== 'kept')
  const percent = ((dropped.length / texts.length) * 100).toFixed(2)
  console.log(`${name}: ${percent} % of ${texts.length} dropped: ${tally(dropped)}`)
  for (const reason of new Set(dropped)) {
    const examples = texts.filter((_, i) => answers[i] === reason).slice(0, 2)
    for (const text of examples) console.log(`  ${reason}: ${JSON.stringify(text.slice(0, 80))}`)
  }
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
  const answers = []
  const start = process.cpuUsage()
  const lines = text.split('\n')
  for (let from = 0; from < lines.length - 1; from += 512) {
    const all = lines
      .slice(from, Math.min(from + 512, lines.length - 1))
      .map((line) => new Document(JSON.parse(line)))
    let batch = all
    for (const transform of transforms) {
      await transform.process(batch)
      batch = batch.filter((doc) => doc.isKept)
    }
    for (const doc of all) {
      answers.push(doc.quarantined ? 'quarantined' : (doc.dropped?.reason ?? 'kept'))
    }
  }
  const { user, system } = process.cpuUsage(start)
  const seconds = (user + system) / 1e6
  return { documents: answers.length, bytes: statSync(path).size, seconds, answers }
}

function runTheirs(path, language) {
  const script = join(import.meta.dirname, 'filters.py')
  const output = execFileSync(python, [script, path, language], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return { bytes: statSync(path).size, ...JSON.parse(output.trim().split('\n').at(-1)) }
}

// exact-substring-dedup on real text with planted repeats: CPU time per phase at growing sizes, whether
// every plant was found, and the peak memory of a real run.
import { mkdirSync, openSync, readSync, closeSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { Document } from '../../packages/core/dist/document.js'
import { cutSpans } from '../../packages/core/dist/cut-spans.js'
import { peakMemoryBytes } from '../../packages/core/dist/peak-memory.js'
import { seeded } from '../../packages/core/dist/random.js'
import { forEachGroup } from '../../packages/runtime/dist/exchange/group-records.js'
import { DocumentMarks, MarkList } from '../../packages/runtime/dist/exchange/mark-list.js'
import { MemberBuffer, forEachCluster } from '../../packages/runtime/dist/exchange/member-buffer.js'
import { RecordBuffer } from '../../packages/runtime/dist/exchange/record-buffer.js'
import { exactSubstringDedup } from '../../packages/stages/dist/dedup/exact-substring-dedup.js'
import { sizeOfText } from '../../packages/stages/dist/dedup/units.js'
import { printTable, runPipeline } from './run.mjs'

const help = `usage: pnpm bench substring FILE.txt... [--sizes 5,10,20] [--plants 10] [--rounds 3] [--run]

  --sizes MB,…   how much of each file, in megabytes of UTF-8
  --plants N     one document in N gets a stretch of another one planted into it
  --rounds N     measure each size so often and report the quickest round
  --run          also run a pipeline on the largest size and report the peak memory of its workers
`

export async function bench(argv) {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      help: { type: 'boolean' },
      sizes: { type: 'string', default: '5,10,20' },
      plants: { type: 'string', default: '10' },
      rounds: { type: 'string', default: '3' },
      run: { type: 'boolean' },
    },
  })
  if (values.help || positionals.length === 0) return console.log(help)
  const sizes = values.sizes.split(',').map(Number)
  const rows = [
    ['file', 'MB', 'emit', 'group', 'quote', 'settle', 'cut', 'MB/s', 'anchors', 'cut %', 'plants'],
  ]
  for (const path of positionals) {
    // Compiles the hot loops first: a worker runs for minutes.
    measure(documentsOf(path, 2, Number(values.plants)))
    for (const size of sizes) {
      const corpus = documentsOf(path, size, Number(values.plants))
      const rounds = Array.from({ length: Number(values.rounds) }, () => measure(corpus))
      const [best] = rounds.toSorted((a, b) => a.total - b.total)
      rows.push([basename(path), size, ...best.cells])
    }
  }
  printTable(rows)
  console.log(`CPU seconds per phase, one thread. Peak RSS of this process, corpus included:`)
  console.log(`${Math.round(peakMemoryBytes() / 2 ** 20)} MB`)
  if (values.run) await realRun(positionals, sizes.at(-1), Number(values.plants))
}

/** Documents of about 8 KB cut at line ends, some with a planted stretch. */
function documentsOf(path, megabytes, every) {
  const bytes = Buffer.alloc(megabytes * 1e6)
  const file = openSync(path, 'r')
  const used = readSync(file, bytes, 0, bytes.length, 0)
  closeSync(file)
  const texts = []
  for (let at = 0; at < used;) {
    let end = bytes.indexOf(10, at + 8000)
    if (end < 0 || end > used) end = used
    texts.push(bytes.toString('utf8', at, end))
    at = end + 1
  }
  const random = seeded(1)
  const plants = []
  for (let i = every; i < texts.length; i += every) {
    const source = random.below(i)
    const from = random.below(Math.max(1, texts[source].length - 700))
    const planted = texts[source].slice(from, from + 700).toWellFormed()
    const line = texts[i].indexOf('\n') + 1
    // Half a kilobyte of markup is not always 50 words.
    if (sizeOfText(planted.slice(torn, -torn)) >= 100) {
      plants.push({ ordinal: i, start: line, end: line + planted.length })
    }
    texts[i] = `${texts[i].slice(0, line)}${planted}\n${texts[i].slice(line)}`
  }
  const documents = texts.map((text, i) => new Document({ id: String(i), text }))
  return { documents, plants, bytes: used }
}

function measure({ documents, plants, bytes }) {
  const context = { count() {}, beat() {} }
  const options = exactSubstringDedup.options.parse({ keep: 'none', borders: 'exact' })
  const pass = exactSubstringDedup.create(options, context)
  const seconds = []
  const time = (work) => {
    const before = process.cpuUsage()
    const result = work()
    const { user, system } = process.cpuUsage(before)
    seconds.push((user + system) / 1e6)
    return result
  }
  let anchors = 0
  const records = time(() => {
    const buffer = new RecordBuffer(pass.recordWords)
    for (const [row, document] of documents.entries()) {
      pass.emit(document, (...record) => buffer.push(row, record))
    }
    anchors = buffer.count
    return buffer.partitioned(1).words
  })
  const stride = pass.recordWords + 1
  const candidates = time(() => {
    const list = new MarkList()
    const verdict = { mark: (ordinal, from, to) => list.push(ordinal, from, to) }
    const table = { count: records.length / stride, stride, words: records }
    forEachGroup(table, pass.keyWords, (group) => pass.reduce(group, verdict, () => 0))
    return new DocumentMarks(list.byTask([0, documents.length]).words)
  })
  const quotations = time(() => {
    const members = new MemberBuffer()
    for (const [row, document] of documents.entries()) {
      const own = candidates.of(row)
      if (own) pass.quote(document, own, (key, words) => members.push(key, row, words))
    }
    return members.partitioned(1).words
  })
  const marks = time(() => {
    const list = new MarkList()
    const verdict = { mark: (ordinal, from, to) => list.push(ordinal, from, to) }
    forEachCluster(quotations, (cluster) => pass.settle(cluster, verdict))
    return new DocumentMarks(list.byTask([0, documents.length]).words)
  })
  let [cut, all] = [0, 0]
  time(() => {
    for (const [row, document] of documents.entries()) {
      all += document.text.length
      const own = marks.of(row)
      if (!own) continue
      const spans = pass.spans(document, own)
      for (let i = 0; i < spans.count; i++) cut += spans.ends[i] - spans.starts[i]
      cutSpans(document.text, spans)
    }
  })
  const found = plants.filter((plant) => isCovered(documents, marks, pass, plant)).length
  const total = seconds.reduce((sum, one) => sum + one, 0)
  const cells = [
    ...seconds.map((one) => one.toFixed(2)),
    (bytes / 1e6 / total).toFixed(1),
    anchors,
    ((100 * cut) / all).toFixed(1),
    `${found}/${plants.length}`,
  ]
  return { total, cells }
}

/** A word, an address or a ruler of dashes that the plant cut in two is no longer the same. */
const torn = 100

function isCovered(documents, marks, pass, { ordinal, start, end }) {
  const own = marks.of(ordinal)
  if (!own) return false
  const spans = pass.spans(documents[ordinal], own)
  for (let i = 0; i < spans.count; i++) {
    if (spans.starts[i] <= start + torn && spans.ends[i] >= end - torn) return true
  }
  return false
}

async function realRun(paths, megabytes, every) {
  const folder = resolve('.bench/substring')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const path of paths) {
    const { documents } = documentsOf(path, megabytes, every)
    const lines = documents.map(({ id, text }) => `${JSON.stringify({ id, text })}\n`)
    writeFileSync(join(folder, `${basename(path)}.jsonl`), lines.join(''))
  }
  const yaml = 'input: "*.jsonl"\nstages: [exact-substring-dedup]\n'
  writeFileSync(join(folder, 'substring.yaml'), yaml)
  const run = await runPipeline('substring.yaml', { folder, args: ['--workers', '2'] })
  if (run.code !== 0) throw new Error(run.stderr)
  const peaks = new Map()
  for (const { event, phase, peakRssBytes } of run.events) {
    if (event !== 'task') continue
    peaks.set(phase, Math.max(peaks.get(phase) ?? 0, peakRssBytes))
  }
  console.log(`\nRun of ${run.seconds.toFixed(1)} s, peak RSS of a worker up to the phase:`)
  printTable([...peaks].map(([phase, bytes]) => [phase, `${Math.round(bytes / 2 ** 20)} MB`]))
}

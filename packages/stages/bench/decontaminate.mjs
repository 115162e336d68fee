// decontaminate on real text with planted evaluation items: recall by kind, hits that nobody planted
// (printed to be looked at), speed and memory.
//   node packages/stages/bench/decontaminate.mjs --text DIR --labelled DIR [--megabytes 20] [--blimp 1000]
// Documents: en-books.txt in pages, zh-news.txt by article. Evaluation files: BLiMP (sentence_good), SST
// lines, tnews sentences, as published. Every 20th document gets one item in its middle, as it is or in
// another guise: upper case, other punctuation, full width, traditional characters. --blimp: sentences of
// each BLiMP file, to see what the index takes.
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { buildStale } from '../../cli/build.js'
import { readChineseArticles, readEnglish } from './documents.mjs'

await buildStale()
const { Document } = await import('@shardmill/core/document')
const { traditional, simplified } = await import('@shardmill/core/data/simplified-han')
const { decontaminate } = await import('@shardmill/stages/dedup/decontaminate')
const { createTokens, tokenize } =
  await import('@shardmill/stages/dedup/decontaminate/normal-tokens')
const { values } = parseArgs({
  options: {
    text: { type: 'string' },
    labelled: { type: 'string' },
    megabytes: { type: 'string', default: '20' },
    blimp: { type: 'string', default: '1000' },
  },
})
if (!values.text || !values.labelled)
  throw new Error('usage: decontaminate.mjs --text DIR --labelled DIR')

const folder = mkdtempSync(join(tmpdir(), 'decontaminate-'))
try {
  const labelled = (...steps) => resolve(values.labelled, ...steps)
  const lines = (path) => readFileSync(path, 'utf8').split('\n').filter(Boolean)
  const sst = lines(
    labelled('sst/AcademiaSinicaNLPLab+sentiment_dataset/data/stsa.binary.test'),
  ).map((line) => line.slice(2))
  const tnews = lines(labelled('fewclue/tnews/test_public.json')).map(
    (line) => JSON.parse(line).sentence,
  )
  const blimp = readdirSync(labelled('blimp'))
    .toSorted()
    .flatMap((name) => lines(labelled('blimp', name)).slice(0, Number(values.blimp)))
  writeFileSync(join(folder, 'blimp.jsonl'), blimp.join('\n'))
  writeFileSync(join(folder, 'sst.txt'), sst.join('\n'))
  writeFileSync(
    join(folder, 'tnews.jsonl'),
    tnews.map((sentence) => `${JSON.stringify({ sentence })}\n`).join(''),
  )

  const toTraditional = new Map(Array.from(simplified, (char, i) => [char, traditional[i]]))
  const guises = {
    same: (text) => text,
    'upper case': (text) => text.toUpperCase(),
    'other marks': (text) => text.replace(/[\p{P}\s]+/gu, ' — '),
    'full width': (text) =>
      text.replace(/[!-~]/g, (c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0)),
    traditional: (text) => Array.from(text, (c) => toTraditional.get(c) ?? c).join(''),
  }
  const maxBytes = Number(values.megabytes) * 1e6
  const takeBytes = (all) => {
    let bytes = 0
    return all.filter((text) => (bytes += Buffer.byteLength(text)) <= maxBytes)
  }
  const tokens = createTokens()
  const kindOf = (text) => {
    tokenize(text, tokens)
    const isUnspaced = tokens.unspaced * 2 >= tokens.count
    const [long, short] = isUnspaced ? [20, 12] : [13, 8]
    return tokens.count >= long ? 'long' : tokens.count >= short ? 'short' : 'too short'
  }

  for (const [lang, texts, items] of [
    [
      'en',
      takeBytes(readEnglish(values.text, maxBytes)),
      [...sst, ...blimp.filter((_, i) => i % 4 === 0).map((row) => JSON.parse(row).sentence_good)],
    ],
    ['zh', takeBytes(readChineseArticles(values.text)), tnews],
  ]) {
    const planted = new Map()
    const documents = texts.map((text, i) => {
      if (i % 20 !== 7) return new Document({ id: `${lang}-${i}`, text })
      const n = planted.size
      const item = items[(n * 7) % items.length]
      const [guise, change] = Object.entries(guises)[n % (lang === 'zh' ? 5 : 4)]
      planted.set(`${lang}-${i}`, { kind: kindOf(item), guise, item })
      const middle = text.indexOf(lang === 'zh' ? '。' : '. ', text.length / 2) + 1
      return new Document({
        id: `${lang}-${i}`,
        text: `${text.slice(0, middle)} ${change(item)} ${text.slice(middle)}`,
      })
    })
    const notes = []
    const context = {
      signal: new AbortController().signal,
      seed: 1,
      scratch: folder,
      count: () => undefined,
      beat: () => undefined,
      note: (row) => void notes.push(row),
      path: (path) => resolve(folder, path),
    }
    const options = { against: ['blimp.jsonl', 'sst.txt', 'tnews.jsonl'], textUnit: 'line' }
    const before = process.memoryUsage().rss
    const arraysBefore = process.memoryUsage().arrayBuffers
    const loading = process.cpuUsage()
    const stage = await decontaminate.create(decontaminate.options.parse(options), context)
    const loaded = process.cpuUsage(loading)
    globalThis.gc?.()
    const arrays = (process.memoryUsage().arrayBuffers - arraysBefore) / 2 ** 20
    // Half of the documents warm the compiler; the other half is timed.
    const half = documents.length >> 1
    await stage.process(documents.slice(0, half))
    const timed = documents.slice(half)
    const startedAt = process.cpuUsage()
    await stage.process(timed)
    const { user, system } = process.cpuUsage(startedAt)
    const bytes = timed.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0)
    const rss = (process.memoryUsage().rss - before) / 2 ** 20
    console.log(
      `${lang}: ${documents.length} documents, ${(bytes / (user + system)).toFixed(1)} MB/s CPU, ` +
        `index in ${((loaded.user + loaded.system) / 1e6).toFixed(2)} s, arrays ${arrays.toFixed(1)} MB, RSS +${rss.toFixed(0)} MB`,
    )
    const found = new Set(notes.map(({ id }) => id))
    const tally = {}
    for (const [id, { kind, guise }] of planted) {
      const row = (tally[`${kind}, ${guise}`] ??= { planted: 0, found: 0 })
      row.planted++
      if (found.has(id)) row.found++
    }
    for (const [name, row] of Object.entries(tally).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      console.log(`  ${name.padEnd(24)} ${row.found} of ${row.planted}`)
    }
    const others = notes.filter(({ id }) => !planted.has(id))
    console.log(`  hits in other documents: ${others.length}`)
    for (const { file, row, tokens: length, text } of others.slice(0, 15)) {
      console.log(`    ${file}:${row} ${length} tokens: ${JSON.stringify(text.slice(0, 120))}`)
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}

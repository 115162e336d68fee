// Language identification side by side with its peers, per length of text.
//   node packages/tokenizer/bench/language.mjs --data DIR --peers NODE_MODULES [--only shardmill,...]
// `--data` holds lingua/<lang>/{single-words,word-pairs,sentences}.txt, udhr.tsv and eld's
// single-words.txt and word-pairs.txt; `--peers` a folder with fasttext.wasm.js, cld3-asm and eld.
// C43: mean recall over the 43 languages that all peers know. F74: macro-F1 over all labels of
// lingua, unsupported ones counting as wrong; nb and nn count as one. Speed is CPU time of one run.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { buildStale } from '../../cli/build.js'

await buildStale()
const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    peers: { type: 'string' },
    only: { type: 'string', default: '' },
    each: { type: 'string', default: '200' },
    confusions: { type: 'boolean', default: false },
  },
})
if (!values.data) throw new Error('language bench: give --data')
const common =
  'ar be bg bn cs da de el en es et fa fi fr gu he hi hu hy is it ja ko lt lv nl no pl pt ro ru sk sr sv ta te th tl tr uk ur vi zh'.split(
    ' ',
  )
const perLabel = Number(values.each)

const engines = {
  async shardmill() {
    const { createLanguageIdentifier } = await import('@shardmill/tokenizer/language/identify')
    const identifier = createLanguageIdentifier()
    return (text) => identifier.identify(text)
  },
  async fasttext() {
    const { getLIDModel } = await importPeer('fasttext.wasm.js', 'dist/main/node.mjs')
    const identifier = await getLIDModel()
    const model = await identifier.load()
    return (text) => {
      const [score, label] = model.predict(text.replaceAll('\n', ' '), 1, 0).get(0)
      return { lang: label.slice(9), score }
    }
  },
  async cld3() {
    const { loadModule } = createRequire(join(resolve(values.peers), 'x.js'))('cld3-asm')
    const identifier = (await loadModule()).create(0, 1000)
    return (text) => {
      const { language, probability } = identifier.findLanguage(text)
      return { lang: language, score: probability }
    }
  },
  'eld-small': () => loadEld('small'),
  'eld-large': () => loadEld('large'),
}

async function loadEld(size) {
  const { eld } = await importPeer('eld', `src/entries/static.${size}.js`)
  return (text) => ({ lang: eld.detect(text).language, score: 0 })
}

async function importPeer(name, path) {
  return import(pathToFileURL(join(resolve(values.peers), name, path)).href)
}

const sets = new Map()
const lingua = join(values.data, 'lingua')
for (const level of ['single-words', 'word-pairs', 'sentences']) {
  const items = []
  for (const folder of readdirSync(lingua).toSorted()) {
    for (const text of lines(join(lingua, folder, `${level}.txt`)).slice(0, perLabel))
      items.push([fold(folder), text])
  }
  sets.set(`lingua ${level}`, items)
}
for (const [name, file] of [
  ['eld words', 'single-words.txt'],
  ['eld pairs', 'word-pairs.txt'],
  ['udhr', 'udhr.tsv'],
]) {
  const path = join(values.data, file)
  if (!existsSync(path)) continue
  const items = lines(path).map((line) => line.split('\t'))
  sets.set(
    name,
    items.filter(([label, text]) => text && common.includes(label)),
  )
}
const paragraphs = []
const sentences = sets.get('lingua sentences')
for (let i = 0; i + 5 <= sentences.length; i += 5) {
  if (sentences[i][0] === sentences[i + 4][0])
    paragraphs.push([
      sentences[i][0],
      sentences
        .slice(i, i + 5)
        .map(([, t]) => t)
        .join(' '),
    ])
}
sets.set('lingua paragraphs', paragraphs)
const pages = []
for (let i = 0; i + 40 <= paragraphs.length; i += 40) {
  pages.push([
    '',
    paragraphs
      .slice(i, i + 40)
      .map(([, t]) => t)
      .join('\n'),
  ])
}

const chosen = Object.keys(engines).filter(
  (name) => values.only === '' || values.only.split(',').includes(name),
)
for (const name of chosen) {
  const start = process.cpuUsage().user
  const identify = await engines[name]()
  identify('A first sentence to warm up.')
  console.log(`\n${name}: loaded in ${((process.cpuUsage().user - start) / 1e3).toFixed(0)} ms CPU`)
  for (const [set, items] of sets) {
    const result = judge(identify, items)
    const all = set.startsWith('lingua') ? ` F74 ${pad(100 * result.f1)}` : ''
    console.log(
      `  ${set.padEnd(20)} C43 ${pad(100 * result.recall)}${all}  ${Math.round(items.length / result.seconds)} texts/s ${(result.bytes / result.seconds / 1e6).toFixed(2)} MB/s  calibration error ${result.calibration.toFixed(3)}`,
    )
    if (values.confusions) console.log(`    ${result.confusions}`)
  }
  const { bytes, seconds } = judge(identify, pages)
  console.log(
    `  pages of ${Math.round(bytes / pages.length / 1024)} kB: ${(bytes / seconds / 1e6).toFixed(2)} MB/s`,
  )
}

function judge(identify, items) {
  const [hit, missed, wrong, confused] = [{}, {}, {}, {}]
  let bytes = 0
  const start = process.cpuUsage().user
  const guesses = items.map(([, text]) => identify(text))
  const seconds = (process.cpuUsage().user - start) / 1e6
  const bins = Array.from({ length: 10 }, () => 0)
  items.forEach(([gold, text], i) => {
    bytes += Buffer.byteLength(text)
    const answer = fold(guesses[i].lang)
    // Expected calibration error over ten bins of confidence (Guo et al. 2017).
    bins[Math.min(9, Math.floor(guesses[i].score * 10))] +=
      guesses[i].score - (answer === gold ? 1 : 0)
    if (answer === gold) hit[gold] = (hit[gold] ?? 0) + 1
    else {
      missed[gold] = (missed[gold] ?? 0) + 1
      wrong[answer] = (wrong[answer] ?? 0) + 1
      confused[`${gold}>${answer}`] = (confused[`${gold}>${answer}`] ?? 0) + 1
    }
  })
  const labels = [...new Set(items.map(([gold]) => gold))]
  const known = labels.filter((label) => common.includes(label))
  const mean = (parts) => parts.reduce((sum, part) => sum + part, 0) / parts.length
  const recall = mean(known.map((l) => (hit[l] ?? 0) / ((hit[l] ?? 0) + (missed[l] ?? 0))))
  const f1 = mean(
    labels.map(
      (l) => (2 * (hit[l] ?? 0)) / (2 * (hit[l] ?? 0) + (missed[l] ?? 0) + (wrong[l] ?? 0) || 1),
    ),
  )
  const confusions = Object.entries(confused)
    .toSorted((a, b) => b[1] - a[1])
    .slice(0, 40)
    .map((pair) => pair.join(':'))
    .join(' ')
  const calibration = bins.reduce((sum, bin) => sum + Math.abs(bin), 0) / items.length
  return { recall, f1, seconds, bytes, confusions, calibration }
}

/** Tags without script and region, two Norwegians as one, fastText's and cld3's old codes. */
function fold(label) {
  const base = label.split('-')[0]
  return (
    {
      nb: 'no',
      nn: 'no',
      iw: 'he',
      fil: 'tl',
      cmn: 'zh',
      yue: 'zh',
      lzh: 'zh',
      wuu: 'zh',
      jw: 'jv',
    }[base] ?? base
  )
}

function pad(value) {
  return value.toFixed(1).padStart(5)
}

function lines(path) {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
}

// Trains the extraction model and measures it with folds by registered domain.
//   node packages/stages/scripts/train-extraction.mjs DATA [--out model.json] [--cache FOLDER] [--quick]
// DATA holds wcxb_dev.jsonl (CC-BY-4.0), magic_article.jsonl and magic_forum.jsonl (Apache-2.0); no
// other set is read. Every figure printed for them is of pages whose domain the model has not seen:
// class weights, page types, first and second block model are all trained once per fold.
// Writes the model trained on all pages; --predictions FILE also writes the out-of-fold probabilities.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildStale } from '../../cli/build.js'
import { readRows } from '../bench/extract-rows.mjs'
import { cjkWords, scoreSet } from '../bench/extract-score.mjs'

await buildStale()
const load = (path) => import(`../dist/extract/${path}.js`)
const { analysePage } = await load('html/analyse-page')
const { attributesOf } = await load('html/attribute-values')
const { classWords, setClassWeights } = await load('html/hints')
const { tagNames } = await load('html/tags')
const { pageFeatureNames, pageTypes } = await load('html/page-features')
const {
  averaged,
  blockRows,
  fillOpinions,
  firstFeatureNames,
  opinionFeatureNames,
  pageRow,
  secondFeatureNames,
} = await load('html/classify-blocks')
const { loadTreeModel, probability } = await load('html/tree-model')
const { chooseBlocks } = await load('html/select-blocks')
const { finishPage } = await load('html/extract-page')
const { binRows, trainBag, trainTrees } = await load('train/boosted-trees')
const { labelBlocks } = await load('train/block-labels')
const { foldOf } = await load('train/domain')
const { seeded } = await import('@shardmill/core/random')

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string' },
    cache: { type: 'string' },
    quick: { type: 'boolean', default: false },
    predictions: { type: 'string' },
    trees: { type: 'string', default: '120,100' },
    bags: { type: 'string', default: '2' },
    leaves: { type: 'string', default: '28' },
  },
})
const [data] = positionals
const folds = 5
const typeOfSet = { magic_article: 'article', magic_forum: 'forum' }
const started = Date.now()
const say = (line) =>
  process.stdout.write(`${((Date.now() - started) / 1000).toFixed(0).padStart(5)} s  ${line}\n`)

// 1. Pages, labels, class words.
const pages = []
for (const set of ['wcxb_dev', 'magic_article', 'magic_forum']) {
  for await (const row of readRows(join(data, `${set}.jsonl`))) {
    const fullUrl = row.url ?? ''
    const id = String(row.id)
    // Many pages come without a telling URL: two in five lose theirs, so that the model can do without.
    const url = foldOf('', id, 5) < 2 ? '' : fullUrl
    const fold = foldOf(fullUrl, id, folds)
    pages.push({ ...row, url, fullUrl, set, type: row.type ?? typeOfSet[set], fold })
  }
}
say(`${pages.length} pages read`)

const cachePath = options.cache && join(options.cache, 'labels.json')
const cache = cachePath && existsSync(cachePath) ? JSON.parse(readFileSync(cachePath, 'utf8')) : {}
const wordCounts = Array.from({ length: folds }, () => new Map())
const pageMatrix = new Float32Array(pages.length * pageFeatureNames.length)
for (const [p, page] of pages.entries()) {
  const analysis = analysePage(page.html, page.url)
  const { blocks } = analysis
  const key = `${page.set}/${page.id}/${blocks.count}/2`
  if (!cache[key]) {
    const words = Array.from({ length: blocks.count }, (_, b) =>
      cjkWords(analysis.textOf(b).toLowerCase()),
    )
    const labels = labelBlocks(words, cjkWords((page.gold ?? '').toLowerCase()))
    cache[key] = {
      labels: Array.from(labels, (x) => Math.round(x * 100) / 100),
      words: words.map((w) => w.length),
    }
  }
  page.labels = Float32Array.from(cache[key].labels)
  page.words = cache[key].words
  page.count = blocks.count
  const goldWords = Math.max(
    30,
    page.words.reduce((sum, n, b) => sum + n * page.labels[b], 0),
  )
  page.weights = Float32Array.from(page.words, (n) => (n + 1) ** 0.8 / goldWords ** 0.8)
  const total = page.weights.reduce((a, b) => a + b, 0)
  if (total > 4) page.weights = page.weights.map((w) => (w * 4) / total)
  // The few pages of the second corpus are the only Chinese ones.
  if (page.set !== 'wcxb_dev') page.weights = page.weights.map((w) => w * 2.5)
  if (!page.gold) page.weights.fill(0)
  pageMatrix.set(pageRow(analysis), p * pageFeatureNames.length)
  countClassWords(analysis, page, wordCounts[page.fold])
}
if (cachePath) {
  mkdirSync(options.cache, { recursive: true })
  writeFileSync(cachePath, JSON.stringify(cache))
}
const totalBlocks = pages.reduce((sum, page) => sum + page.count, 0)
say(`${totalBlocks} blocks labelled`)

/** Adds what the elements above each block are called, to tell main content from the rest. */
function countClassWords({ page: tree, blocks }, page, counts) {
  const wordsOf = new Map()
  const sums = new Map()
  let positive = 0
  let negative = 0
  for (let b = 0; b < blocks.count; b++) {
    positive += page.labels[b] * page.weights[b]
    negative += (1 - page.labels[b]) * page.weights[b]
  }
  if (positive === 0 || negative === 0) return
  for (let b = 0; b < blocks.count; b++) {
    const seen = new Set()
    for (let node = blocks.container[b]; node >= 0; node = tree.parent[node]) {
      if (['body', 'html'].includes(tagNames[tree.tag[node]])) continue
      let words = wordsOf.get(node)
      if (!words) {
        const attributes = tree.to[node] > tree.from[node] ? attributesOf(tree, node) : new Map()
        words = classWords(`${attributes.get('class') ?? ''} ${attributes.get('id') ?? ''}`)
        wordsOf.set(node, words)
      }
      for (const word of words) seen.add(word)
    }
    for (const word of seen) {
      const sum = sums.get(word) ?? [0, 0]
      sum[0] += (page.labels[b] * page.weights[b]) / positive
      sum[1] += ((1 - page.labels[b]) * page.weights[b]) / negative
      sums.set(word, sum)
    }
  }
  for (const [word, [pos, neg]] of sums) {
    if (word.length < 3 || word.length > 24) continue
    const entry = counts.get(word) ?? { pos: 0, neg: 0, pages: 0, domains: new Set() }
    entry.pos += pos
    entry.neg += neg
    entry.pages++
    entry.domains.add(page.fullUrl.split('/')[2] ?? page.id)
    counts.set(word, entry)
  }
}

/** Weights of class words from all folds but one (-1: from all). */
function classWeights(without) {
  const merged = new Map()
  wordCounts.forEach((counts, fold) => {
    if (fold === without) return
    for (const [word, { pos, neg, domains }] of counts) {
      const entry = merged.get(word) ?? { pos: 0, neg: 0, domains: 0 }
      entry.pos += pos
      entry.neg += neg
      entry.domains += domains.size
      merged.set(word, entry)
    }
  })
  const weights = {}
  for (const [word, { pos, neg, domains }] of [...merged].toSorted((a, b) =>
    a[0] < b[0] ? -1 : 1,
  )) {
    if (domains < 15) continue
    const weight = Math.log((pos + 0.5) / (neg + 0.5))
    if (Math.abs(weight) >= 0.4)
      weights[word] = Math.round(Math.max(-3, Math.min(3, weight)) * 100) / 100
  }
  return weights
}

// 2. Page types.
const typeSettings = {
  trees: 50,
  leaves: 8,
  maxDepth: 8,
  learningRate: 0.12,
  minHessian: 2,
  lambda: 1,
  featureShare: 0.5,
  rowShare: 0.8,
  seed: 3,
}
const typeBins = binRows(pageMatrix, pageFeatureNames)
const pageRowsOf = (keep) => Int32Array.from(pages.keys()).filter((p) => keep(pages[p]))
function trainTypes(rows) {
  const ones = new Float32Array(pages.length).fill(1)
  return Object.fromEntries(
    pageTypes.map((type) => [
      type,
      trainTrees(
        typeBins,
        Float32Array.from(pages, (page) => (page.type === type ? 1 : 0)),
        ones,
        rows,
        typeSettings,
      ),
    ]),
  )
}
function applyTypes(models, p) {
  const scores = Float32Array.from(pageTypes, (type) =>
    probability(models[type].score(pageMatrix, p * pageFeatureNames.length)),
  )
  const sum = scores.reduce((a, b) => a + b, 0)
  return scores.map((x) => x / sum)
}
const loadTypes = (trained) =>
  Object.fromEntries(
    pageTypes.map((type) => [type, loadTreeModel(trained[type], pageFeatureNames)]),
  )
for (let fold = 0; fold < folds; fold++) {
  const models = loadTypes(trainTypes(pageRowsOf((page) => page.fold !== fold)))
  for (const p of pageRowsOf((page) => page.fold === fold)) pages[p].types = applyTypes(models, p)
}
const correct = pages.filter(
  (page) => pageTypes[page.types.indexOf(Math.max(...page.types))] === page.type,
)
say(`page type right on ${((100 * correct.length) / pages.length).toFixed(1)} %`)
const pageType = trainTypes(pageRowsOf(() => true))

// 3. Block rows, with class weights that have not seen the page.
const width = secondFeatureNames.length
const rows = new Float32Array(totalBlocks * width)
const labels = new Float32Array(totalBlocks)
const weights = new Float32Array(totalBlocks)
const foldOfRow = new Uint8Array(totalBlocks)
let at = 0
for (const page of pages) {
  page.offset = at
  labels.set(page.labels, at)
  weights.set(page.weights, at)
  foldOfRow.fill(page.fold, at, at + page.count)
  at += page.count
}
const weightScale = totalBlocks / weights.reduce((a, b) => a + b, 0)
for (let i = 0; i < totalBlocks; i++) weights[i] *= weightScale
for (let fold = 0; fold < folds; fold++) {
  setClassWeights(classWeights(fold))
  for (const [p, page] of pages.entries()) {
    if (page.fold !== fold) continue
    const analysis = analysePage(page.html, page.url)
    rows.set(
      blockRows(
        analysis,
        pageMatrix.subarray(p * pageFeatureNames.length, (p + 1) * pageFeatureNames.length),
        page.types,
      ),
      page.offset * width,
    )
  }
}
say('block rows ready')

// 4. First and second block model, out of fold.
const [firstTrees, secondTrees] = options.trees.split(',').map(Number)
const settings = {
  leaves: Number(options.leaves),
  maxDepth: 6,
  learningRate: 0.1,
  minHessian: 20,
  lambda: 5,
  featureShare: 0.35,
  rowShare: 0.5,
  seed: 5,
}
const firstSettings = { ...settings, trees: firstTrees }
const secondSettings = { ...settings, trees: secondTrees }
/** The second model is the mean of so many, each of `secondTrees` trees. */
const bags = Number(options.bags)
// Light blocks are short ones of long pages; some of them stand for all, with more weight. That makes
// training twice as fast.
const random = seeded(9)
const allRows = Int32Array.from({ length: totalBlocks }, (_, i) => i).filter((i) => {
  const chance = weights[i] > 0 ? Math.min(1, weights[i] * 0.4 + 0.08) : 0
  const isKept = random.next() < chance
  if (isKept) weights[i] /= chance
  return isKept
})
say(`${allRows.length} blocks to train on`)
const firstWidth = firstFeatureNames.length
const testFolds = options.quick ? [0] : Array.from({ length: folds }, (_, i) => i)

function columnsOf(names, from, to) {
  const part = new Float32Array(totalBlocks * (to - from))
  for (let i = 0; i < totalBlocks; i++)
    part.set(rows.subarray(i * width + from, i * width + to), i * (to - from))
  return binRows(part, names)
}
const firstBins = columnsOf(firstFeatureNames, 0, firstWidth)
say('binned')
const everyRow = Int32Array.from({ length: totalBlocks }, (_, i) => i)
const rowsOfFold = (fold) => everyRow.filter((i) => foldOfRow[i] === fold)
const scores = new Float32Array(totalBlocks)
const firstP = new Float32Array(totalBlocks)
for (let fold = 0; fold < folds; fold++) {
  const trained = trainTrees(
    firstBins,
    labels,
    weights,
    allRows.filter((i) => foldOfRow[i] !== fold),
    firstSettings,
  )
  const model = loadTreeModel(trained, firstFeatureNames)
  const unseen = rowsOfFold(fold)
  model.scoreMany(rows, width, unseen, unseen.length, scores)
  for (const i of unseen) firstP[i] = probability(scores[i])
  say(`first model, fold ${fold}: ${earlyLeavers(model, unseen)}`)
}

/** How many blocks leave before the last tree, and how many of those it would have called content. */
function earlyLeavers(model, unseen) {
  let left = 0
  let wrong = 0
  for (const i of unseen) {
    const all = model.score(rows, i * width)
    if (Math.abs(all - scores[i]) < 1e-3) continue
    left++
    if (probability(all) > 0.12) wrong++
  }
  return `${((100 * left) / unseen.length).toFixed(1)} % leave early, ${((100 * wrong) / unseen.length).toFixed(3)} % wrongly`
}

for (const page of pages) {
  fillOpinions(
    analysePage(page.html, page.url),
    firstP.subarray(page.offset, page.offset + page.count),
    rows.subarray(page.offset * width),
  )
}
say('context ready')
const contextBins = columnsOf(opinionFeatureNames, firstWidth, width)
const secondBins = {
  count: totalBlocks,
  features: secondFeatureNames,
  bins: [...firstBins.bins, ...contextBins.bins],
  edges: [...firstBins.edges, ...contextBins.edges],
}
const secondP = new Float32Array(totalBlocks)
for (const fold of testFolds) {
  const trained = trainBag(
    secondBins,
    labels,
    weights,
    allRows.filter((i) => foldOfRow[i] !== fold),
    secondSettings,
    bags,
  )
  const model = loadTreeModel(trained, secondFeatureNames)
  const unseen = rowsOfFold(fold)
  model.scoreMany(rows, width, unseen, unseen.length, scores)
  for (const i of unseen) secondP[i] = probability(scores[i])
  say(`second model, fold ${fold}`)
}
if (options.predictions) {
  const rowsOut = pages.map(({ set, id, fold, types, offset, count }) => ({
    set,
    id,
    fold,
    types: Array.from(types, shorten),
    first: Array.from(firstP.subarray(offset, offset + count), shorten),
    second: Array.from(secondP.subarray(offset, offset + count), shorten),
  }))
  writeFileSync(options.predictions, rowsOut.map((row) => `${JSON.stringify(row)}\n`).join(''))
  say(`wrote ${options.predictions}`)
}

function shorten(p) {
  return Math.round(p * 1e4) / 1e4
}

// 5. The models for shipping.
if (options.out) {
  const first = trainTrees(firstBins, labels, weights, allRows, firstSettings)
  const second = trainBag(secondBins, labels, weights, allRows, secondSettings, bags)
  const trees = ({ base, trees: all }) => ({ base, trees: all })
  const model = {
    classWeights: classWeights(-1),
    pageFeatures: pageFeatureNames,
    blockFeatures: secondFeatureNames,
    pageType: Object.fromEntries(pageTypes.map((type) => [type, trees(pageType[type])])),
    first: trees(first),
    second: trees(second),
  }
  writeFileSync(
    options.out,
    `${JSON.stringify(model).replaceAll('},{"feature"', '},\n{"feature"')}\n`,
  )
  say(`wrote ${options.out}`)
}

// 6. What the folds say.
report(testFolds)

/** Scores of pages in the folds, with each page rendered from the mean of both opinions. */
function report(shown) {
  for (const set of ['wcxb_dev', 'magic_article', 'magic_forum']) {
    const texts = new Map()
    const wanted = pages.filter((page) => page.set === set && shown.includes(page.fold))
    for (const page of wanted) {
      const analysis = analysePage(page.html, page.url)
      const probabilities = firstP
        .subarray(page.offset, page.offset + page.count)
        .map((p, block) => averaged(p, logOdds(secondP[page.offset + block])))
      const keep = chooseBlocks(analysis, { probabilities, types: page.types, type: page.type })
      texts.set(String(page.id), finishPage(analysis, keep).text)
    }
    const score = scoreSet(wanted, texts)
    say(
      `${set.padEnd(14)} ${JSON.stringify(score, (_, v) => (typeof v === 'number' ? Math.round(v * 1e4) / 1e4 : v))}`,
    )
  }
}

function logOdds(p) {
  const sure = Math.min(0.9999, Math.max(0.0001, p))
  return Math.log(sure / (1 - sure))
}

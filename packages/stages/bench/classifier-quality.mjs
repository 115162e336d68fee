// AUC and accuracy of both engines on labelled sets, and the split files that classifier-peers.py
// trains scikit-learn and fastText on.
//   node packages/stages/bench/classifier-quality.mjs --labels DIR --splits DIR [--sets a,b] [--options JSON]
//   PYTHON packages/stages/bench/classifier-peers.py SPLITS NAME...
// DIR is what classifier-labels.mjs wrote. Blogs: at most 60 pages of a label and site (one site has half
// of all pages), three splits by site and one by text. The others: as published, or one text in five.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildStale } from '../../cli/build.js'

await buildStale()
const { mix32 } = await import('@shardmill/core/random')
const { trainClassifier } = await import('@shardmill/stages/classify/train-classifier')
const { checkClassifierConfig } = await import('@shardmill/stages/classify/training-file')
const { createScorer } = await import('@shardmill/stages/classify/score')
const { evaluate } = await import('@shardmill/stages/classify/measures')
const { values } = parseArgs({
  options: {
    labels: { type: 'string' },
    splits: { type: 'string' },
    sets: { type: 'string' },
    engines: { type: 'string', default: 'ngrams,tfidf' },
    options: { type: 'string', default: '{}' },
  },
})
if (!values.splits) throw new Error('usage: classifier-quality.mjs --labels DIR --splits DIR')

const perLabelAndSite = 60
const read = (path) =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
const write = (name, rows) =>
  writeFileSync(
    join(values.splits, `${name}.jsonl`),
    rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
  )
const hashOf = (text) => {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return mix32(hash)
}

function makeSplits() {
  mkdirSync(values.splits, { recursive: true })
  const labelled = (name) => read(join(values.labels, `${name}.jsonl`))
  const both = (name, rows, isTest) => {
    write(
      `${name}.train`,
      rows.filter((row) => !isTest(row)),
    )
    write(`${name}.test`, rows.filter(isTest))
  }
  const hashed = labelled('blogs').map((row) => ({ ...row, hash: hashOf(row.text) }))
  const counts = {}
  const blogs = hashed
    .toSorted((a, b) => a.hash - b.hash)
    .filter(({ group, label }) => {
      const key = `${group} ${label}`
      counts[key] = (counts[key] ?? 0) + 1
      return counts[key] <= perLabelAndSite
    })
  const sites = [...new Set(blogs.map(({ group }) => group))].toSorted((a, b) => (a < b ? -1 : 1))
  for (let fold = 0; fold < 3; fold++) {
    both(`blogs-site${fold}`, blogs, ({ group }) => sites.indexOf(group) % 3 === fold)
  }
  both('blogs-random', blogs, ({ hash }) => hash % 5 === 0)
  for (const name of ['subjectivity', 'reviews', 'offensive', 'offensive-binary', 'toxicity']) {
    both(name, labelled(name), ({ text }) => hashOf(text) % 5 === 0)
  }
  for (const name of ['tnews', 'sst']) {
    write(`${name}.train`, labelled(`${name}-train`))
    write(`${name}.test`, labelled(`${name}-test`))
  }
}

const names = (
  values.sets ??
  'blogs-site0,blogs-site1,blogs-site2,blogs-random,tnews,sst,toxicity,subjectivity,reviews,offensive-binary,offensive'
).split(',')
if (!existsSync(join(values.splits, 'sst.test.jsonl'))) makeSplits()
console.log('set'.padEnd(18), 'engine  train  test  AUC     accuracy  ECE    CPU s')
for (const name of names) {
  const [train, test] = ['train', 'test'].map((part) =>
    read(join(values.splits, `${name}.${part}.jsonl`)),
  )
  for (const engine of values.engines.split(',')) {
    const startedAt = process.cpuUsage()
    // A split by site asks for new sites, so the inner splits are by site, too. The coins of nine sites may
    // leave one without a label: then the next seed, as the error says.
    const isBySite = name.includes('-site')
    const examples = train.map(({ text, label, group }) => ({
      text,
      label,
      ...(isBySite ? { group } : {}),
    }))
    const trainWith = (seed) =>
      trainClassifier(
        examples,
        checkClassifierConfig({
          examples: [{ path: name }],
          engine,
          seed,
          test: 0,
          ...JSON.parse(values.options),
        }),
      ).catch((error) => {
        if (isBySite && seed < 20 && error.code === 'config') return trainWith(seed + 1)
        throw error
      })
    const { model } = await trainWith(1)
    const { labels } = model.header
    const score = createScorer(model)
    const scores = []
    for (const { text } of test) scores.push(...score(text))
    const truth = test.map(({ label }) => labels.indexOf(label))
    const result = evaluate(scores, truth, labels, labels.length - 1)
    const { user, system } = process.cpuUsage(startedAt)
    console.log(
      name.padEnd(18),
      engine.padEnd(7),
      String(train.length).padStart(5),
      String(test.length).padStart(5),
      result.macroAuc.toFixed(4),
      '',
      result.accuracy.toFixed(4),
      '  ',
      result.calibrationError.toFixed(3),
      ((user + system) / 1e6).toFixed(1).padStart(6),
      `C ${model.header.origin.inverseRegularization} idf^${model.header.origin.idfPower}`,
    )
  }
}

// Scoring speed of the classifier on English and Chinese, CPU time of one process; segmented words beside
// runs of characters.
//   node packages/stages/bench/classifier-speed.mjs --text DIR [--megabytes 16]
// Documents: en-books.txt in pages of 5,000 characters, zh-news.txt by article. The model is trained on a
// tenth of the very documents (label: a hash), so that most rows it meets are known. Every figure is the
// best of three rounds over all documents, after one to warm the compiler.
import { parseArgs } from 'node:util'
import { buildStale } from '../../cli/build.js'
import { readChineseArticles, readEnglish } from './documents.mjs'

await buildStale()
const { createScorer } = await import('@shardmill/stages/classify/score')
const { trainClassifier } = await import('@shardmill/stages/classify/train-classifier')
const { checkClassifierConfig } = await import('@shardmill/stages/classify/training-file')
const { values } = parseArgs({
  options: { text: { type: 'string' }, megabytes: { type: 'string', default: '16' } },
})
if (!values.text) throw new Error('usage: classifier-speed.mjs --text DIR')
const maxBytes = Number(values.megabytes) * 1e6
const takeBytes = (all) => {
  let bytes = 0
  return all.filter((text) => (bytes += Buffer.byteLength(text)) <= maxBytes)
}
const sets = {
  en: takeBytes(readEnglish(values.text, maxBytes)),
  zh: takeBytes(readChineseArticles(values.text)),
}
const variants = {
  default: {},
  'letters 3-5': { letterNgrams: 5 },
  'characters 1-3': { characterNgrams: 3 },
  'segmented words': { unspaced: 'words' },
}
for (const [lang, texts] of Object.entries(sets)) {
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  const examples = texts
    .filter((_, i) => i % 10 === 0)
    .map((text, i) => ({ text, label: i % 2 === 0 ? 'even' : 'odd' }))
  for (const [name, features] of Object.entries(variants)) {
    if (lang === 'zh' ? name.startsWith('letters') : name.startsWith('characters')) continue
    const config = checkClassifierConfig({
      examples: [{ path: lang }],
      features,
      epochs: 2,
      test: 0,
    })
    const { model } = await trainClassifier(examples, config)
    const score = createScorer(model)
    let [best, sum] = [Infinity, 0]
    for (let round = 0; round < 4; round++) {
      const startedAt = process.cpuUsage()
      for (const text of texts) sum += score(text)[0]
      const { user, system } = process.cpuUsage(startedAt)
      if (round > 0) best = Math.min(best, user + system)
    }
    console.log(
      `${lang} ${name.padEnd(16)} ${(bytes / best).toFixed(1)} MB/s  ` +
        `${texts.length} documents, ${(bytes / 1e6).toFixed(1)} MB, mean score ${(sum / 4 / texts.length).toFixed(3)}`,
    )
  }
}

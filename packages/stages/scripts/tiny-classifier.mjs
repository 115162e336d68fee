// Makes the small model of the classifier fixtures from the articles in corpora/written: is a paragraph
// about technology and money, or about home, food and nature?
//   node packages/stages/scripts/tiny-classifier.mjs
// Writes packages/stages/test/fixtures/classifier.bin. Same texts, same bytes.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildStale } from '../../cli/build.js'

await buildStale()
const { trainClassifier } = await import('@shardmill/stages/classify/train-classifier')
const { checkClassifierConfig } = await import('@shardmill/stages/classify/training-file')
const { encodeModel } = await import('@shardmill/stages/classify/linear-model')
const root = join(import.meta.dirname, '../../..')
const technology = [
  'index-funds-explained',
  'profiling-a-slow-parser',
  'repairing-a-mechanical-keyboard',
  'teaching-a-robot-to-fold-towels',
  'wearable-sleep-tracker-review',
  'bian-cheng-jiao-hai-zi',
  'gong-si-cai-bao-jie-du',
  'kai-yuan-ruan-jian-wen-dang',
  'shu-ju-ku-suo-yin',
]
const life = [
  'beginner-guide-to-composting',
  'sourdough-in-a-cold-kitchen',
  'what-the-river-carries',
  'choir-of-the-night-bus',
  'the-last-ferry-timetable',
  'fan-qie-niu-nan-mian',
  'guan-niao-ri-ji',
  'yang-tai-bo-he',
  'ban-ye-de-dou-jiang-dian',
  'shan-cun-xiao-xue',
]

/** Paragraphs of the named articles, without front matter and headings. */
function* examples() {
  for (const lang of ['en', 'zh']) {
    const folder = join(root, 'corpora/written', lang)
    for (const file of readdirSync(folder).toSorted()) {
      const name = file.replace(/\.md$/, '')
      const label = technology.includes(name) ? 'technology' : life.includes(name) ? 'life' : ''
      if (label === '') continue
      const body = readFileSync(join(folder, file), 'utf8').replace(/^---\n.*?\n---\n/s, '')
      for (const paragraph of body.split(/\n{2,}/)) {
        if (paragraph.length >= 40 && !paragraph.startsWith('#')) yield { text: paragraph, label }
      }
    }
  }
}

const config = checkClassifierConfig({
  examples: [{ path: 'corpora/written' }],
  positive: 'technology',
  features: { rowBits: 12, characterNgrams: 2 },
  validation: 0.2,
  test: 0,
})
const { model, evaluation } = await trainClassifier(examples(), config)
writeFileSync(join(root, 'packages/stages/test/fixtures/classifier.bin'), encodeModel(model))
process.stdout.write(
  `${evaluation.documents} held-out paragraphs, AUC ${evaluation.auc.toFixed(4)}, ` +
    `accuracy ${evaluation.accuracy.toFixed(4)}\n`,
)

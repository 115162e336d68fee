// Labelled JSONL for the classifier benches, from folders of saved pages and from public label sets.
//   node packages/stages/bench/classifier-labels.mjs --sites DIR --labelled DIR --to OUT
// blogs.jsonl: {text, label: listing | post, group: site}. The label comes from the path alone: pages
// under archives, categories, tags and page are listings, dated and slug folders with an index.html are
// posts, the rest (about, search, 404, links) is left out. The text is all visible text of the page,
// navigation included. tnews-*, sst-*, offensive, reviews, toxicity: label sets as published.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { parse } from 'csv-parse/sync'
import { buildStale } from '../../cli/build.js'

await buildStale()
const { htmlToText } = await import('@shardmill/stages/extract/html/html-to-text')
const { decodeBytes } = await import('@shardmill/stages/extract/decode')
const { values } = parseArgs({
  options: {
    sites: { type: 'string' },
    labelled: { type: 'string' },
    to: { type: 'string' },
  },
})
if (!values.sites || !values.labelled || !values.to) {
  throw new Error('usage: classifier-labels.mjs --sites DIR --labelled DIR --to OUT')
}
mkdirSync(values.to, { recursive: true })

const listingFolders = new Set(['archives', 'categories', 'tags', 'page', 'category', 'tag'])
const otherPages =
  /^(about|about-me|copyright|search|links?|friends?|friend-links|guestbook|comments?|message|vendors|lib|js|css|404|projects?|resume|talks|books|contact|life|continue|google.*|baidu.*)$/i
/** Blogs of the collection that are not Chinese: Portuguese, English, Korean, Spanish. */
const notChinese = /^(1up4developers|Chobots|DaleSeo|Enchufa2)\+/

/** listing, post, or undefined for a page that is neither. */
function labelOf(path) {
  const steps = path.split('/')
  if (steps.at(-1) !== 'index.html' && !/^.*\.html$/.test(steps.at(-1))) return undefined
  const folders = steps.slice(0, -1)
  if (steps.some((step) => otherPages.test(step.replace(/\.html$/, '')))) return undefined
  if (folders.some((step) => listingFolders.has(step))) return 'listing'
  if (folders.length === 0) return steps[0] === 'index.html' ? 'listing' : undefined
  if (folders.length === 1 && ['blog', 'posts'].includes(folders[0])) return 'listing'
  return steps.at(-1) === 'index.html' ? 'post' : undefined
}

function write(name, rows) {
  const counts = {}
  for (const { label } of rows) counts[label] = (counts[label] ?? 0) + 1
  writeFileSync(
    join(values.to, `${name}.jsonl`),
    rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
  )
  console.log(name, rows.length, JSON.stringify(counts))
}

const blogs = []
for (const site of readdirSync(values.sites).toSorted()) {
  if (!site.includes('+') || notChinese.test(site)) continue
  const files = readdirSync(join(values.sites, site), { recursive: true, encoding: 'utf8' })
  for (const file of files.toSorted((a, b) => (a < b ? -1 : 1))) {
    const label = file.endsWith('.html') ? labelOf(file) : undefined
    if (label === undefined) continue
    let bytes
    try {
      bytes = readFileSync(join(values.sites, site, file))
    } catch {
      continue // a folder whose name ends in .html
    }
    const text = htmlToText(decodeBytes(bytes).html)
    if (text.length >= 50) blogs.push({ text, label, group: site.split('+')[0], path: file })
  }
}
write('blogs', blogs)

const labelled = (...steps) => join(values.labelled, ...steps)
const jsonLines = (path) =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
const tnews = (name) =>
  jsonLines(labelled('fewclue/tnews', name)).map(({ sentence, label_desc: label }) => ({
    text: sentence,
    label,
  }))
write('tnews-train', [...tnews('train_few_all.json'), ...tnews('dev_few_all.json')])
write('tnews-test', tnews('test_public.json'))

const sentiment = labelled('sst/AcademiaSinicaNLPLab+sentiment_dataset/data')
const marked = (name, names) =>
  readFileSync(join(sentiment, name), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => ({ text: line.slice(2), label: names[Number(line[0])] }))
const polarity = ['negative', 'positive']
write('sst-train', [
  ...marked('stsa.binary.train', polarity),
  ...marked('stsa.binary.dev', polarity),
])
write('sst-test', marked('stsa.binary.test', polarity))
write('subjectivity', marked('subj.all', ['subjective', 'objective']))
const reviews = []
for (const [folder, label] of [
  ['neg', 'negative'],
  ['pos', 'positive'],
]) {
  const path = join(sentiment, 'panglee/txt_sentoken', folder)
  for (const file of readdirSync(path).toSorted()) {
    reviews.push({ text: readFileSync(join(path, file), 'utf8'), label })
  }
}
write('reviews', reviews)

const tweets = parse(
  readFileSync(labelled('t-davidson+hate-speech-and-offensive-language/data/labeled_data.csv')),
  { columns: true },
)
write(
  'offensive',
  tweets.map(({ tweet, class: index }) => ({
    text: tweet,
    label: ['hate', 'offensive', 'neither'][index],
  })),
)
write(
  'offensive-binary',
  tweets.map(({ tweet, class: index }) => ({
    text: tweet,
    label: index === '2' ? 'clean' : 'offensive',
  })),
)
const toxicity = parse(readFileSync(labelled('surge-ai+toxicity/toxicity_en.csv')), {
  columns: true,
})
write(
  'toxicity',
  toxicity.map(({ text, is_toxic: label }) => ({
    text,
    label: label === 'Toxic' ? 'toxic' : 'clean',
  })),
)
console.log(basename(values.to), 'done')

// Word segmentation: F1 and recall of unknown words per corpus, speed against jieba, round trip.
//   node packages/tokenizer/bench/segment.mjs --data DIR [--text FILE] [--round-trips 1000000] [--train]
// `--data` holds zh_gsdsimp-dev.conllu, zh_gsd-dev.conllu, udc/train.conll, sxu/train.txt, wtb/*.conll
// and zx/*.wordpos. The default model has seen udc/train only. `--train` also trains on nine tenths
// of SXU (in memory, nothing is written into the package) and scores the rest. Speed is CPU time,
// three rounds in turn over `--text`, best of each.
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildStale } from '../../cli/build.js'

await buildStale()
const { readGold } = await import('@shardmill/tokenizer/segment/gold')
const { scoreSegmenter } = await import('@shardmill/tokenizer/segment/score')
const { createSegmenter, tokensOf } = await import('@shardmill/tokenizer/segment/segmenter')
const { trainSegmentModel } = await import('@shardmill/tokenizer/segment/perceptron-train')
const { encodeSegmentModel } = await import('@shardmill/tokenizer/segment/perceptron-model')
const { seeded } = await import('@shardmill/core/random')

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    text: { type: 'string' },
    'round-trips': { type: 'string', default: '0' },
    train: { type: 'boolean', default: false },
  },
})
if (!values.data) throw new Error('segment bench: give --data')
const read = (name) => readGold(readFileSync(join(values.data, name), 'utf8'))
const sxu = read('sxu/train.txt')
const sets = {
  gsdsimp: read('zh_gsdsimp-dev.conllu'),
  gsd: read('zh_gsd-dev.conllu'),
  sxu,
  wtb: ['dev', 'test', 'train'].flatMap((part) => read(`wtb/${part}.conll`)),
  zx: ['dev', 'test', 'train'].flatMap((part) => read(`zx/${part}.zhuxian.wordpos`)),
}
const known = new Set(read('udc/train.conll').flat())
const engines = {}
for (const engine of ['perceptron', 'jieba', 'intl']) {
  const start = process.cpuUsage().user
  engines[engine] = await createSegmenter({ engine })
  console.log(`${engine}: loaded in ${Math.round((process.cpuUsage().user - start) / 1e3)} ms CPU`)
}
for (const [name, segmenter] of Object.entries(engines)) {
  const cells = Object.entries(sets).map(([set, sentences]) => {
    const { f1, oovRecall } = scoreSegmenter(segmenter, sentences, known)
    return `${set} ${(100 * f1).toFixed(1)}/${(100 * oovRecall).toFixed(0)}`
  })
  console.log(`${name.padEnd(10)} F1/OOV  ${cells.join('  ')}`)
}

const speedTexts = values.text
  ? readFileSync(values.text, 'utf8').slice(0, 2_000_000).split('\n').filter(Boolean)
  : sxu.map((words) => words.join(''))
const bytes = speedTexts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
const best = {}
for (let round = 0; round < 4; round++) {
  for (const [name, segmenter] of Object.entries(engines)) {
    const start = process.cpuUsage().user
    for (const text of speedTexts) segmenter.segment(text)
    const speed = bytes / (process.cpuUsage().user - start)
    best[name] = Math.max(best[name] ?? 0, speed)
  }
}
console.log(
  `speed of ${(bytes / 1e6).toFixed(1)} MB: ${Object.entries(best)
    .map(([name, speed]) => `${name} ${speed.toFixed(2)} MB/s`)
    .join(', ')}`,
)

if (values.train) {
  const held = sxu.filter((_, i) => i % 10 === 0)
  const trained = sxu.filter((_, i) => i % 10 !== 0)
  const model = trainSegmentModel(trained, { iterations: 8, seed: 1, license: 'not for shipping' })
  const path = join(mkdtempSync(join(tmpdir(), 'segment-')), 'sxu.bin')
  writeFileSync(path, encodeSegmentModel(model))
  const { f1, oovRecall } = scoreSegmenter(
    await createSegmenter({ engine: 'perceptron', model: path }),
    held,
    new Set(trained.flat()),
  )
  console.log(
    `trained on 9/10 of sxu, scored on 1/10: F1 ${(100 * f1).toFixed(2)}, OOV recall ${(100 * oovRecall).toFixed(1)}`,
  )
}

const trips = Number(values['round-trips'])
if (trips > 0) {
  const random = seeded(1)
  const pools = [
    () => 0x4e00 + random.below(0x5200),
    () => 0x20 + random.below(0x5f),
    () => random.below(0x11_0000),
    () => 0xd800 + random.below(0x800),
    () => 0x20000 + random.below(0x3000),
    () => 0xff00 + random.below(0xf0),
    () => [0x20, 0x3000, 0x0a, 0x0d, 0x09, 0x2028, 0xfeff, 0x200d][random.below(8)],
  ]
  let failed = 0
  for (let i = 0; i < trips; i++) {
    let text = i % 1000 === 0 ? 'https://example.org/a?b=c 联系 a@b.cn ' : ''
    for (let length = random.below(24); length > 0; length--) {
      const code = pools[random.below(pools.length)]()
      text += code < 0x10000 ? String.fromCharCode(code) : String.fromCodePoint(code)
    }
    const ends = engines.perceptron.segment(text)
    let from = 0
    let isWhole = true
    for (const end of ends) {
      // Ascending, and never inside a surrogate pair.
      isWhole &&= end > from
      const [left, right] = [text.charCodeAt(end - 1), text.charCodeAt(end)]
      isWhole &&= !(left >= 0xd800 && left < 0xdc00 && right >= 0xdc00 && right < 0xe000)
      from = end
    }
    if (!isWhole || tokensOf(text, ends).join('') !== text) failed++
  }
  console.log(`round trip: ${trips - failed} of ${trips} random strings come back whole`)
}

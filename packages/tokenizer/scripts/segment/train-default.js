// Trains the segmentation model that the package ships.
//   node train-default.js --gold FILE --text FILE... --out FILE [--silver 24000] [--prune 0.02]
// `--gold` is UD Chinese GSD, training part, in CoNLL (CC BY-SA 4.0); `--text` are plain texts, one
// paragraph a line, for silver data. Three steps:
//   1. a first model from the gold sentences, with jieba's dictionary (MIT) as lexicon features;
//   2. silver sentences: a boundary is where two of three (that model, jieba with HMM, ICU) see one;
//      adverb + verb and numeral + measure, which dictionaries list as one word and every treebank
//      cuts, are cut (`splits`);
//   3. the shipped model from gold and silver together.
// The list of step 2 was written while looking at mistakes on WTB and ZX, so their scores are those of
// development sets, though no sentence of theirs is in the model. About one minute.
import { createRequire } from 'node:module'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildStale } from '../../../cli/build.js'

await buildStale()
const { readGold } = await import('@shardmill/tokenizer/segment/gold')
const { encodeSegmentModel } = await import('@shardmill/tokenizer/segment/perceptron-model')
const { trainSegmentModel } = await import('@shardmill/tokenizer/segment/perceptron-train')
const { createSegmenter } = await import('@shardmill/tokenizer/segment/segmenter')

const { values } = parseArgs({
  options: {
    gold: { type: 'string' },
    text: { type: 'string', multiple: true },
    out: { type: 'string' },
    silver: { type: 'string', default: '24000' },
    prune: { type: 'string', default: '0.02' },
    iterations: { type: 'string', default: '4' },
  },
})
if (!values.gold || !values.text || !values.out) throw new Error('give --gold, --text and --out')

/** Two-character entries of dictionaries that treebanks cut between the characters. */
const splits = new RegExp(
  '^(?:' +
    '[不就都也却便竟乃更而正还只并没](?:是|有|会|能|要|想|知|敢|得|到|见|怕|在|可|爱)|' +
    '[更最太很](?:多|大|高|小|少|新|好|美|长)|' +
    '[一二三四五六七八九十两几每某][个种次句天件步声眼下年月日段刻面阵丝分点道条位名张只家本座层]' +
    ')$',
)
const { dict } = createRequire(import.meta.url)('@node-rs/jieba/dict.js')
const lexicon = dict
  .toString('utf8')
  .split('\n')
  .map((line) => line.split(' ')[0])
  .filter((word) => /^\p{Script=Han}{2,5}$/u.test(word) && !splits.test(word))
const gold = readGold(readFileSync(values.gold, 'utf8'))
const license = 'CC BY-SA 4.0 (UD Chinese GSD); lexicon: jieba, MIT'

const firstPath = join(mkdtempSync(join(tmpdir(), 'segment-')), 'first.bin')
const first = trainSegmentModel(gold, { iterations: 8, seed: 1, license, lexicon })
writeFileSync(firstPath, encodeSegmentModel(first))
const voters = [
  await createSegmenter({ engine: 'perceptron', model: firstPath }),
  await createSegmenter({ engine: 'jieba' }),
  await createSegmenter({ engine: 'intl' }),
]

const silver = []
const perFile = Number(values.silver) / values.text.length
for (const path of values.text) {
  const sentences = [...new Set(readFileSync(path, 'utf8').split(/\n|(?<=[。！？；])/))]
    .map((sentence) => sentence.replace(/\s+/gu, ''))
    .filter((sentence) => sentence.length >= 8 && sentence.length <= 80)
    .filter((sentence) => (sentence.match(/\p{Script=Han}/gu)?.length ?? 0) > 0.7 * sentence.length)
  const step = Math.max(1, Math.floor(sentences.length / perFile))
  for (let i = 0; i < sentences.length && i < perFile * step; i += step)
    silver.push(vote(sentences[i]))
}

function vote(sentence) {
  const votes = new Uint8Array(sentence.length + 1)
  for (const voter of voters) for (const end of voter.segment(sentence)) votes[end]++
  const words = []
  let from = 0
  for (let end = 1; end <= sentence.length; end++) {
    if (votes[end] < 2) continue
    const word = sentence.slice(from, end)
    words.push(...(splits.test(word) ? word : [word]))
    from = end
  }
  return words
}

const model = trainSegmentModel([...gold, ...silver], {
  iterations: Number(values.iterations),
  seed: 1,
  license,
  lexicon,
  prune: Number(values.prune),
  onIteration: (i, wrong) => process.stdout.write(`iteration ${i + 1}: ${wrong} symbols wrong\n`),
})
const bytes = encodeSegmentModel(model)
writeFileSync(values.out, bytes)
process.stdout.write(
  `${gold.length} gold and ${silver.length} silver sentences, ${model.pairKeys.length} pairs, ${model.gapKeys.length} gaps, ${bytes.length} bytes\n`,
)

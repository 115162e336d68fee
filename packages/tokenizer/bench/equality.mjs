// Ids of tokenizer.json files compared with npm `tokenizers` (HF's Rust engine): on documents of text,
// and on adversarial strings, which mix scripts, controls, accents without a base, unassigned code
// points, look-alikes of special tokens and very long words.
//
//   node packages/tokenizer/bench/equality.mjs --peers FOLDER --text FOLDER [--mb 60]
//        [--adversarial 100000] TOKENIZER.json …
//
// Exit code 1 when one string differs. --peers is a folder with `npm i tokenizers@0.23.2`.
import { readFileSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { seeded } from '../../core/dist/random.js'
import { loadTokenizer } from '../dist/load.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    peers: { type: 'string' },
    text: { type: 'string' },
    mb: { type: 'string', default: '60' },
    adversarial: { type: 'string', default: '100000' },
  },
})
if (!values.peers || positionals.length === 0)
  throw new Error('usage: equality.mjs --peers FOLDER FILE …')
const hf = createRequire(resolve(values.peers, 'package.json'))('tokenizers')

function* documents(file) {
  const bytes = readFileSync(file)
  const length = Math.min(bytes.length, Number(values.mb) * 1e6)
  for (let at = 0; at < length;) {
    let end = Math.min(length, at + 4096)
    while (end < bytes.length && (bytes[end] & 0xc0) === 0x80) end++
    yield bytes.subarray(at, end).toString('utf8')
    at = end
  }
}

const specials = ['<mask>', '[MASK]', '[UNK]', '<s>', '</s>', '<|endoftext|>', '<pad>']
const words = [
  ...specials,
  '##ing',
  '▁',
  '  ',
  'naïve',
  'Ⅳ',
  'ﬁ',
  'ｆｕｌｌ',
  '한국어',
  '<0x41>',
  "don't",
]
const odd = [
  0x2581, 0xa0, 0x85, 0x200b, 0x200d, 0xfeff, 0x3000, 0x302e, 0x302f, 0x1d165, 0xfffd, 0, 9, 10, 13,
]
odd.push(
  0x340,
  0x341,
  0x344,
  0x37e,
  0x387,
  0x2126,
  0x212b,
  0xfb01,
  0x130,
  0x131,
  0x1e9e,
  0x3c2,
  0x2028,
)

/** Random strings; each leans to one script and is sprinkled with the others. */
function* adversarial(count) {
  const random = seeded(5)
  const within = (from, size) => () => from + random.below(size)
  const pools = [
    within(0, 0x80),
    within(0x20, 1),
    within(0x61, 26),
    within(0x80, 0x250),
    within(0x300, 0x70),
    within(0x370, 0x90),
    within(0x400, 0x130),
    within(0x590, 0x200),
    within(0x900, 0x500),
    within(0x1e00, 0x200),
    within(0x2000, 0x70),
    within(0x2e80, 0x180),
    within(0x3040, 0xc0),
    within(0x4e00, 0x5200),
    within(0xac00, 11172),
    within(0xf900, 0x700),
    within(0x1d100, 0x100),
    within(0x1f300, 0x400),
    within(0x20000, 0xa000),
    within(0x2f800, 0x220),
    within(0, 0x110000),
    () => odd[random.below(odd.length)],
  ]
  for (let i = 0; i < count; i++) {
    const main = pools[random.below(pools.length)]
    const length = random.below(50) === 0 ? 60 + random.below(200) : random.below(24)
    let text = ''
    for (let k = 0; k < length; k++) {
      const kind = random.below(14)
      if (kind === 0) {
        text += words[random.below(words.length)]
        continue
      }
      const code = kind < 9 ? main() : pools[random.below(pools.length)]()
      text += code >= 0xd800 && code < 0xe000 ? ' ' : String.fromCodePoint(Math.min(code, 0x10ffff))
    }
    yield text
  }
}

let failed = false
for (const file of positionals) {
  const native = hf.Tokenizer.fromFile(file)
  const ours = await loadTokenizer(file)
  const sources = [{ name: 'adversarial', texts: adversarial(Number(values.adversarial)) }]
  for (const name of values.text ? readdirSync(values.text).toSorted() : []) {
    if (!name.endsWith('.txt')) continue
    sources.push({ name, texts: documents(join(values.text, name)) })
  }
  for (const { name, texts } of sources) {
    let [count, ids, differing] = [0, 0, 0]
    let batch = []
    const compare = async () => {
      const expected = await native.encodeBatch(batch)
      for (const [i, text] of batch.entries()) {
        const [want, got] = [expected[i].getIds(), ours.encode(text, { addSpecialTokens: true })]
        count++
        ids += got.length
        if (want.length === got.length && want.every((id, k) => id === got[k])) continue
        if (differing++ < 3) process.stdout.write(`  ${JSON.stringify(text).slice(0, 300)}\n`)
      }
      batch = []
    }
    for (const text of texts) if (batch.push(text) === 256) await compare()
    await compare()
    failed ||= differing > 0
    process.stdout.write(
      `${basename(file)} ${name}: ${count} strings, ${ids} ids, ${differing} differ\n`,
    )
  }
}
process.exitCode = failed ? 1 : 0

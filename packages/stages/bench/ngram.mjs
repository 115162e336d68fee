// N-gram models beside KenLM: perplexity on held-out text, training time and memory, scoring speed.
//   node packages/stages/bench/ngram.mjs --text FILE --lmplz PATH --python PYTHON
//        [--order 5] [--train-mb 20] [--held-out-mb 2] [--memory-mb 1024] [--prune 0] [--rounds 2]
//   node packages/stages/bench/ngram.mjs --text FILE --sizes 5,10,20,40 --memory-mb 64   (ours alone)
// The text is cut into words by our `word` unit first (rules of CCNet), without empty lines, so that
// both see the same tokens: the first --train-mb to train on, the last --held-out-mb to score. Every
// training is a process of its own, one after another; times are CPU time, memory the largest RSS.
// With --folder DIR the models stay there: the first call trains, the next ones score.
// PYTHON needs `kenlm`; lmplz comes from KenLM's sources.
import { execFileSync, spawnSync } from 'node:child_process'
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
} from 'node:fs'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { buildStale } from '../../cli/build.js'

const { values } = parseArgs({
  options: {
    text: { type: 'string' },
    lmplz: { type: 'string' },
    python: { type: 'string' },
    order: { type: 'string', default: '5' },
    'train-mb': { type: 'string', default: '20' },
    'held-out-mb': { type: 'string', default: '2' },
    'memory-mb': { type: 'string', default: '1024' },
    prune: { type: 'string', default: '0' },
    rounds: { type: 'string', default: '2' },
    sizes: { type: 'string' },
    folder: { type: 'string' },
    child: { type: 'string' },
    model: { type: 'string' },
  },
})
await buildStale()
const { peakMemoryBytes } = await import('@shardmill/core/peak-memory')
const dist = (name) => new URL(`../dist/quality/ngram/${name}.js`, import.meta.url).href
const self = fileURLToPath(import.meta.url)
const order = Number(values.order)
const prune = values.prune.split(',').map(Number)
while (prune.length < order) prune.push(prune.at(-1))

async function compare() {
  const folder = values.folder ?? mkdtempSync(join(tmpdir(), 'ngram-bench-'))
  mkdirSync(folder, { recursive: true })
  const [trainText, heldOut, arpa, binary, model] = [
    'train.txt',
    'held-out.txt',
    'kenlm.arpa',
    'kenlm.bin',
    'ours.ngram',
  ].map((name) => join(folder, name))
  try {
    if (!existsSync(binary)) {
      await cutWords(values.text, 0, Number(values['train-mb']) * 1e6, trainText)
      const bytes = statSync(values.text).size
      await cutWords(values.text, bytes - Number(values['held-out-mb']) * 1e6, bytes, heldOut)
      for (let round = 0; round < Number(values.rounds); round++) {
        console.log('train lmplz ', lmplz(trainText, arpa, folder))
        console.log('train ours  ', child('train', trainText, model))
      }
      const build = join(values.lmplz, '..', 'build_binary')
      execFileSync(build, ['trie', arpa, binary], { stdio: 'ignore' })
      const sizes = [arpa, binary, model].map((path) => statSync(path).size)
      console.log('bytes of ARPA, KenLM trie, ours', ...sizes)
      if (values.folder !== undefined) return
    }
    for (let round = 0; round < Number(values.rounds); round++) {
      console.log('score kenlm ', JSON.parse(python(kenlmScore, binary, heldOut)))
      console.log('score ours  ', child('score', heldOut, model))
    }
  } finally {
    if (values.folder === undefined) rmSync(folder, { recursive: true, force: true })
  }
}

async function compareSizes() {
  const folder = mkdtempSync(join(tmpdir(), 'ngram-bench-'))
  try {
    for (const size of values.sizes.split(',').map(Number)) {
      const text = join(folder, 'train.txt')
      await cutWords(values.text, 0, size * 1e6, text)
      console.log(size, 'MB', child('train', text, join(folder, 'ours.ngram')))
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Words of bytes [from, to) of a file, a line a sentence, divided by spaces. */
async function cutWords(path, from, to, output) {
  const { TextUnits } = await import(dist('text-units'))
  const { ccnetRules } = await import(dist('scoring-text'))
  const file = openSync(path, 'r')
  const bytes = Buffer.alloc(Math.max(0, to - from))
  const got = readSync(file, bytes, 0, bytes.length, from)
  closeSync(file)
  const lines = bytes.toString('utf8', 0, got).split('\n').slice(1, -1)
  const units = new TextUnits('word', ccnetRules)
  let out = ''
  for (const line of lines) {
    const spans = units.split(line)
    const words = []
    for (let i = 0; i < spans.count; i++) {
      words.push(String.fromCharCode(...spans.units.subarray(spans.starts[i], spans.ends[i])))
    }
    if (words.length > 0) out += `${words.join(' ')}\n`
  }
  writeFileSync(output, out)
}

function lmplz(text, arpa, folder) {
  const options = [
    '-o',
    values.order,
    '--prune',
    ...prune.map(String),
    '-S',
    `${values['memory-mb']}M`,
  ]
  const args = [...options, '-T', folder, '--discount_fallback', '--text', text, '--arpa', arpa]
  const { stderr, status } = spawnSync(values.lmplz, args, { encoding: 'utf8', maxBuffer: 1 << 28 })
  if (status !== 0) throw new Error(stderr)
  const [, rss, cpu, real] = /RSSMax:(\d+) kB.*CPU:([\d.]+)\s+real:([\d.]+)/.exec(stderr)
  return { cpu: Number(cpu), real: Number(real), rssMB: Math.round(rss / 1000) }
}

function child(action, text, model) {
  const args = [self, '--child', action, '--text', text, '--model', model, '--order', values.order]
  const more = ['--prune', prune.join(','), '--memory-mb', values['memory-mb']]
  return JSON.parse(execFileSync('node', [...args, ...more], { encoding: 'utf8' }))
}

function usage(startedAt) {
  const { user, system } = process.cpuUsage()
  const rssMB = Math.round(peakMemoryBytes() / 1024 / 1000)
  const real = (performance.now() - startedAt) / 1000
  return { cpu: (user + system) / 1e6, real: Math.round(real * 100) / 100, rssMB }
}

async function trainChild() {
  const startedAt = performance.now()
  const { trainFiles } = await import(dist('train-files'))
  const { noRules } = await import(dist('scoring-text'))
  const { header, runs } = await trainFiles({
    inputs: { paths: [values.text], documents: 'file', textField: 'text' },
    output: values.model,
    order,
    unit: 'whitespace',
    rules: noRules,
    prune,
    fallback: [0.5, 1, 1.5],
    bits: 0,
    memoryMB: Number(values['memory-mb']),
    holdOut: 0,
    seed: 1,
  })
  const tokens = header.training.tokens
  console.log(JSON.stringify({ ...usage(startedAt), tokens, runs, ngrams: header.ngrams }))
}

async function scoreChild() {
  const { DocumentScorer, perplexityOf, perplexityWithoutUnknown } = await import(
    dist('document-scorer')
  )
  const scorer = await DocumentScorer.load(values.model)
  const lines = readFileSync(values.text, 'utf8').split('\n').slice(0, -1)
  const sum = { logProb: 0, tokens: 0, unknown: 0, unknownLogProb: 0 }
  // Once to compile, once to measure.
  for (let round = 0; round < 2; round++) {
    for (const key of Object.keys(sum)) sum[key] = 0
    const before = process.cpuUsage()
    for (const line of lines) {
      const score = scorer.score(line)
      for (const key of Object.keys(sum)) sum[key] += score[key]
    }
    const { user, system } = process.cpuUsage(before)
    if (round === 0) continue
    const cpu = (user + system) / 1e6
    console.log(
      JSON.stringify({
        perplexity: perplexityOf(sum),
        withoutUnknown: perplexityWithoutUnknown(sum),
        unknown: sum.unknown,
        tokens: sum.tokens,
        cpu,
        tokensPerSecond: Math.round(sum.tokens / cpu),
        modelMB: Math.round(scorer.model.bytes / 1e6),
      }),
    )
  }
}

const kenlmScore = `
import json, sys, time, kenlm
model = kenlm.Model(sys.argv[1])
lines = open(sys.argv[2], encoding='utf8').read().split('\\n')[:-1]
for line in lines: model.score(line)
start = time.process_time()
total = sum(model.score(line) for line in lines)
cpu = time.process_time() - start
tokens = sum(len(line.split()) + 1 for line in lines)
known = [(p, oov) for line in lines for p, _, oov in model.full_scores(line)]
unknown = sum(1 for _, oov in known if oov)
without = sum(p for p, oov in known if not oov)
print(json.dumps({'perplexity': 10 ** (-total / tokens), 'withoutUnknown': 10 ** (-without / (tokens - unknown)),
  'unknown': unknown, 'tokens': tokens, 'cpu': cpu, 'tokensPerSecond': round(tokens / cpu)}))
`

function python(script, ...args) {
  return execFileSync(values.python, ['-c', script, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
}

if (values.child === 'train') await trainChild()
else if (values.child === 'score') await scoreChild()
else if (values.sizes !== undefined) await compareSizes()
else await compare()

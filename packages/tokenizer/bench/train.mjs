// Tokenizer training beside HF tokenizers and sentencepiece: CPU time, peak memory, equality.
//   node packages/tokenizer/bench/train.mjs --data DIR --python PYTHON [--only en20-32k,...] [--rounds 3]
// DIR holds en-books.txt, zh-modern-translations.txt, zh-news.txt; PYTHON has tokenizers and
// sentencepiece. Each training is a process of its own, engines take turns, and the least CPU time of
// all rounds counts, measured inside the process around the training alone, file reading included. A
// difference in vocabulary or merges fails the run.
//
// --big MB writes that many megabytes of seeded permutations of the lines and trains within 2 GB.
import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { buildStale } from '../../cli/build.js'
import { seeded } from '../../core/dist/random.js'

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    python: { type: 'string' },
    only: { type: 'string', default: '' },
    rounds: { type: 'string', default: '3' },
    big: { type: 'string' },
    memory: { type: 'string', default: '1536' },
  },
})
if (!values.data) throw new Error('train bench: give --data')
await buildStale()
const { resolveTraining } = await import('../dist/training-defaults.js')

const folder = mkdtempSync(join(tmpdir(), 'train-bench-'))
const here = (name) => fileURLToPath(new URL(name, import.meta.url))
const source = (name) => readFileSync(join(values.data, name))
const zh = (bytes) => [
  whole(source('zh-modern-translations.txt'), bytes / 2),
  whole(source('zh-news.txt'), bytes / 2),
]
const corpora = {
  en20: () => [whole(source('en-books.txt'), 20e6)],
  zh20: () => zh(20e6),
  mix100: () => [whole(source('en-books.txt'), 50e6), ...zh(50e6)],
}
const cases = [
  ['en20-32k', 'en20', 'bpe', 32_000],
  ['zh20-32k', 'zh20', 'bpe', 32_000],
  ['en20-64k', 'en20', 'bpe', 64_000],
  ['zh20-64k', 'zh20', 'bpe', 64_000],
  ['mix100-32k', 'mix100', 'bpe', 32_000],
  ['mix100-64k', 'mix100', 'bpe', 64_000],
  ['en20-unigram-32k', 'en20', 'unigram', 32_000],
  ['zh20-unigram-32k', 'zh20', 'unigram', 32_000],
]

try {
  if (values.big) trainBig(Number(values.big))
  else compareAll()
} finally {
  rmSync(folder, { recursive: true })
}

function compareAll() {
  const only = values.only.split(',').filter((name) => name !== '')
  let failed = false
  for (const [name, corpus, kind, vocabSize] of cases) {
    if (only.length > 0 && !only.includes(name)) continue
    const path = join(folder, `${corpus}.txt`)
    writeFileSync(path, Buffer.concat(corpora[corpus]()))
    const runs = { ours: [], peer: [] }
    for (let round = 0; round < Number(values.rounds); round++) {
      runs.peer.push(run(values.python, [here('train.py'), kind, path, vocabSize, `${path}.peer`]))
      runs.ours.push(train(kind, path, vocabSize))
    }
    const best = (list) => Math.min(...list.map(({ cpu }) => cpu))
    const memory = (list) => Math.max(...list.map(({ megabytes }) => megabytes)).toFixed(0)
    const ours = best(runs.ours)
    const peer = best(runs.peer)
    const verdict = kind === 'bpe' ? equality(path) : likelihood(path, corpus)
    failed ||= verdict.failed
    process.stdout.write(
      `${name.padEnd(17)} ${peer.toFixed(2)} s, ${memory(runs.peer)} MB · ours ${ours.toFixed(2)} s, ` +
        `${memory(runs.ours)} MB · ${(peer / ours).toFixed(2)}x · ${verdict.text}\n`,
    )
  }
  if (failed) process.exitCode = 1
}

function train(kind, input, vocabSize, memoryMB = 2048, ...state) {
  const isBpe = kind === 'bpe'
  const config = resolveTraining({
    input,
    model: isBpe ? 'byte-level-bpe' : 'unigram',
    vocabSize,
    specialTokens: isBpe ? ['<|endoftext|>'] : ['<unk>', '<s>', '</s>'],
    memoryMB,
  })
  writeFileSync(`${input}.json`, JSON.stringify(config))
  const args = [here('train-one.mjs'), `${input}.json`, `${input}.ours`, ...state]
  return run(process.execPath, args)
}

function run(command, args) {
  const output = execFileSync(command, args.map(String), {
    encoding: 'utf8',
    env: { ...process.env, RAYON_NUM_THREADS: '1', TOKENIZERS_PARALLELISM: 'false' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return JSON.parse(output.trim().split('\n').at(-1))
}

function equality(path) {
  const [ours, peer] = ['ours', 'peer'].map((who) => {
    const { vocab, merges } = JSON.parse(readFileSync(`${path}.${who}`, 'utf8')).model
    return { vocab: Object.entries(vocab).toSorted((a, b) => a[1] - b[1]), merges }
  })
  const same = JSON.stringify(ours) === JSON.stringify(peer)
  return { failed: !same, text: same ? 'equal' : 'DIFFERENT' }
}

/** Log-likelihood of the next 2 MB under the best cuts, ours against sentencepiece's. */
function likelihood(path, corpus) {
  const held = `${path}.held`
  const bytes =
    corpus === 'en20'
      ? source('en-books.txt').subarray(20e6, 22e6)
      : source('zh-news.txt').subarray(10e6, 12e6)
  writeFileSync(held, bytes.subarray(bytes.indexOf(10) + 1, bytes.lastIndexOf(10) + 1))
  const { ours, peer } = run(values.python, [
    here('train.py'),
    'score',
    `${path}.ours`,
    `${path}.peer`,
    held,
  ])
  const ratio = ours / peer
  const text = `log-likelihood ${ours.toFixed(0)} / ${peer.toFixed(0)} = ${ratio.toFixed(5)}`
  return { failed: ratio > 1.001, text }
}

function trainBig(megabytes) {
  const lines = [
    'en-books.txt',
    'zh-modern-translations.txt',
    'zh-news.txt',
    'zh-en-lctt.txt',
  ].flatMap((name) => lineSpans(source(name)))
  const path = join(folder, 'big.txt')
  const random = seeded(1)
  const file = openSync(path, 'w')
  for (let written = 0; written < megabytes * 1e6;) {
    // A seeded shuffle of all lines, again and again.
    for (let i = lines.length - 1; i > 0; i--) {
      const j = random.below(i + 1)
      ;[lines[i], lines[j]] = [lines[j], lines[i]]
    }
    for (let i = 0; i < lines.length && written < megabytes * 1e6; i += 1000) {
      written += writeSync(file, Buffer.concat(lines.slice(i, i + 1000)))
    }
  }
  closeSync(file)
  mkdirSync(join(folder, 'state'))
  const memoryMB = Number(values.memory)
  const one = train('bpe', path, 64_000, memoryMB, join(folder, 'state'))
  const { cpu, seconds, megabytes: peak } = one
  process.stdout.write(
    `${megabytes} MB, 64k, memoryMB ${values.memory}: ${cpu.toFixed(1)} s CPU, ${seconds.toFixed(1)} s, ` +
      `peak ${peak.toFixed(0)} MB\n`,
  )
  if (peak > 2048) process.exitCode = 1
}

function lineSpans(bytes) {
  const lines = []
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(10, at) + 1 || bytes.length
    lines.push(bytes.subarray(at, end))
    at = end
  }
  return lines
}

/** The first bytes, up to a whole character. */
function whole(bytes, length) {
  let end = Math.min(bytes.length, length)
  while (end < bytes.length && (bytes[end] & 0xc0) === 0x80) end--
  return bytes.subarray(0, end)
}

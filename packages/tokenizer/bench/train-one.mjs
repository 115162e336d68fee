// One training in this process, for bench/train.mjs: KIND FILE VOCAB OUT [MEMORY_MB STATE].
import { writeFileSync } from 'node:fs'
import { peakMemoryBytes } from '@shardmill/core/peak-memory'
import { trainTokenizer } from '../dist/train-tokenizer.js'

const [kind, input, vocabSize, out, memoryMB = '2048', stateFolder] = process.argv.slice(2)
const isBpe = kind === 'bpe'
const before = process.cpuUsage()
const startedAt = performance.now()
const trained = await trainTokenizer(
  {
    input,
    model: isBpe ? 'byte-level-bpe' : 'unigram',
    vocabSize: Number(vocabSize),
    specialTokens: isBpe ? ['<|endoftext|>'] : ['<unk>', '<s>', '</s>'],
    memoryMB: Number(memoryMB),
  },
  stateFolder === undefined ? {} : { stateFolder },
)
const { user, system } = process.cpuUsage(before)
const seconds = (performance.now() - startedAt) / 1000
// As train.py: the file is not part of the time, but of the memory.
writeFileSync(out, JSON.stringify(trained.json))
const megabytes = peakMemoryBytes() / 2 ** 20
process.stdout.write(`${JSON.stringify({ cpu: (user + system) / 1e6, seconds, megabytes })}\n`)

// One training in this process, for bench/train.mjs: CONFIG OUT [STATE]. CONFIG is what `resolveTraining`
// made of the options, as JSON: the schema that checks them is not loaded here, as HF's library has none.
import { readFileSync } from 'node:fs'
import { peakMemoryBytes } from '@shardmill/core/peak-memory'
import { trainTokenizer } from '../dist/train-tokenizer.js'

const [config, out, stateFolder] = process.argv.slice(2)
const before = process.cpuUsage()
const startedAt = performance.now()
const trained = await trainTokenizer(
  JSON.parse(readFileSync(config, 'utf8')),
  stateFolder === undefined ? {} : { stateFolder },
)
const { user, system } = process.cpuUsage(before)
const seconds = (performance.now() - startedAt) / 1000
// As train.py: the file is not part of the time, but of the memory.
trained.save(out)
const megabytes = peakMemoryBytes() / 2 ** 20
process.stdout.write(`${JSON.stringify({ cpu: (user + system) / 1e6, seconds, megabytes })}\n`)

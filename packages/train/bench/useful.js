// Useful tokens per second on packed real documents, our side: rows of a packed folder as the loader
// gives them. `useful.py` runs it beside a padded PyTorch trainer on the same documents.
//   node packages/train/bench/useful.js PACKED [--backend wasm|torch] [--threads N] [--steps N] [--rows N]
//   node packages/train/bench/useful.js PACKED --pieces FILE.json    writes the documents of these rows
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { openProvider } from '../dist/backend/select.js'
import { openPackedSource } from '../dist/data/packed-source.js'
import { backward } from '../dist/loop/step.js'
import { createModel } from '../dist/model/model.js'
import { resolveModel } from '../dist/model/config.js'
import { clm } from '../dist/objective/clm.js'
import { toDevice } from '../dist/objective/host-batch.js'
import { createAdamw } from '../dist/optimizer/adamw.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    backend: { type: 'string', default: 'wasm' },
    threads: { type: 'string', default: '2' },
    steps: { type: 'string', default: '10' },
    warmup: { type: 'string', default: '2' },
    rows: { type: 'string', default: '2' },
    pieces: { type: 'string' },
  },
})
const [steps, warmup, perStep] = ['steps', 'warmup', 'rows'].map((key) => Number(values[key]))
const source = await openPackedSource(positionals[0], { seed: 1, shuffle: true })
const rows = []
for (let i = 0; i < (steps + warmup) * perStep; i++) rows.push(await source.row(i, i))
const { sequenceLength, vocabSize } = source.metadata
if (values.pieces) {
  const pieces = rows.flatMap(({ ids, lengths }) => {
    let at = 0
    return [...lengths].map((length) => [...ids.subarray(at, (at += length))])
  })
  writeFileSync(values.pieces, JSON.stringify({ sequenceLength, vocabSize, pieces }))
  process.exit(0)
}

const threads = Number(values.threads)
const provider = await openProvider({ backend: values.backend, threads, relaxed: true })
const sizes = { family: 'gpt2', hiddenSize: 256, layers: 4, heads: 4 }
const model = createModel(resolveModel(sizes, { vocabSize, sequenceLength }), { seed: 1 })
const options = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1 }
const adamw = createAdamw(model, options, provider.optimizer)

function step(index) {
  const batch = clm(rows.slice(index * perStep, (index + 1) * perStep))
  const device = toDevice(batch)
  const { gradients } = backward(model, device, 1 / batch.targetCount)
  adamw.update(gradients, 1e-3)
  for (const gradient of gradients) gradient.dispose()
  device.dispose()
  return batch.ids.length
}

let index = 0
while (index < warmup) step(index++)
const [cpu, start] = [process.cpuUsage(), performance.now()]
let tokens = 0
while (index < warmup + steps) tokens += step(index++)
const seconds = (performance.now() - start) / 1000
const { user, system } = process.cpuUsage(cpu)
const cpuSeconds = (user + system) / 1e6
process.stdout.write(
  `${JSON.stringify({ trainer: values.backend, tokens, seconds, cpuSeconds })}\n`,
)
process.exit(0)

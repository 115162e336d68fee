// Useful tokens per second on packed real documents, our side: rows of a packed folder as the loader
// gives them. `useful.py` runs it beside PyTorch trainers on the same documents.
//   node packages/train/bench/useful.js PACKED [--backend wasm|torch] [--threads N] [--seconds N] [--rows N]
//   node packages/train/bench/useful.js PACKED --pieces FILE.json    writes the documents of 400 rows
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
    seconds: { type: 'string', default: '15' },
    rows: { type: 'string', default: '4' },
    pieces: { type: 'string' },
  },
})
const perStep = Number(values.rows)
const source = await openPackedSource(positionals[0], { seed: 1, shuffle: true })
const rows = []
for (let i = 0; i < Math.min(400, source.rows); i++) rows.push(await source.row(i, i))
const { sequenceLength, vocabSize } = source.metadata
if (values.pieces) {
  const pieces = []
  const ends = rows.map(({ ids, lengths }) => {
    const first = pieces.length
    let at = 0
    for (const length of lengths) pieces.push([...ids.subarray(at, (at += length))])
    return [first, pieces.length]
  })
  const data = { sequenceLength, vocabSize, pieces, rows: ends }
  writeFileSync(values.pieces, JSON.stringify(data))
  process.exit(0)
}

const threads = Number(values.threads)
const provider = await openProvider({ backend: values.backend, threads, relaxed: true })
const sizes = { family: 'gpt2', hiddenSize: 256, layers: 4, heads: 4 }
const model = createModel(resolveModel(sizes, { vocabSize, sequenceLength }), { seed: 1 })
const options = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1 }
const adamw = createAdamw(model, options, provider.optimizer)

let at = 0
function step() {
  if (at + perStep > rows.length) at = 0
  const batch = clm(rows.slice(at, (at += perStep)))
  const device = toDevice(batch)
  const { gradients } = backward(model, device, 1 / batch.targetCount)
  adamw.update(gradients, 1e-3)
  for (const gradient of gradients) gradient.dispose()
  device.dispose()
  return batch.ids.length
}

step()
step()
const [cpu, start] = [process.cpuUsage(), performance.now()]
let [tokens, steps, seconds] = [0, 0, 0]
while ((seconds = (performance.now() - start) / 1000) < Number(values.seconds)) {
  tokens += step()
  steps++
}
const { user, system } = process.cpuUsage(cpu)
const cpuSeconds = (user + system) / 1e6
const area = steps * perStep * sequenceLength
process.stdout.write(`${JSON.stringify({ tokens, area, steps, seconds, cpuSeconds })}\n`)
process.exit(0)

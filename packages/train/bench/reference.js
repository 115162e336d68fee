// The reference step: GPT, 4 layers, width 256, 4 heads, rows of 256 tokens (documents of 100),
// vocabulary 8192, tied head, fp32, forward + backward + AdamW. Prints useful tokens per second.
//   node packages/train/bench/reference.js [--backend wasm|torch|cpu|tfjs-wasm] [--threads N] [--rows N]
//        [--steps N] [--warmup N]
// `bench/compare.py` runs it side by side with PyTorch on the same batches.
import { parseArgs } from 'node:util'
import * as tf from '@tensorflow/tfjs-core'
import { useWasm, wasmTensors } from '../dist/backend/wasm/register.js'
import { createWasmOptimizer } from '../dist/backend/wasm/optimizer.js'
import { accumulate, backward } from '../dist/loop/step.js'
import { createModel } from '../dist/model/model.js'
import { resolveModel } from '../dist/model/config.js'
import { clm } from '../dist/objective/clm.js'
import { toDevice } from '../dist/objective/host-batch.js'
import { createAdamw } from '../dist/optimizer/adamw.js'

const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'wasm' },
    threads: { type: 'string', default: '2' },
    rows: { type: 'string', default: '4' },
    steps: { type: 'string', default: '10' },
    warmup: { type: 'string', default: '3' },
  },
})
const [threads, rows, steps] = [Number(values.threads), Number(values.rows), Number(values.steps)]
const length = 256

let optimizer
let engine
if (values.backend === 'torch') {
  const { openTorch } = await import('../dist/backend/torch/provider.js')
  optimizer = (await openTorch({ threads })).optimizer
} else if (values.backend === 'wasm') {
  engine = await useWasm({ threads })
  optimizer = createWasmOptimizer(wasmTensors())
} else if (values.backend === 'tfjs-wasm') {
  const { stockWasm } = await import('./stock-wasm.js')
  await stockWasm()
} else await tf.setBackend(values.backend)

const config = resolveModel(
  { family: 'gpt2', hiddenSize: 256, layers: 4, heads: 4 },
  { vocabSize: 8192, sequenceLength: length },
)
const model = createModel(config, { seed: 1 })
const adamw = createAdamw(
  model,
  { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1 },
  optimizer,
)
const batch = clm(
  Array.from({ length: rows }, (_row, r) => ({
    ids: Uint16Array.from({ length }, (_, i) => (i * 7919 + r * 104_729 + 13) % 8192),
    lengths: Uint32Array.from([100, 100, 56]),
    startsWord: undefined,
    sample: r,
  })),
)

function step() {
  const device = toDevice(batch)
  const result = backward(model, device, 1 / batch.targetCount)
  const gradients = accumulate(undefined, result.gradients)
  adamw.update(gradients, 1e-3)
  for (const gradient of gradients) gradient.dispose()
  device.dispose()
  return result.loss
}

let loss = 0
for (let i = 0; i < Number(values.warmup); i++) loss = step()
const tensors = tf.memory().numTensors
const times = []
const cpu = process.cpuUsage()
for (let i = 0; i < steps; i++) {
  const start = performance.now()
  loss = step()
  times.push(performance.now() - start)
}
const used = process.cpuUsage(cpu)
if (tf.memory().numTensors !== tensors) throw new Error('tensors leak')
const median = times.toSorted((a, b) => a - b)[times.length >> 1]
const result = {
  backend: values.backend,
  threads,
  tokensPerStep: rows * length,
  tokensPerSecond: Math.round((rows * length * 1000) / median),
  bestTokensPerSecond: Math.round((rows * length * 1000) / Math.min(...times)),
  cpuSecondsPerStep: Number(((used.user + used.system) / 1e6 / steps).toFixed(3)),
  loss: Number(loss.toFixed(6)),
  tensors,
  wasmMiB: engine ? Math.round(engine.usage().reservedBytes / 2 ** 20) : undefined,
  rssMiB: Math.round(process.memoryUsage().rss / 2 ** 20),
}
process.stdout.write(`${JSON.stringify(result)}\n`)
process.exit(0)

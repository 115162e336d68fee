// One training step of gpt2-124m (or a preset) on the torch provider: tokens a second, or parity.
//   node packages/train/bench/gpu-step.js [--device cuda:0] [--precision bfloat16] [--preset gpt2-124m]
//        [--rows 32] [--length 1024] [--steps 20] [--warmup 5]
//   node packages/train/bench/gpu-step.js --parity      the self test in every mode, then exits
// `bench/gpu_check.py` runs it beside PyTorch.
import { parseArgs } from 'node:util'
import { selfTest } from '../dist/backend/self-test.js'
import { openTorch } from '../dist/backend/torch/provider.js'
import { backward } from '../dist/loop/step.js'
import { presets, resolveModel } from '../dist/model/config.js'
import { modelCost } from '../dist/model/cost.js'
import { createModel } from '../dist/model/model.js'
import { clm } from '../dist/objective/clm.js'
import { toDevice } from '../dist/objective/host-batch.js'
import { createAdamw } from '../dist/optimizer/adamw.js'

const { values } = parseArgs({
  options: {
    device: { type: 'string', default: 'cuda:0' },
    precision: { type: 'string', default: 'bfloat16' },
    preset: { type: 'string', default: 'gpt2-124m' },
    rows: { type: 'string', default: '32' },
    length: { type: 'string', default: '1024' },
    steps: { type: 'string', default: '20' },
    warmup: { type: 'string', default: '5' },
    documents: { type: 'string', default: '1' },
    parity: { type: 'boolean', default: false },
  },
})
process.exitCode = await (values.parity ? parity() : speed())

async function parity() {
  let failures = 0
  for (const precision of ['float32', 'bfloat16']) {
    for (const plain of ['0', '1']) {
      process.env.SHARDMILL_TORCH_PLAIN = plain
      const provider = await openTorch({ threads: 'auto', device: values.device, precision })
      const { loss, difference } = selfTest(provider.optimizer)
      const gate = precision === 'float32' ? 1e-4 : 0.02
      if (!(difference < gate)) failures++
      const mode = plain === '1' ? 'plain forms' : 'fused operators'
      process.stdout.write(
        `${values.device} ${precision} ${mode}: loss ${loss.toFixed(6)}, off by ` +
          `${difference.toExponential(1)}, gate ${gate}\n  ${provider.description}\n`,
      )
      await provider.close()
    }
  }
  return failures === 0 ? 0 : 1
}

async function speed() {
  const { device, precision } = values
  const [rows, length, steps] = [values.rows, values.length, values.steps].map(Number)
  const provider = await openTorch({ threads: 'auto', device, precision })
  const config = resolveModel(presets[values.preset], { vocabSize: 50_257, sequenceLength: length })
  const model = createModel(config, { seed: 1 })
  const options = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1 }
  const adamw = createAdamw(model, options, provider.optimizer)
  const span = length / Number(values.documents)
  const batch = clm(
    Array.from({ length: rows }, (_row, r) => ({
      ids: Uint16Array.from({ length }, (_, i) => (i * 7919 + r * 104_729 + 13) % 50_257),
      lengths: Uint32Array.from({ length: Number(values.documents) }, () => span),
      startsWord: undefined,
      sample: r,
    })),
  )
  const losses = []
  const times = []
  for (let i = 0; i < Number(values.warmup) + steps; i++) {
    const start = performance.now()
    const input = toDevice(batch)
    const { loss, gradients } = backward(model, input, 1 / batch.targetCount)
    // Its gradient norm is read back, so a step has ended on the device when this returns.
    adamw.update(gradients, 6e-4)
    for (const gradient of gradients) gradient.dispose()
    input.dispose()
    times.push(performance.now() - start)
    losses.push(loss)
  }
  const median = times.slice(-steps).toSorted((a, b) => a - b)[steps >> 1]
  const perSecond = (rows * length * 1000) / median
  const teraflops = (perSecond * modelCost(config, span).flopsPerToken) / 1e12
  const result = {
    what: `ours, ${provider.description.split('\n')[0]}`,
    tokensPerSecond: Math.round(perSecond),
    modelTeraflops: Number(teraflops.toFixed(1)),
    firstLoss: Number(losses[0].toFixed(5)),
    lastLoss: Number(losses.at(-1).toFixed(5)),
  }
  process.stdout.write(`${JSON.stringify(result)}\n`)
  return Number.isFinite(losses.at(-1)) ? 0 : 1
}

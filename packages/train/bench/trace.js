// Gate 1: ten steps of each family on every provider that loads, against tfjs's cpu backend.
//   node packages/train/bench/trace.js
import * as tf from '@tensorflow/tfjs-core'
import { openProvider, providerNames } from '../dist/backend/select.js'
import { backward } from '../dist/loop/step.js'
import { resolveModel } from '../dist/model/config.js'
import { createModel } from '../dist/model/model.js'
import { clm } from '../dist/objective/clm.js'
import { toDevice } from '../dist/objective/host-batch.js'
import { createMlm } from '../dist/objective/mlm.js'
import { createAdamw } from '../dist/optimizer/adamw.js'

const vocabSize = 257
const ids = Uint16Array.from({ length: 120 }, (_, i) => 4 + ((i * i * 31 + 7 * i) % 250))
const row = { ids, lengths: Uint32Array.of(40, 3, 60, 17), startsWord: undefined, sample: 1 }
const specialIds = new Set([0, 1, 2, 3])
const mlm = createMlm({ maskId: 3, vocabSize, specialIds, rate: 0.2, unit: 'token', seed: 1 })
const models = [
  [{ family: 'gpt2' }, clm],
  [{ family: 'llama', keyValueHeads: 2 }, clm],
  [{ family: 'bert' }, mlm],
  [{ family: 'roberta' }, mlm],
]
const traces = new Map()
for (const backend of ['cpu', ...providerNames.filter((name) => name !== 'cpu')]) {
  let provider
  try {
    provider = await openProvider({ backend, threads: 2, relaxed: true })
  } catch (error) {
    process.stdout.write(`${backend}: ${error.message}\n`)
    continue
  }
  traces.set(
    backend,
    models.map(([options, objective]) => trace(provider, options, objective)),
  )
  await provider.close()
}

function trace(provider, options, objective) {
  const sizes = { hiddenSize: 64, layers: 2, heads: 4 }
  const config = resolveModel({ ...sizes, ...options }, { vocabSize, sequenceLength: 128 })
  const model = createModel(config, { seed: 11 })
  const settings = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1 }
  const adamw = createAdamw(model, settings, provider.optimizer)
  const losses = []
  for (let step = 0; step < 10; step++) {
    const batch = objective([row])
    const device = toDevice(batch)
    const { loss, gradients } = backward(model, device, 1 / batch.targetCount)
    losses.push(loss)
    adamw.update(gradients, 1e-3)
    tf.dispose(gradients)
    device.dispose()
  }
  model.dispose()
  adamw.dispose()
  return losses
}

const reference = traces.get('cpu')
let worst = 0
for (const [backend, all] of traces) {
  for (const [m, losses] of all.entries()) {
    const difference = Math.max(...losses.map((loss, i) => Math.abs(loss - reference[m][i])))
    worst = Math.max(worst, difference)
    process.stdout.write(
      `${backend.padEnd(6)} ${models[m][0].family.padEnd(8)} ${losses[0].toFixed(6)} -> ${losses[9].toFixed(6)}  off by ${difference.toExponential(1)}\n`,
    )
  }
}
process.stdout.write(`worst ${worst.toExponential(1)}, gate 1e-5\n`)
process.exit(worst < 1e-5 ? 0 : 1)

// Gate 1: ten steps of each family on every provider, against tfjs's cpu backend. Each provider runs in
// a process of its own: two of them serve the same kernel layer.
//   node packages/train/bench/trace.js [--only NAME]... [--require NAME]... [--swiftshader FOLDER]
//        [--tfjs-binding FILE] [--packages FOLDER]
// --swiftshader: a folder with libvk_swiftshader.so, vk_swiftshader_icd.json and libvulkan.so.1 (Debian's
// chromium-common has them), so that webgpu finds an adapter. --tfjs-binding: what bench/tfjs-binding.js
// built. --packages: a node_modules folder with `webgpu` and `@tensorflow/tfjs-backend-webgpu`, when they
// are not installed here. --require fails when that provider does not load.
import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
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
const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    require: { type: 'string', multiple: true, default: [] },
    swiftshader: { type: 'string' },
    'tfjs-binding': { type: 'string' },
    packages: { type: 'string' },
    child: { type: 'string' },
  },
})
if (values.child) {
  const provider = await openProvider({ backend: values.child, threads: 2, relaxed: true })
  const losses = models.map(([options, objective]) => trace(provider, options, objective))
  process.stdout.write(`${JSON.stringify({ description: provider.description, losses })}\n`)
  // No process.exit: a provider that keeps the process alive is a fault, and the parent sees it.
  await provider.close()
} else process.exitCode = compare()

function compare() {
  const traces = new Map()
  for (const backend of ['cpu', ...providerNames.filter((name) => name !== 'cpu')]) {
    if (backend !== 'cpu' && values.only.length > 0 && !values.only.includes(backend)) continue
    const result = run(backend)
    if (result) traces.set(backend, result)
    else if (values.require.includes(backend)) return 1
  }
  const reference = traces.get('cpu').losses
  let worst = 0
  for (const [backend, { description, losses: all }] of traces) {
    process.stdout.write(`${description}\n`)
    for (const [m, losses] of all.entries()) {
      const differences = losses.map((loss, i) => Math.abs(loss - reference[m][i]))
      const difference = Math.max(...differences)
      worst = Math.max(worst, difference)
      process.stdout.write(
        `${backend.padEnd(14)} ${models[m][0].family.padEnd(8)} ${losses[0].toFixed(6)} -> ` +
          `${losses[9].toFixed(6)}  off by ${difference.toExponential(1)}\n`,
      )
    }
  }
  process.stdout.write(`${traces.size} providers, worst ${worst.toExponential(1)}, gate 1e-5\n`)
  return worst < 1e-5 ? 0 : 1
}

function run(backend) {
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2' }
  if (values['tfjs-binding']) env.SHARDMILL_TFJS_BINDING = resolve(values['tfjs-binding'])
  if (values.packages) env.NODE_PATH = resolve(values.packages)
  if (values.swiftshader && backend === 'webgpu') {
    const folder = resolve(values.swiftshader)
    env.VK_DRIVER_FILES = join(folder, 'vk_swiftshader_icd.json')
    env.LD_LIBRARY_PATH = [folder, env.LD_LIBRARY_PATH].filter(Boolean).join(':')
  }
  const file = fileURLToPath(import.meta.url)
  const { stdout, stderr, status, signal } = spawnSync(
    process.execPath,
    [file, '--child', backend],
    { env, encoding: 'utf8', timeout: 900_000 },
  )
  if (status === 0) return JSON.parse(stdout.trim().split('\n').at(-1))
  const ended = signal ? ` (ended by ${signal} after its last line)` : ''
  const reason = /\w*Error: .*/.exec(stderr)?.[0] ?? stderr.trim().slice(-400)
  process.stdout.write(`${backend}: did not run: ${reason}${ended}\n`)
  return undefined
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

// Logits of a model folder for a fixed sequence, as raw floats: node logits.js FOLDER OUT.f32
// With --make FAMILY it first writes a small random model into FOLDER.
import { mkdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import * as tf from '@tensorflow/tfjs-core'
import { openProvider } from '../dist/backend/select.js'
import { readPretrained, writePretrained } from '../dist/checkpoint/pretrained.js'
import { resolveModel } from '../dist/model/config.js'
import { createModel } from '../dist/model/model.js'
import { boundsOf } from '../dist/ops/attention.js'
import { linear } from '../dist/ops/linear.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { make: { type: 'string' } },
})
const [folder, out] = positionals
await openProvider({ backend: 'wasm', threads: 2, relaxed: true })
if (values.make) {
  const sizes = { hiddenSize: 48, layers: 3, heads: 4, initializerRange: 0.2 }
  const grouped = values.make === 'llama' ? { keyValueHeads: 2 } : {}
  const pairs = values.make === 'bert-pairs' ? { family: 'bert', pairHead: true } : {}
  const data = { vocabSize: 211, sequenceLength: 64 }
  const config = resolveModel({ family: values.make, ...sizes, ...grouped, ...pairs }, data)
  const model = createModel(config, { seed: 3 })
  // Biases and norms away from their first values, so that a wrong mapping shows.
  for (const [name, parameter] of model.parameters) {
    if (parameter.shape.length > 1) continue
    const moved = Float32Array.from(
      parameter.dataSync(),
      (x, i) => x + 0.3 * Math.sin(i + name.length),
    )
    model.parameters.set(name, tf.tensor(moved))
  }
  mkdirSync(folder, { recursive: true })
  writePretrained(folder, config, model.specs, model.parameters, { eosId: 1, bosId: 2, padId: 0 })
}
const { config, values: parameters } = readPretrained(folder)
const model = createModel(config, { values: parameters })
const ids = Array.from({ length: 40 }, (_, i) => 5 + ((i * 37) % (config.vocabSize - 5)))
const stream = {
  ids: tf.tensor1d(ids, 'int32'),
  positions: tf.tensor1d([...ids.keys()], 'int32'),
  bounds: boundsOf([ids.length]),
}
const { hidden, weight, bias } = model.head(model.encode(stream))
const logits = Float32Array.from(linear(hidden, weight, bias, true).dataSync())
writeFileSync(out, new Uint8Array(logits.buffer))
process.exit(0)

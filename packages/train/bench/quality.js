// Gate 6, our side: trains a run and leaves its first weights, its batches and its held-out loss for
// `quality.py`:   node packages/train/bench/quality.js FILE.yaml OUTDIR [--seed N] [--rate R]
//                      [--backend wasm] [--threads N] [--data DIR]
// Further runs from the same start show how far rounding alone drives a recipe:
//   --relaxed false: multiply and add rounded separately;  --backend torch: libtorch's order of sums.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readTrainFile } from '../dist/config-file.js'
import { writePretrained } from '../dist/checkpoint/pretrained.js'
import { openSession } from '../dist/loop/session.js'
import { train } from '../dist/loop/train.js'
import { learningRate } from '../dist/optimizer/schedule.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string' },
    rate: { type: 'string' },
    data: { type: 'string' },
    backend: { type: 'string', default: 'wasm' },
    threads: { type: 'string', default: '1' },
    relaxed: { type: 'string', default: 'true' },
  },
})
const [file, out] = positionals
mkdirSync(join(out, 'init'), { recursive: true })
const read = readTrainFile(file)
const config = {
  ...read,
  ...(values.seed === undefined ? {} : { seed: Number(values.seed) }),
  ...(values.data === undefined ? {} : { data: [{ path: values.data, weight: 1 }] }),
  optimizer: {
    ...read.optimizer,
    ...(values.rate === undefined ? {} : { learningRate: Number(values.rate) }),
  },
  output: join(out, 'run'),
  backend: values.backend,
  threads: Number(values.threads),
  relaxed: values.relaxed === 'true',
  checkpoint: { everySteps: read.steps, keep: 1 },
  sample: undefined,
}
const session = await openSession(config)
const { model, special, validation, loader } = session
writePretrained(join(out, 'init'), model.config, model.specs, model.parameters, special)
const rowOf = ({ ids, lengths }) => ({ ids: [...ids], lengths: [...lengths] })
const batches = []
const next = loader.next.bind(loader)
loader.next = async (count) => {
  const rows = await next(count)
  batches.push(rows.map(rowOf))
  return rows
}
const stepLosses = []
const gradientNorms = []
const observer = {
  step({ loss, gradientNorm }) {
    stepLosses.push(loss)
    gradientNorms.push(gradientNorm)
  },
}
const result = await train(session, observer, { resume: false, now: Date.now })
const heldOut = []
for (let i = 0; i < result.validation.rows; i++) heldOut.push(rowOf(await validation.row(i, i)))
const schedule = {
  ...config.schedule,
  peak: config.optimizer.learningRate,
  totalSteps: config.steps,
}
const rates = Array.from({ length: config.steps }, (_, step) => learningRate(step, schedule))
const data = {
  batches,
  heldOut,
  rates,
  optimizer: config.optimizer,
  stepLosses,
  gradientNorms,
  loss: result.validation.loss,
}
writeFileSync(join(out, 'data.json'), JSON.stringify(data))
process.stdout.write(`held out: ${result.validation.loss}\n`)
process.exit(0)

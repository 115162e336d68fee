// Gate 6, our side: trains a run and leaves its first weights, its batches and its held-out loss for
// `quality.py`:   node packages/train/bench/quality.js FILE.yaml OUTDIR
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readTrainFile } from '../dist/config-file.js'
import { writePretrained } from '../dist/checkpoint/pretrained.js'
import { openSession } from '../dist/loop/session.js'
import { train } from '../dist/loop/train.js'
import { learningRate } from '../dist/optimizer/schedule.js'

const [file, out] = process.argv.slice(2)
mkdirSync(join(out, 'init'), { recursive: true })
const config = {
  ...readTrainFile(file),
  output: join(out, 'run'),
  backend: 'wasm',
  sample: undefined,
}
const session = await openSession(config)
const { model, special, validation } = session
writePretrained(join(out, 'init'), model.config, model.specs, model.parameters, special)
const rowOf = ({ ids, lengths }) => ({ ids: [...ids], lengths: [...lengths] })
const { loader } = session
const batches = []
const next = loader.next.bind(loader)
loader.next = async (count) => {
  const rows = await next(count)
  batches.push(rows.map(rowOf))
  return rows
}
const stepLosses = []
const observer = { step: ({ loss }) => void stepLosses.push(loss) }
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
  loss: result.validation.loss,
}
writeFileSync(join(out, 'data.json'), JSON.stringify(data))
process.stdout.write(`held out: ${result.validation.loss}\n`)
process.exit(0)

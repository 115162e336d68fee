// `pipeline ngram train INPUT … --output MODEL`.
import { parseArgs } from 'node:util'
import { statSync } from 'node:fs'
import { ConfigError } from '@shardmill/core/errors'
import { fallbackDiscounts } from '@shardmill/stages/quality/ngram/discounts'
import { listTextFiles } from '@shardmill/stages/quality/ngram/read-texts'
import { trainFiles } from '@shardmill/stages/quality/ngram/train-files'
import { inputOptions, inputsOf, interruptible, numberOf } from './ngram-options.ts'
import { rulesOf, unitOf, wholeNumberOf } from './ngram-options.ts'

const redrawMs = 250
/** With fewer, a percentile says little. */
const enoughDocuments = 100

export async function train(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      ...inputOptions,
      output: { type: 'string' },
      order: { type: 'string', default: '5' },
      unit: { type: 'string', default: 'word' },
      normalize: { type: 'string', default: 'ccnet' },
      prune: { type: 'string', default: '0' },
      quantize: { type: 'string', default: '0' },
      'hold-out': { type: 'string', default: '0.05' },
      'memory-mb': { type: 'string', default: '1024' },
      'discount-fallback': { type: 'boolean', default: false },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
    },
  })
  const { output } = values
  if (output === undefined || positionals.length === 0) {
    throw new ConfigError('ngram train: expected texts and --output MODEL', {
      hint: 'pnpm pipeline ngram train shards/web/text --lang zh --output models/zh.ngram',
    })
  }
  const order = wholeNumberOf('order', values.order, 1, 5)
  const files = listTextFiles(positionals)
  const startedAt = performance.now()
  return interruptible(async (signal) => {
    const { header, runs } = await trainFiles({
      inputs: inputsOf(files, values, signal),
      output,
      order,
      ...unitOf(values.unit),
      rules: rulesOf(values.normalize),
      prune: pruneOf(values.prune, order),
      fallback: values['discount-fallback'] ? fallbackDiscounts : undefined,
      bits: values.quantize === '0' ? 0 : wholeNumberOf('quantize', values.quantize, 2, 8),
      memoryMB: numberOf('memory-mb', values['memory-mb'], 16, 1e6),
      holdOut: numberOf('hold-out', values['hold-out'], 0, 0.9),
      seed: wholeNumberOf('seed', values.seed, 0, 2 ** 32),
      onProgress: values.json || !process.stdout.isTTY ? undefined : createDisplay(),
    })
    const seconds = (performance.now() - startedAt) / 1000
    const { ngrams, training, percentiles } = header
    const bytes = statSync(output).size
    if (values.json) {
      const { sections: _, ...facts } = header
      process.stdout.write(`${JSON.stringify({ output, bytes, seconds, runs, ...facts })}\n`)
      return 0
    }
    process.stdout.write(
      `${output}: ${(bytes / 1e6).toFixed(1)} MB, n-grams ${ngrams.join(' ')}, from ` +
        `${training?.tokens} tokens in ${training?.documents} documents, ${seconds.toFixed(1)} s\n`,
    )
    if (percentiles === undefined) {
      process.stderr.write('! no document was held out: no percentiles, no buckets\n')
    } else {
      const [head, middle] = [percentiles.values[29], percentiles.values[59]]
      process.stdout.write(
        `head up to perplexity ${head}, middle up to ${middle} ` +
          `(${percentiles.documents} documents held out)\n`,
      )
      if (percentiles.documents < enoughDocuments) {
        process.stderr.write(`! percentiles of ${percentiles.documents} documents are rough\n`)
      }
    }
    return 0
  })
}

/** `0,0,1` for orders 1, 2, 3; the last holds for the rest, and none is below the one before. */
function pruneOf(value: string, order: number): number[] {
  const given = value.split(',').map((each) => wholeNumberOf('prune', each, 0, 1e9))
  if (given.length > order) {
    throw new ConfigError(`--prune: ${given.length} thresholds for a model of order ${order}`)
  }
  const all = Array.from({ length: order }, (_, i) => given[Math.min(i, given.length - 1)]!)
  if (all[0] !== 0) {
    throw new ConfigError(`--prune: single words are never pruned: begin with 0, as 0,0,1`)
  }
  const falls = all.findIndex((threshold, i) => i > 0 && threshold < all[i - 1]!)
  if (falls > 0) {
    throw new ConfigError(`--prune: thresholds must not fall, got ${all.join(',')}`, {
      hint: 'a longer n-gram must not stay when the shorter one in it goes',
    })
  }
  return all
}

/** One line redrawn. */
function createDisplay(): (phase: string, done: number, total: number) => void {
  let drawnAt = 0
  return (phase, done, total) => {
    const now = performance.now()
    if (now - drawnAt < redrawMs) return
    drawnAt = now
    const share = total > 0 ? `${Math.min(100, Math.floor((100 * done) / total))} %` : ''
    const line =
      phase === 'count' ? `counting: ${(done / 1e6).toFixed(1)} M tokens` : `${phase}: ${share}`
    process.stdout.write(`\r\u001b[K${line}\r`)
  }
}

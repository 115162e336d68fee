import { parseArgs } from 'node:util'
import { join } from 'node:path'
import { ConfigError, PipelineError } from '@shardmill/core/errors'
import { findPipelineFile } from '@shardmill/runtime/find-pipeline-file'
import { resolveTraining } from '@shardmill/tokenizer/training-defaults'
import { readTrainingFile } from '@shardmill/tokenizer/training-file'
import { trainTokenizer, type TrainingEvent } from '@shardmill/tokenizer/train-tokenizer'

const exitInterrupted = 130
const redrawMs = 250

/** `tokenizer train FILE.yaml`. */
export async function train(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      output: { type: 'string' },
      workers: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  })
  const [name, ...extra] = positionals
  if (name === undefined || extra.length > 0) {
    throw new ConfigError('expected one training file', {
      hint: 'pnpm tokenizer train tokenizer.yaml',
    })
  }
  const file = readTrainingFile(findPipelineFile(name))
  const output =
    values.output ?? file.output ?? join('shards', file.name ?? 'tokenizer', 'tokenizer')
  const config = resolveTraining({
    ...file,
    output,
    ...(values.workers && { workers: workersOf(values.workers) }),
  })
  const interrupt = new AbortController()
  const onSignal = (): void => interrupt.abort(new PipelineError('stopped', { code: 'stopped' }))
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
  const startedAt = performance.now()
  const show = values.json ? writeJson : createDisplay()
  try {
    const { report } = await trainTokenizer(config, { signal: interrupt.signal, onEvent: show })
    const seconds = (performance.now() - startedAt) / 1000
    if (values.json) {
      process.stdout.write(`${JSON.stringify({ event: 'done', seconds, ...report })}\n`)
    } else {
      const megabytes = (report.bytes / 1e6).toFixed(1)
      process.stdout.write(
        `${join(output, 'tokenizer.json')}: ${report.vocabSize} tokens from ${megabytes} MB ` +
          `(${report.texts} texts, ${report.distinctWords} distinct words) in ${seconds.toFixed(1)} s\n` +
          `vocabulary hash ${report.hash}\n`,
      )
    }
    return 0
  } catch (error) {
    if (!interrupt.signal.aborted) throw error
    process.stderr.write(`Stopped. Finished counts are kept; run the same command to go on.\n`)
    return exitInterrupted
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  }
}

function workersOf(value: string): number | 'auto' {
  const count = Number(value)
  if (value === 'auto') return 'auto'
  if (Number.isInteger(count) && count > 0) return count
  throw new ConfigError(`--workers: expected a whole number or auto, got \`${value}\``)
}

function writeJson({ phase, ...rest }: TrainingEvent): void {
  process.stdout.write(`${JSON.stringify({ event: phase, ...rest })}\n`)
}

/** One line redrawn on a terminal; elsewhere only notices. */
function createDisplay(): (event: TrainingEvent) => void {
  const isTerminal = process.stdout.isTTY
  let drawnAt = 0
  return (event) => {
    if (event.phase === 'notice') {
      process.stderr.write(`! ${event.message}\n`)
      return
    }
    const now = performance.now()
    if (!isTerminal || now - drawnAt < redrawMs) return
    drawnAt = now
    const line =
      event.phase === 'count'
        ? `counting ${(event.bytes / 1e6).toFixed(0)} of ${(event.totalBytes / 1e6).toFixed(0)} MB`
        : `training ${event.tokens} tokens, wanted ${event.vocabSize}`
    process.stdout.write(`\r\u001b[K${line}`)
  }
}

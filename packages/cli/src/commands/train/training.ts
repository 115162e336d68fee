// What `train run` and `train resume` share: reads the file, opens the session, shows the steps.
import { rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { ConfigError } from '@shardmill/core/errors'
import { peakMemoryBytes } from '@shardmill/core/peak-memory'
import { commitFile } from '@shardmill/core/store'
import { loadTokenizer } from '@shardmill/tokenizer/load'
import { findTrainFile, readTrainFile } from '@shardmill/train/config-file'
import { trainSchema, type TrainConfig } from '@shardmill/train/config-schema'
import { listCheckpoints, readState } from '@shardmill/train/checkpoint/checkpoint'
import { withRoom } from '@shardmill/train/checkpoint/no-room'
import { openSession, type Session } from '@shardmill/train/loop/session'
import { train, type StepRecord, type TrainResult } from '@shardmill/train/loop/train'
import { utilisation } from '@shardmill/train/report/device-peak'
import type { ValidationResult } from '@shardmill/train/loop/validate'
import { openRunLog, type RunLog } from '@shardmill/train/report/run-log'
import { sparkline } from '@shardmill/train/report/sparkline'
import { checkedOption, numberOption } from './checked-option.ts'
import { sampleText } from './text.ts'

interface Arguments {
  readonly config: TrainConfig
  readonly isJson: boolean
  readonly isFresh: boolean
}

/** FILE.yaml with what the command line sets over it. */
export function readArguments(argv: readonly string[]): Arguments {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      backend: { type: 'string' },
      threads: { type: 'string' },
      steps: { type: 'string' },
      output: { type: 'string' },
      fresh: { type: 'boolean', default: false },
      resume: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  const [name] = positionals
  if (name === undefined || positionals.length > 1) {
    throw new ConfigError('expected one training file', { hint: 'pnpm train run gpt-tiny.yaml' })
  }
  const file = readTrainFile(findTrainFile(name))
  const { backend, threads, steps } = trainSchema.shape
  const config: TrainConfig = {
    ...file,
    ...(values.backend === undefined
      ? {}
      : { backend: checkedOption('backend', values.backend, backend) }),
    ...(values.threads === undefined
      ? {}
      : { threads: numberOption('threads', values.threads, threads) }),
    ...(values.steps === undefined ? {} : { steps: numberOption('steps', values.steps, steps) }),
    ...(values.output === undefined ? {} : { output: resolve(values.output) }),
  }
  if (values.resume && values.fresh)
    throw new ConfigError('--resume and --fresh exclude each other')
  if (values.resume) mustHaveCheckpoint(config)
  return { config, isJson: values.json, isFresh: values.fresh }
}

/** Throws when there is nothing to go on from. */
export function mustHaveCheckpoint({ output }: TrainConfig): void {
  if (listCheckpoints(output).length > 0) return
  throw new ConfigError(`no checkpoint in ${output}`, { hint: 'start with `train run`' })
}

/** Trains to the end; 0, or 1 when it was interrupted. */
export async function runTraining({ config, isJson, isFresh }: Arguments): Promise<number> {
  const { output } = config
  if (isFresh) {
    for (const own of ['checkpoints', 'log.jsonl', 'tensorboard', 'run.html']) {
      rmSync(join(output, own), { recursive: true, force: true })
    }
  }
  const last = listCheckpoints(output).at(-1)
  const begun = last === undefined ? 0 : readState(last).step
  if (begun >= config.steps) {
    say(`${config.name}: all ${config.steps} steps are done (${last}); --fresh begins again\n`)
    return 0
  }
  const session = await openSession(config)
  const controller = new AbortController()
  const stop = (): void => controller.abort()
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  try {
    if (!isJson) introduce(session, begun)
    const settings = join(output, 'run.json')
    withRoom(settings, 'settings of the run', () => {
      commitFile(settings, `${JSON.stringify({ config, begun }, null, 2)}\n`)
    })
    const log = openRunLog(output, config.name, begun, Date.now)
    const losses: number[] = []
    const text =
      session.tokenizer === undefined ? undefined : await loadTokenizer(session.tokenizer)
    const result = await train(
      session,
      {
        step(record) {
          losses.push(record.loss)
          if (isDue(session, record)) showStep(log, record, config, losses, isJson)
        },
        validation(step, measured) {
          log.add({ kind: 'validation', step, ...measured })
          say(isJson ? `${JSON.stringify(log.lines.at(-1))}\n` : heldOutLine(measured))
        },
        checkpoint(path) {
          if (!isJson) say(`  saved ${path}\n`)
          log.writePage()
        },
        skipped: (_step, message) => void process.stderr.write(`${message}\n`),
        async sample(step) {
          const written = sampleText(session, text!, config.sample!)
          log.add({ kind: 'sample', step, text: written })
          say(isJson ? `${JSON.stringify(log.lines.at(-1))}\n` : `  ${written}\n`)
        },
      },
      { resume: true, signal: controller.signal, now: Date.now },
    )
    log.writePage()
    if (controller.signal.aborted) {
      say(`\nstopped after step ${result.step}; \`train resume\` goes on from there\n`)
      return 1
    }
    conclude(session, result, isJson)
    return 0
  } finally {
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
    await session.close()
  }
}

function isDue({ config }: Session, { step, skipped }: StepRecord): boolean {
  return (
    skipped === true || step === 1 || step === config.steps || step % config.logEverySteps === 0
  )
}

function heldOutLine({ loss, targets, bitsPerByte, ...pairs }: ValidationResult): string {
  const bits = bitsPerByte === undefined ? '' : `, ${bitsPerByte.toFixed(3)} bits per byte`
  const told =
    pairs.pairLoss === undefined
      ? ''
      : `, pairs: loss ${pairs.pairLoss.toFixed(4)}, ${(100 * pairs.pairAccuracy!).toFixed(1)} % right`
  return `  held out: loss ${loss.toFixed(4)}${bits} over ${targets} targets${told}\n`
}

function introduce(
  { config, provider, model, cost, estimatedBytes, loader, validation }: Session,
  begun: number,
): void {
  const { family, layers, hiddenSize, heads, vocabSize } = model.config
  const millions = (value: number): string => `${(value / 1e6).toFixed(2)} M`
  say(`${config.name}: ${provider.description}
  ${family}, ${layers} layers of ${hiddenSize}, ${heads} heads, vocabulary ${vocabSize}: ${millions(cost.parameters)} parameters, ${millions(cost.flopsPerToken)} FLOP a token
  about ${(estimatedBytes / 2 ** 20).toFixed(0)} MiB for a step; ${loader.rowsPerEpoch} rows an epoch, ${validation.rows} held out
  step ${begun} to ${config.steps}, ${config.batchRows} x ${config.accumulate} rows a step
`)
}

function showStep(
  log: RunLog,
  record: StepRecord,
  config: TrainConfig,
  losses: readonly number[],
  isJson: boolean,
): void {
  log.add({ kind: 'step', ...record })
  if (isJson) {
    say(`${JSON.stringify(log.lines.at(-1))}\n`)
    return
  }
  const parts = [
    `step ${String(record.step).padStart(String(config.steps).length)}/${config.steps}`,
    `loss ${record.loss.toFixed(4)}`,
    `rate ${record.learningRate.toExponential(2)}`,
    `gradient ${record.gradientNorm.toFixed(2)}`,
    `${record.tokensPerSecond.toFixed(0)} tokens/s`,
    sparkline(losses, 24),
  ]
  say(`${parts.join('  ')}\n`)
}

function conclude(
  { config, cost, provider, estimatedBytes }: Session,
  { step, loss, seconds, newTokens, totalTokens, validation }: TrainResult,
  isJson: boolean,
): void {
  const rate = newTokens / seconds
  const mfu = utilisation(provider.description, rate * cost.flopsPerToken)
  const tensorBytes = provider.peakBytes()
  const processBytes = peakMemoryBytes()
  if (isJson) {
    const sizes = { estimatedBytes, tensorBytes, processBytes }
    const heldOut = validation?.loss
    const done = { kind: 'done', step, loss, heldOut, newTokens, totalTokens, seconds, mfu }
    say(`${JSON.stringify({ ...done, ...sizes })}\n`)
    return
  }
  const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`
  const taken = tensorBytes === undefined ? '' : `tensors took ${mebibytes(tensorBytes)}, `
  say(`done: loss ${loss.toFixed(4)}, held out ${validation?.loss.toFixed(4) ?? 'none'}; ${newTokens} tokens in ${seconds.toFixed(0)} s, ${rate.toFixed(0)} a second, MFU ${mfu}
  ${taken}the process at most ${mebibytes(processBytes)}; curves in ${join(config.output, 'run.html')}
`)
}

function say(text: string): void {
  process.stdout.write(text)
}

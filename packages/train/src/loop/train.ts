// The training loop. One step: `accumulate` batches forward and backward, one update. Losses are
// divided by the number of targets of the whole step, so short and long documents weigh by token and
// accumulation changes nothing but memory.
//
// Everything random depends on (seed, sample number), and the cursor is saved with the step it
// belongs to, so a resumed run takes the very same steps.
import { memory } from '@tensorflow/tfjs-core'
import { PipelineError } from '@shardmill/core/errors'
import { mix32 } from '@shardmill/core/random'
import {
  listCheckpoints,
  restoreCheckpoint,
  saveCheckpoint,
  type LoopState,
} from '../checkpoint/checkpoint.ts'
import type { LoaderCursor } from '../data/loader.ts'
import { toDevice, type HostBatch } from '../objective/host-batch.ts'
import { learningRate, type ScheduleOptions } from '../optimizer/schedule.ts'
import type { Session } from './session.ts'
import { accumulate, backward } from './step.ts'
import { validate, type ValidationResult } from './validate.ts'

/** One line of the log. */
export interface StepRecord {
  readonly step: number
  /** Mean over the step's targets, in nats; with sentence pairs plus their mean. */
  readonly loss: number
  readonly learningRate: number
  readonly gradientNorm: number
  /** Tokens of this step, padding not counted. */
  readonly tokens: number
  /** Tokens since the run began. */
  readonly totalTokens: number
  readonly tokensPerSecond: number
  readonly seconds: number
  /** Tensors alive after the step: constant, or something leaks. */
  readonly tensors: number
  /** The gradient was not finite, and nothing was changed. */
  readonly skipped?: true
}

export interface TrainObserver {
  step?(record: StepRecord): void
  validation?(step: number, result: ValidationResult): void
  checkpoint?(path: string): void
  /** A step whose gradient was not finite was left out. */
  skipped?(step: number, message: string): void
  /** Called where the file asks for a text sample. */
  sample?(step: number): Promise<void>
}

export interface TrainResult {
  readonly step: number
  readonly loss: number
  readonly validation: ValidationResult | undefined
  /** Of this part of the run, with validation and samples. */
  readonly seconds: number
  /** Seen in this part of the run. */
  readonly newTokens: number
  readonly totalTokens: number
}

export interface TrainControl {
  /** Goes on from the last checkpoint when there is one. */
  readonly resume: boolean
  readonly signal?: AbortSignal
  /** Milliseconds now; the loop's only clock. */
  readonly now: () => number
}

interface Prepared {
  readonly batches: readonly HostBatch[]
  readonly cursor: LoaderCursor
}

/** So many steps in a row without a finite gradient end the run. */
const MOST_SKIPPED = 5

/** Trains to the last step; throws when the loss stays not finite. */
export async function train(
  session: Session,
  observer: TrainObserver,
  control: TrainControl,
): Promise<TrainResult> {
  const { config, model, adamw, loader } = session
  const state = restore(session, control.resume)
  const schedule: ScheduleOptions = {
    ...config.schedule,
    peak: config.optimizer.learningRate,
    totalSteps: config.steps,
  }
  const started = control.now()
  let { step, tokens: totalTokens, cursor } = state
  let validation: ValidationResult | undefined
  let loss = Number.NaN
  let skipped = 0
  let isSaveDue = false
  let pending = prepare(session)
  const hasHeldOut = session.validation.rows > 0

  while (step < config.steps && control.signal?.aborted !== true) {
    const begun = control.now()
    const { batches, cursor: after } = await pending
    if (step + 1 < config.steps) pending = prepare(session)
    const result = takeStep(session, batches, step, learningRate(step, schedule))
    step++
    cursor = after
    loss = result.loss
    const tokens = batches.reduce((sum, { ids }) => sum + ids.length, 0)
    totalTokens += tokens
    skipped = result.applied ? 0 : skipped + 1
    if (!result.applied) report(session, observer, step, result.gradientNorm, skipped)
    const seconds = (control.now() - begun) / 1000
    observer.step?.({
      step,
      loss,
      learningRate: result.rate,
      gradientNorm: result.gradientNorm,
      tokens,
      totalTokens,
      tokensPerSecond: tokens / seconds,
      seconds,
      tensors: memory().numTensors,
      ...(result.applied ? {} : { skipped: true as const }),
    })
    const isLast = step === config.steps
    if (hasHeldOut && (isLast || step % config.validation.everySteps === 0)) {
      validation = await validate(session)
      observer.validation?.(step, validation)
    }
    if (config.sample && (isLast || step % config.sample.everySteps === 0)) {
      await observer.sample?.(step)
    }
    isSaveDue ||= isLast || step % config.checkpoint.everySteps === 0
    // Weights whose gradients are not finite may be broken: the checkpoints before them must stay.
    if (isSaveDue && (skipped === 0 || isLast)) {
      save()
      isSaveDue = false
    }
  }
  await pending
  if (control.signal?.aborted === true && step > state.step && skipped === 0) {
    save()
  }
  loader.seek(cursor)
  const seconds = (control.now() - started) / 1000
  const newTokens = totalTokens - state.tokens
  return { step, loss, validation, seconds, newTokens, totalTokens }

  function save(): void {
    const { special, tokenizer, metadata, orderKey } = session
    const place = { tokenizerHash: metadata.tokenizerHash, orderKey }
    const saved = { step, updates: adamw.steps, cursor, tokens: totalTokens, ...place }
    const options = { kept: config.checkpoint.keep, special, tokenizer }
    const path = saveCheckpoint(config.output, model, adamw, saved, options)
    observer.checkpoint?.(path)
  }
}

function restore(session: Session, resume: boolean): LoopState {
  const { config, model, adamw, loader, metadata } = session
  const { tokenizerHash } = metadata
  const last = resume ? listCheckpoints(config.output).at(-1) : undefined
  if (last === undefined) {
    return { step: 0, updates: 0, cursor: loader.cursor(), tokens: 0, tokenizerHash }
  }
  const state = restoreCheckpoint(last, model, adamw)
  if (state.tokenizerHash !== tokenizerHash) {
    throw new PipelineError(`${last}: trained on shards of another tokenizer`, {
      code: 'config',
      hint: `checkpoint ${state.tokenizerHash}, shards ${tokenizerHash}; give the run a new \`name\``,
    })
  }
  if (state.orderKey !== undefined && state.orderKey !== session.orderKey) {
    throw new PipelineError(
      `${last}: \`seed\`, \`data\`, \`shuffle\` or the held-out share changed`,
      {
        code: 'config',
        hint: 'rows would come twice or never: put them back, give the run a new `name`, or --fresh',
      },
    )
  }
  loader.seek(state.cursor)
  return state
}

async function prepare({ config, loader, objective }: Session): Promise<Prepared> {
  const batches: HostBatch[] = []
  for (let i = 0; i < config.accumulate; i++) {
    batches.push(objective(await loader.next(config.batchRows)))
  }
  return { batches, cursor: loader.cursor() }
}

function takeStep(
  { model, adamw, config }: Session,
  batches: readonly HostBatch[],
  step: number,
  rate: number,
): { loss: number; gradientNorm: number; applied: boolean; rate: number } {
  const targets = batches.reduce((sum, { targetCount }) => sum + targetCount, 0)
  const pairs = batches.reduce((sum, batch) => sum + (batch.pairs?.count ?? 0), 0)
  const scales = { tokens: 1 / Math.max(1, targets), pairs: 1 / Math.max(1, pairs) }
  let loss = 0
  let gradients: ReturnType<typeof backward>['gradients'] | undefined
  for (const [i, batch] of batches.entries()) {
    const device = toDevice(batch)
    const key = mix32(config.seed ^ mix32(step * batches.length + i + 0xd409))
    const result = backward(model, device, scales, key)
    device.dispose()
    gradients = accumulate(gradients, result.gradients)
    loss += result.loss
  }
  const update = adamw.update(gradients!, rate)
  for (const gradient of gradients!) gradient.dispose()
  return { loss, ...update, rate }
}

function report(
  { config }: Session,
  observer: TrainObserver,
  step: number,
  norm: number,
  skipped: number,
): void {
  const message = `step ${step}: gradient norm ${norm}, the step was left out`
  const hint =
    `lower \`optimizer.learningRate\` (now ${config.optimizer.learningRate}), lengthen ` +
    '`schedule.warmupSteps`, or set `optimizer.clipNorm`'
  if (skipped < MOST_SKIPPED) {
    return observer.skipped?.(step, skipped === 1 ? `${message}; if it goes on, ${hint}` : message)
  }
  throw new PipelineError(`${message}; ${skipped} steps in a row`, {
    code: 'diverged',
    hint: `${hint}; then \`train resume\` from the last checkpoint`,
  })
}

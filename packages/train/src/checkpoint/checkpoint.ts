// Checkpoints of a run: `checkpoints/step-00000200/` with the model in the transformers layout, the
// optimiser's moments and the state of the loop. A folder is written under another name, synced and
// renamed, so a folder with a checkpoint's name is always whole, whatever is killed when.
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs'
import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { keep, tensor, type Tensor } from '@tensorflow/tfjs-core'
import { syncFolder } from '@shardmill/core/sync-folder'
import { commitFile } from '@shardmill/core/store'
import { InputError, RetryableError } from '@shardmill/core/errors'
import type { LoaderCursor } from '../data/loader.ts'
import type { Model } from '../model/model.ts'
import type { Adamw } from '../optimizer/adamw.ts'
import { readPretrained, writePretrained, type SpecialIds } from './pretrained.ts'
import { readSafetensors, writeSafetensors } from './safetensors.ts'

/** Everything of a run that is not a tensor. */
export interface LoopState {
  /** Steps done. */
  readonly step: number
  /** Optimiser updates applied; fewer than steps when some were not finite. */
  readonly updates: number
  readonly cursor: LoaderCursor
  /** Tokens seen, padding not counted. */
  readonly tokens: number
  readonly tokenizerHash: string
  /** See `Session.orderKey`; absent in checkpoints of older versions. */
  readonly orderKey?: string
}

/** Paths of the whole checkpoints of a run, oldest first. */
export function listCheckpoints(output: string): string[] {
  const folder = join(output, 'checkpoints')
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => /^step-\d+$/.test(name))
    .toSorted()
    .map((name) => join(folder, name))
}

/** Writes a checkpoint and removes all but the last `kept`. Gives its path. */
export function saveCheckpoint(
  output: string,
  model: Model,
  adamw: Adamw,
  state: LoopState,
  options: { kept: number; special: SpecialIds; tokenizer?: string | undefined },
): string {
  const parent = join(output, 'checkpoints')
  const path = join(parent, `step-${String(state.step).padStart(8, '0')}`)
  const unfinished = `${path}.part`
  rmSync(unfinished, { recursive: true, force: true })
  try {
    writeCheckpoint(unfinished, model, adamw, state, options)
  } catch (cause) {
    throw writeFailure(unfinished, cause)
  }
  rmSync(path, { recursive: true, force: true })
  renameSync(unfinished, path)
  syncFolder(parent)
  for (const old of listCheckpoints(output).slice(0, -options.kept)) {
    rmSync(old, { recursive: true, force: true })
  }
  return path
}

function writeCheckpoint(
  folder: string,
  model: Model,
  adamw: Adamw,
  state: LoopState,
  options: { special: SpecialIds; tokenizer?: string | undefined },
): void {
  mkdirSync(join(folder, 'trainer'), { recursive: true })
  writePretrained(folder, model.config, model.specs, model.parameters, options.special)
  const moments = model.specs.flatMap(({ name, shape }) =>
    (['first', 'second'] as const).map((part) => ({
      name: `${name}.${part}`,
      shape,
      values: () => adamw.moments.get(name)![part].dataSync<'float32'>(),
    })),
  )
  writeSafetensors(join(folder, 'trainer', 'optimizer.safetensors'), moments)
  commitFile(join(folder, 'trainer', 'state.json'), `${JSON.stringify(state, null, 2)}\n`)
  if (options.tokenizer) copyFileSync(options.tokenizer, join(folder, 'tokenizer.json'))
  syncFolder(folder)
}

/** Gives the space back and says what to do; the checkpoints before it are untouched. */
function writeFailure(unfinished: string, cause: unknown): unknown {
  rmSync(unfinished, { recursive: true, force: true })
  const { code } = cause as NodeJS.ErrnoException
  if (!['ENOSPC', 'EDQUOT', 'EFBIG'].includes(code ?? '')) return cause
  return new RetryableError(`${unfinished}: no room for the checkpoint (${code})`, {
    cause,
    hint:
      'make room, or lower `checkpoint.keep`; `train resume` then goes on from the last checkpoint, ' +
      'which is whole',
  })
}

/** The loop's state in a checkpoint. */
export function readState(path: string): LoopState {
  return JSON.parse(readFileSync(join(path, 'trainer', 'state.json'), 'utf8')) as LoopState
}

/** What must not change between a checkpoint and the run's file: names and shapes of tensors. */
const SAME = [
  'family',
  'vocabSize',
  'hiddenSize',
  'layers',
  'heads',
  'keyValueHeads',
  'intermediateSize',
  'maxPositions',
  'tiedHead',
  'pairHead',
] as const

/** Puts a checkpoint's values into a model and its optimiser. */
export function restoreCheckpoint(path: string, model: Model, adamw: Adamw): LoopState {
  const { config, values } = readPretrained(path)
  for (const key of SAME) {
    if (config[key] === model.config[key]) continue
    throw new InputError(
      `${path}: ${key} is ${config[key]}, the run's file says ${model.config[key]}`,
      {
        hint: 'a run resumes with the model it began with; give a new model another `name`',
      },
    )
  }
  const { tensors } = readSafetensors(join(path, 'trainer', 'optimizer.safetensors'))
  const state = readState(path)
  const moments = adamw.moments as Map<string, { first: Tensor; second: Tensor }>
  for (const { name, shape } of model.specs) {
    const make = (numbers: Float32Array): Tensor => keep(tensor(numbers, shape as number[]))
    model.parameters.get(name)!.dispose()
    model.parameters.set(name, make(values.get(name)!))
    const { first, second } = moments.get(name)!
    first.dispose()
    second.dispose()
    const part = (kind: string): Float32Array => tensors.get(`${name}.${kind}`)!.values
    moments.set(name, { first: make(part('first')), second: make(part('second')) })
  }
  adamw.steps = state.updates
  return state
}

// Checkpoints of a run: `checkpoints/step-00000200/` with the model in the transformers layout, the
// optimiser's moments and the state of the loop. A folder is written under another name, synced and
// renamed, so a folder with a checkpoint's name is always whole, whatever is killed when.
import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { keep, tensor, type Tensor } from '@tensorflow/tfjs-core'
import { syncFolder } from '@shardmill/core/sync-folder'
import { commitFile } from '@shardmill/core/store'
import { InputError, messageOf } from '@shardmill/core/errors'
import type { LoaderCursor } from '../data/loader.ts'
import type { Model } from '../model/model.ts'
import { sizeOf } from '../model/parameters.ts'
import type { Adamw } from '../optimizer/adamw.ts'
import { withRoom } from './no-room.ts'
import { readPretrained, writePretrained, type SpecialIds } from './pretrained.ts'
import { readJson } from './read-json.ts'
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
    withRoom(unfinished, 'checkpoint', () => {
      writeCheckpoint(unfinished, model, adamw, state, options)
    })
  } catch (cause) {
    rmSync(unfinished, { recursive: true, force: true }) // gives the space back
    throw cause
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
  if (options.tokenizer) copyTokenizer(options.tokenizer, folder)
  syncFolder(folder)
}

/** What transformers needs of a tokenizer: without its config a BERT folder would be taken for WordPiece. */
export const tokenizerFiles = ['tokenizer.json', 'tokenizer_config.json'] as const

function copyTokenizer(path: string, folder: string): void {
  const [main, config] = tokenizerFiles
  copyFileSync(path, join(folder, main))
  const beside = join(dirname(path), config)
  if (existsSync(beside)) copyFileSync(beside, join(folder, config))
}

/** The loop's state in a checkpoint. */
export function readState(path: string): LoopState {
  return whole(path, () => {
    const state = readJson(join(path, 'trainer', 'state.json')) as unknown as LoopState
    const { step, updates, cursor } = state
    if ([step, updates, cursor?.drawn].every(Number.isSafeInteger)) return state
    throw new InputError('trainer/state.json does not say where the run stood')
  })
}

/** What `read` gives; says what to do when a file of the checkpoint is missing or damaged. */
function whole<Value>(path: string, read: () => Value): Value {
  try {
    return read()
  } catch (cause) {
    throw new InputError(`${path}: this checkpoint is damaged: ${messageOf(cause)}`, {
      cause,
      hint: 'remove its folder: `train run` goes on from the one before it, or begins again',
    })
  }
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
  const { config, values } = whole(path, () => readPretrained(path))
  for (const key of SAME) {
    if (config[key] === model.config[key]) continue
    throw new InputError(
      `${path}: ${key} is ${config[key]}, the run's file says ${model.config[key]}`,
      {
        hint: 'a run resumes with the model it began with; give a new model another `name`',
      },
    )
  }
  const saved = whole(path, () => readMoments(path, model))
  const state = readState(path)
  const moments = adamw.moments as Map<string, { first: Tensor; second: Tensor }>
  for (const { name, shape } of model.specs) {
    const make = (numbers: Float32Array): Tensor => keep(tensor(numbers, shape as number[]))
    model.parameters.get(name)!.dispose()
    model.parameters.set(name, make(values.get(name)!))
    const { first, second } = moments.get(name)!
    first.dispose()
    second.dispose()
    moments.set(name, {
      first: make(saved.get(`${name}.first`)!),
      second: make(saved.get(`${name}.second`)!),
    })
  }
  adamw.steps = state.updates
  return state
}

/** The optimiser's numbers, two tensors for each of the model's. */
function readMoments(path: string, model: Model): Map<string, Float32Array> {
  const file = join(path, 'trainer', 'optimizer.safetensors')
  const { tensors } = readSafetensors(file)
  const moments = new Map<string, Float32Array>()
  for (const { name, shape } of model.specs) {
    for (const part of [`${name}.first`, `${name}.second`]) {
      const found = tensors.get(part)?.values
      if (found?.length !== sizeOf(shape)) {
        const got = found === undefined ? 'nothing' : `${found.length} numbers`
        throw new InputError(
          `${file}: expected ${sizeOf(shape)} numbers at \`${part}\`, got ${got}`,
        )
      }
      moments.set(part, found)
    }
  }
  return moments
}

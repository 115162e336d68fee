// What an objective makes of rows, still in plain arrays: one flat stream of tokens without padding.
import { tensor1d } from '@tensorflow/tfjs-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import { boundsOf } from '../ops/attention.ts'
import type { Stream } from '../model/model.ts'
import type { Row } from '../data/packed-source.ts'

export interface HostBatch {
  readonly ids: Int32Array
  /** 0, 1, 2 … in every document. */
  readonly positions: Int32Array
  /** Tokens of each document. */
  readonly lengths: readonly number[]
  /** Tokens whose hidden state predicts something; undefined: all of them. */
  readonly selected: Int32Array | undefined
  /** One for each selected token; negative: nothing to predict. */
  readonly targets: Int32Array
  /** Targets that count. */
  readonly targetCount: number
}

/** A batch on the backend; dispose of it after the step. */
export interface DeviceBatch {
  readonly stream: Stream
  readonly selected: Tensor | undefined
  readonly targets: Tensor
  dispose(): void
}

/** An objective turns rows into inputs and targets. */
export type Objective = (rows: readonly Row[]) => HostBatch

/** Copies a batch to the active backend. */
export function toDevice(batch: HostBatch): DeviceBatch {
  const bounds = boundsOf(batch.lengths)
  const ids = tensor1d(batch.ids, 'int32')
  const positions = tensor1d(batch.positions, 'int32')
  const selected = batch.selected ? tensor1d(batch.selected, 'int32') : undefined
  const targets = tensor1d(batch.targets, 'int32')
  return {
    stream: { ids, positions, bounds },
    selected,
    targets,
    dispose() {
      for (const tensor of [ids, positions, bounds.tensor, selected, targets]) tensor?.dispose()
    },
  }
}

/** The tokens of rows, one after the other, with positions and document lengths. */
export function joinRows(rows: readonly Row[]): {
  ids: Int32Array
  positions: Int32Array
  lengths: number[]
} {
  const lengths = rows.flatMap((row) => [...row.lengths])
  const tokens = rows.reduce((sum, row) => sum + row.ids.length, 0)
  const ids = new Int32Array(tokens)
  const positions = new Int32Array(tokens)
  let at = 0
  for (const row of rows) {
    ids.set(row.ids, at)
    at += row.ids.length
  }
  at = 0
  for (const length of lengths) for (let i = 0; i < length; i++) positions[at++] = i
  return { ids, positions, lengths }
}

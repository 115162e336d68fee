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
  /** 0 or 1 for each token; undefined: all 0. */
  readonly segments?: Int32Array | undefined
  readonly pairs?: HostPairs | undefined
}

/** What the pair head predicts. */
export interface HostPairs {
  /** The first token of each document: [CLS]. */
  readonly places: Int32Array
  /** One for each document; negative: nothing to predict. */
  readonly labels: Int32Array
  /** Labels that count. */
  readonly count: number
}

/** A batch on the backend; dispose of it after the step. */
export interface DeviceBatch {
  readonly stream: Stream
  readonly selected: Tensor | undefined
  readonly targets: Tensor
  readonly pairs: { readonly places: Tensor; readonly labels: Tensor } | undefined
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
  const segments = batch.segments && tensor1d(batch.segments, 'int32')
  const pairs = batch.pairs && {
    places: tensor1d(batch.pairs.places, 'int32'),
    labels: tensor1d(batch.pairs.labels, 'int32'),
  }
  const all = [ids, positions, bounds.tensor, selected, targets, segments]
  all.push(pairs?.places, pairs?.labels)
  return {
    stream: { ids, positions, segments, bounds },
    selected,
    targets,
    pairs,
    dispose() {
      for (const tensor of all) tensor?.dispose()
    },
  }
}

/** What rows give to every objective. */
export type JoinedRows = Pick<HostBatch, 'ids' | 'positions' | 'lengths' | 'segments' | 'pairs'>

/** The tokens of rows, one after the other, with positions and document lengths. */
export function joinRows(rows: readonly Row[]): JoinedRows {
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
  return { ids, positions, lengths, ...joinPairs(rows, lengths, tokens) }
}

function joinPairs(
  rows: readonly Row[],
  lengths: readonly number[],
  tokens: number,
): Pick<HostBatch, 'segments' | 'pairs'> {
  if (rows.length === 0 || rows.some((row) => row.pairs === undefined)) return {}
  const segments = new Int32Array(tokens)
  const labels = Int32Array.from(rows.flatMap((row) => [...row.pairs!.labels]))
  const places = new Int32Array(lengths.length)
  let at = 0
  for (const row of rows) {
    segments.set(row.pairs!.segments, at)
    at += row.ids.length
  }
  at = 0
  for (const [i, length] of lengths.entries()) {
    places[i] = at
    at += length
  }
  return { segments, pairs: { places, labels, count: labels.filter((label) => label >= 0).length } }
}

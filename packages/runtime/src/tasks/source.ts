// Where a map task's items come from: its segments of the inputs, or the rows that the same task of
// an earlier phase kept.
import type { Context } from '@shardmill/core'
import { readDocuments } from '@shardmill/core/document-shard'
import { readBatches, type ShardBatch } from '@shardmill/core/shard-reader'
import { formats } from '@shardmill/stages'
import type { Format, ReadItem } from '@shardmill/stages/read/format'
import type { MapPhase, Phase } from '../phases.ts'
import { phaseOf, type Plan } from '../plan.ts'
import { partFile, readFinishedParts } from '../state.ts'

export type SourceItem = ReadItem

/** All items of a map task in order. */
export async function* readSource(
  plan: Plan,
  phase: MapPhase,
  index: number,
  context: Context,
): AsyncGenerator<readonly SourceItem[]> {
  if (phase.source === undefined) yield* readInputs(plan, index, context)
  else yield* readRows(plan, phase, index)
}

async function* readInputs(
  plan: Plan,
  index: number,
  context: Context,
): AsyncGenerator<readonly SourceItem[]> {
  const loaded = new Map<string, Format<unknown>>()
  for (const segment of plan.segments[index]!) {
    const input = plan.inputs[segment.input]!
    let format = loaded.get(input.format)
    if (!format) loaded.set(input.format, (format = await formats[input.format]!()))
    yield* format.read(segment, input.options, context)
  }
}

async function* readRows(
  plan: Plan,
  phase: MapPhase,
  index: number,
): AsyncGenerator<readonly SourceItem[]> {
  const batches = readRowBatches(plan, phaseOf(plan, phase.source!), index)
  for await (const batch of batches) yield readDocuments(batch)
}

/** The rows that a task of a finished map phase kept, batch by batch. */
export async function* readRowBatches(
  plan: Plan,
  source: Phase,
  index: number,
): AsyncGenerator<ShardBatch> {
  for (const manifest of readFinishedParts(plan, source, index)) {
    const path = partFile(plan, source, index, manifest, 'rows')
    if (path) yield* readBatches(path)
  }
}

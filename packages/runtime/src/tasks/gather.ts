// Describes the members of candidate clusters: the rows of one map task are read again and those
// with a label are given to the stage; of an index shard, their descriptions are taken as they are.
// One part, for the rows of one map task are few enough to do again after a kill. Memory: the
// descriptions of one task (see member-buffer.ts).
import { readFile } from 'node:fs/promises'
import { readDocuments } from '@shardmill/core/document-shard'
import { readBatches, type ShardBatch } from '@shardmill/core/shard-reader'
import { MemberBuffer } from '../exchange/member-buffer.ts'
import type { GatherPhase } from '../phases.ts'
import { phaseOf, type Plan } from '../plan.ts'
import { partFile, readFinishedParts } from '../state.ts'
import { alone } from './cluster.ts'
import { openTask } from './corpus-pass.ts'
import { ExchangeParts } from './exchange-parts.ts'
import type { TaskHooks } from './hooks.ts'
import { wordsOf } from './recall.ts'
import { readRowBatches } from './source.ts'
import { readWords } from './word-file.ts'

export async function runGather(
  plan: Plan,
  phase: GatherPhase,
  index: number,
  hooks: TaskHooks,
): Promise<void> {
  const { folder, pass } = await openTask(plan, phase, index, hooks, 'describe')
  const { first, labels } = await readLabels(plan, phase, index)
  const members = new MemberBuffer()
  const source = phaseOf(plan, phase.source)
  if (index < source.tasks) {
    await forEachLabelled(readRowBatches(plan, source, index), labels, hooks, (batch) => {
      const documents = readDocuments(batch)
      return (row, ordinal) => {
        members.push(labels[ordinal]!, first + ordinal, pass.describe(documents[row]!))
      }
    })
  } else {
    const { shards } = phaseOf(plan, phase.recall!, 'recall')
    const { path } = shards[index - source.tasks]!
    await forEachLabelled(readBatches(path), labels, hooks, (batch) => {
      const descriptions = batch.bytes('description')!
      return (row, ordinal) => {
        members.push(labels[ordinal]!, first + ordinal, wordsOf(descriptions.slice(row)))
      }
    })
  }
  const parts = new ExchangeParts(plan, phase, index, folder, 'members')
  parts.commit(members.partitioned(plan.partitions), members.wordCount, 0, true)
}

/** Gives the rows that have a label, batch by batch: number in the batch, number in the task. */
async function forEachLabelled(
  batches: AsyncIterable<ShardBatch>,
  labels: Uint32Array,
  hooks: TaskHooks,
  open: (batch: ShardBatch) => (row: number, ordinal: number) => void,
): Promise<void> {
  let first = 0
  for await (const batch of batches) {
    hooks.beat()
    hooks.signal.throwIfAborted()
    const own = labels.subarray(first, first + batch.rows)
    if (own.some((label) => label !== alone)) {
      const visit = open(batch)
      for (const [row, label] of own.entries()) {
        if (label === alone) continue
        hooks.beat()
        visit(row, first + row)
      }
    }
    first += batch.rows
  }
}

/** The cluster labels of one task's rows, and the ordinal of its first row. */
async function readLabels(
  plan: Plan,
  phase: GatherPhase,
  index: number,
): Promise<{ first: number; labels: Uint32Array }> {
  const clusters = phaseOf(plan, phase.clusters)
  const manifest = readFinishedParts(plan, clusters, 0)[0]!
  const header = await readFile(partFile(plan, clusters, 0, manifest, 'header')!, 'utf8')
  const { firsts } = JSON.parse(header) as { firsts: number[] }
  const [first, end] = [firsts[index]!, firsts[index + 1]!]
  const path = partFile(plan, clusters, 0, manifest, 'labels')!
  return { first, labels: await readWords(path, first, end - first) }
}

// Describes the members of candidate clusters: the rows of one map task are read again and those
// with a label are given to the stage; of an index shard, their descriptions are taken as they are. One part, for the rows of one map task are few enough to do
// again after a kill. Memory: the descriptions of one task (see member-buffer.ts).
import { readFile } from 'node:fs/promises'
import { PipelineError } from '@shardmill/core'
import { readDocuments } from '@shardmill/core/document-shard'
import { ShardReader, type ShardBatch } from '@shardmill/core/shard-reader'
import { MemberBuffer } from '../exchange/member-buffer.ts'
import { phaseOf, type GatherPhase, type Plan, type RecallPhase } from '../plan.ts'
import { commitPart, partFile, prepareTaskFolder, readFinishedParts } from '../state.ts'
import { taskFolder, writePartFile } from '../state.ts'
import { alone } from './cluster.ts'
import { taskContext } from './context.ts'
import { openPass } from './corpus-pass.ts'
import { wordsOf } from './recall.ts'
import type { TaskHooks } from './hooks.ts'
import { readWords } from './verdicts.ts'

export async function runGather(
  plan: Plan,
  phase: GatherPhase,
  index: number,
  hooks: TaskHooks,
): Promise<void> {
  const folder = taskFolder(plan, phase, index)
  prepareTaskFolder(folder)
  const pass = await openPass(plan, phase.stage, taskContext(plan, folder, hooks))
  if (!pass.describe) {
    throw new PipelineError(`${phase.stage.label}: a stage that verifies needs \`describe\``)
  }
  const { first, labels } = await readLabels(plan, phase, index)
  const members = new MemberBuffer()
  const source = phaseOf(plan, phase.source)
  if (index < source.tasks) {
    const paths = readFinishedParts(plan, source, index).flatMap((manifest) => {
      return partFile(plan, source, index, manifest, 'rows') ?? []
    })
    await forEachLabelled(paths, labels, hooks, (batch) => {
      const documents = readDocuments(batch)
      return (row, ordinal) => {
        members.push(labels[ordinal]!, first + ordinal, pass.describe!(documents[row]!))
      }
    })
  } else {
    const { shards } = phaseOf(plan, phase.recall!) as RecallPhase
    await forEachLabelled([shards[index - source.tasks]!.path], labels, hooks, (batch) => {
      const descriptions = batch.bytes('description')!
      return (row, ordinal) => {
        members.push(labels[ordinal]!, first + ordinal, wordsOf(descriptions.slice(row)))
      }
    })
  }
  const { words, sections } = members.partitioned(plan.partitions)
  const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
  const files = [writePartFile(folder, 0, 'members', bytes, words.length)]
  commitPart(folder, { key: phase.key, part: 0, cursor: 0, isFinal: true, files, sections })
}

/** Gives the rows that have a label, batch by batch: number in the batch, number in the task. */
async function forEachLabelled(
  paths: readonly string[],
  labels: Uint32Array,
  hooks: TaskHooks,
  open: (batch: ShardBatch) => (row: number, ordinal: number) => void,
): Promise<void> {
  let first = 0
  for (const path of paths) {
    const reader = await ShardReader.open(path)
    try {
      for await (const batch of reader.batches()) {
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
    } finally {
      await reader.close()
    }
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

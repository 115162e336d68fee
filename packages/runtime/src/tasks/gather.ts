// Describes the members of candidate clusters: the rows of one map task are read again and those
// with a label are given to the stage. One part, for the rows of one map task are few enough to do
// again after a kill. Memory: the descriptions of one task (see member-buffer.ts).
import { readFile } from 'node:fs/promises'
import { PipelineError } from '@shardmill/core'
import { readDocuments } from '@shardmill/core/document-shard'
import { ShardReader } from '@shardmill/core/shard-reader'
import { MemberBuffer } from '../exchange/member-buffer.ts'
import { phaseOf, type GatherPhase, type Plan } from '../plan.ts'
import { commitPart, partFile, prepareTaskFolder, readFinishedParts } from '../state.ts'
import { taskFolder, writePartFile } from '../state.ts'
import { alone } from './cluster.ts'
import { taskContext } from './context.ts'
import { openPass } from './corpus-pass.ts'
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
  let row = 0
  for (const manifest of readFinishedParts(plan, source, index)) {
    const path = partFile(plan, source, index, manifest, 'rows')
    if (!path) continue
    const reader = await ShardReader.open(path)
    try {
      for await (const batch of reader.batches()) {
        hooks.beat()
        hooks.signal.throwIfAborted()
        const until = row + batch.rows
        if (labels.subarray(row, until).every((label) => label === alone)) {
          row = until
          continue
        }
        for (const document of readDocuments(batch)) {
          const label = labels[row]!
          if (label !== alone) {
            hooks.beat()
            members.push(label, first + row, pass.describe(document))
          }
          row++
        }
      }
    } finally {
      await reader.close()
    }
  }
  const { words, sections } = members.partitioned(plan.partitions)
  const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
  const files = [writePartFile(folder, 0, 'members', bytes, words.length)]
  commitPart(folder, { key: phase.key, part: 0, cursor: 0, isFinal: true, files, sections })
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

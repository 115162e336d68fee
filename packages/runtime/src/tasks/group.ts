// One partition of a corpus stage: the records of all map tasks whose key falls into it, grouped by
// key and given to the stage. Memory: the partition's records, a document's ordinal behind each.
import type { Context } from '@shardmill/core'
import { forEachGroup } from '../exchange/group-records.ts'
import { phaseOf, type GroupPhase, type Plan } from '../plan.ts'
import {
  commitPart,
  firstOrdinals,
  partFile,
  prepareTaskFolder,
  readFinishedParts,
} from '../state.ts'
import { taskFolder } from '../state.ts'
import { taskContext } from './context.ts'
import { readCensus } from './census.ts'
import { openPass } from './corpus-pass.ts'
import type { TaskHooks } from './hooks.ts'
import { VerdictList, readWords } from './verdicts.ts'

export async function runGroup(
  plan: Plan,
  phase: GroupPhase,
  index: number,
  hooks: TaskHooks,
): Promise<void> {
  const folder = taskFolder(plan, phase, index)
  prepareTaskFolder(folder)
  const context: Context = taskContext(plan, folder, hooks)
  const pass = await openPass(plan, phase.stage, context)
  const firsts = firstOrdinals(plan, phaseOf(plan, phase.source))
  const verdicts = new VerdictList()
  if (pass.reduce && pass.recordWords > 0) {
    const stride = pass.recordWords + 1
    const words = await readPartition(plan, phase, index, stride, firsts, hooks)
    const table = { count: words.length / stride, stride, words }
    const census = await readCensus(plan, phaseOf(plan, phase.source), hooks)
    forEachGroup(table, pass.keyWords, (group) => {
      hooks.beat()
      pass.reduce!(group, verdicts, census)
    })
  }
  const { files, sections } = verdicts.write(folder, firsts)
  const manifest = { key: phase.key, part: 0, cursor: 0, isFinal: true, files }
  commitPart(folder, { ...manifest, ...(sections && { sections }) })
}

async function readPartition(
  plan: Plan,
  phase: GroupPhase,
  partition: number,
  stride: number,
  firsts: readonly number[],
  hooks: TaskHooks,
): Promise<Uint32Array> {
  const source = phaseOf(plan, phase.source)
  const sections: { path: string; first: number; count: number; ordinal: number }[] = []
  let total = 0
  for (let task = 0; task < source.tasks; task++) {
    for (const manifest of readFinishedParts(plan, source, task)) {
      const path = partFile(plan, source, task, manifest, 'records')
      if (!path || !manifest.sections) continue
      const before = manifest.sections.slice(0, partition).reduce((sum, n) => sum + n, 0)
      const count = manifest.sections[partition]!
      sections.push({ path, first: before, count, ordinal: firsts[task]! })
      total += count
    }
  }
  const words = new Uint32Array(total * stride)
  let at = 0
  for (const { path, first, count, ordinal } of sections) {
    hooks.beat()
    hooks.signal.throwIfAborted()
    if (count === 0) continue
    const section = await readWords(path, first * stride, count * stride)
    for (let i = stride - 1; i < section.length; i += stride) section[i]! += ordinal
    words.set(section, at)
    at += section.length
  }
  return words
}

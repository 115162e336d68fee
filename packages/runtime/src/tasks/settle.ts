// One partition of the second look: the described members of every cluster, or the quotations of every
// key, whose label falls into it meet, and the stage decides. Memory: what one partition was told.
import { PipelineError, type Cluster } from '@shardmill/core'
import { forEachCluster } from '../exchange/member-buffer.ts'
import { phaseOf, type Plan, type SettlePhase } from '../plan.ts'
import {
  commitPart,
  firstOrdinals,
  partFile,
  prepareTaskFolder,
  readFinishedParts,
  taskFolder,
} from '../state.ts'
import { taskContext } from './context.ts'
import { openPass } from './corpus-pass.ts'
import type { TaskHooks } from './hooks.ts'
import { VerdictList, readWords } from './verdicts.ts'

export async function runSettle(
  plan: Plan,
  phase: SettlePhase,
  index: number,
  hooks: TaskHooks,
): Promise<void> {
  const folder = taskFolder(plan, phase, index)
  prepareTaskFolder(folder)
  const pass = await openPass(plan, phase.stage, taskContext(plan, folder, hooks))
  if (!pass.settle) {
    throw new PipelineError(`${phase.stage.label}: a stage that verifies needs \`settle\``)
  }
  const verdicts = new VerdictList()
  const words = await readMembers(plan, phase, index, hooks)
  const firsts = firstOrdinals(plan, phaseOf(plan, phase.source))
  const settle = (cluster: Cluster): void => {
    hooks.beat()
    pass.settle!(cluster, verdicts)
  }
  forEachCluster(words, settle, firsts.at(-1))
  const { files, sections } = verdicts.write(folder, firsts)
  const manifest = { key: phase.key, part: 0, cursor: 0, isFinal: true, files }
  commitPart(folder, { ...manifest, ...(sections && { sections }) })
}

async function readMembers(
  plan: Plan,
  phase: SettlePhase,
  partition: number,
  hooks: TaskHooks,
): Promise<Uint32Array> {
  const gather = phaseOf(plan, phase.gather)
  const sections: { path: string; first: number; count: number }[] = []
  let total = 0
  for (let task = 0; task < gather.tasks; task++) {
    for (const manifest of readFinishedParts(plan, gather, task)) {
      const first = manifest.sections!.slice(0, partition).reduce((sum, n) => sum + n, 0)
      const count = manifest.sections![partition]!
      if (count === 0) continue
      sections.push({ path: partFile(plan, gather, task, manifest, 'members')!, first, count })
      total += count
    }
  }
  const words = new Uint32Array(total)
  let at = 0
  for (const { path, first, count } of sections) {
    hooks.beat()
    hooks.signal.throwIfAborted()
    words.set(await readWords(path, first, count), at)
    at += count
  }
  return words
}

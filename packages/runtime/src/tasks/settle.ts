// One partition of the second look: the described members of every cluster, or the quotations of every
// key, whose label falls into it meet, and the stage decides. Memory: what one partition was told.
import type { Cluster } from '@shardmill/core'
import { forEachCluster } from '../exchange/member-buffer.ts'
import type { SettlePhase } from '../phases.ts'
import { phaseOf, type Plan } from '../plan.ts'
import { commitPart, firstOrdinals, partFile, readFinishedParts, sectionOf } from '../state.ts'
import { openTask } from './corpus-pass.ts'
import type { TaskHooks } from './hooks.ts'
import { VerdictList } from './verdicts.ts'
import { readStretches, type Stretch } from './word-file.ts'

export async function runSettle(
  plan: Plan,
  phase: SettlePhase,
  index: number,
  hooks: TaskHooks,
): Promise<void> {
  const { folder, pass } = await openTask(plan, phase, index, hooks, 'settle')
  const verdicts = new VerdictList()
  const words = await readMembers(plan, phase, index, hooks)
  const firsts = firstOrdinals(plan, phaseOf(plan, phase.source))
  const settle = (cluster: Cluster): void => {
    hooks.beat()
    pass.settle(cluster, verdicts)
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
  const stretches: Stretch[] = []
  for (let task = 0; task < gather.tasks; task++) {
    for (const manifest of readFinishedParts(plan, gather, task)) {
      const { first, count } = sectionOf(manifest, partition)
      if (count === 0) continue
      stretches.push({ path: partFile(plan, gather, task, manifest, 'members')!, first, count })
    }
  }
  return readStretches(stretches, () => {
    hooks.beat()
    hooks.signal.throwIfAborted()
  })
}

// Runs one task of a plan, whatever its kind. Idempotent: a task that is done returns at once, one
// that was interrupted goes on after its last committed part.
import { rmSync } from 'node:fs'
import type { Phase } from '../phases.ts'
import { phaseOf, type Plan } from '../plan.ts'
import { isTaskDone, taskFolder } from '../state.ts'
import { runCluster } from './cluster.ts'
import { scratchFolder } from './context.ts'
import { runCut } from './cut.ts'
import { runGather } from './gather.ts'
import { runGroup } from './group.ts'
import type { TaskHooks } from './hooks.ts'
import { runIndex } from './index-documents.ts'
import { runMap } from './map.ts'
import { runOutput } from './output.ts'
import { runQuote } from './quote.ts'
import { runRecall } from './recall.ts'
import { runResolve } from './resolve.ts'
import { runSettle } from './settle.ts'
import { runWrite } from './write.ts'

/** Runs task `index` of a phase to its commit. Throws what stopped it. */
export async function runTask(
  plan: Plan,
  phaseId: string,
  index: number,
  hooks: TaskHooks,
): Promise<void> {
  const phase = phaseOf(plan, phaseId)
  if (isTaskDone(plan, phase, index)) return
  try {
    await runPhaseTask(plan, phase, index, hooks)
  } finally {
    rmSync(scratchFolder(taskFolder(plan, phase, index)), { recursive: true, force: true })
  }
}

function runPhaseTask(plan: Plan, phase: Phase, index: number, hooks: TaskHooks): Promise<void> {
  switch (phase.kind) {
    case 'map':
      return runMap(plan, phase, index, hooks)
    case 'recall':
      return runRecall(plan, phase, index, hooks)
    case 'index':
      return runIndex(plan, phase, index, hooks)
    case 'group':
      return runGroup(plan, phase, index, hooks)
    case 'cluster':
      return runCluster(plan, phase, hooks)
    case 'gather':
      return runGather(plan, phase, index, hooks)
    case 'quote':
      return runQuote(plan, phase, index, hooks)
    case 'settle':
      return runSettle(plan, phase, index, hooks)
    case 'resolve':
      return runResolve(plan, phase, hooks)
    case 'cut':
      return runCut(plan, phase, hooks)
    case 'write':
      return runWrite(plan, phase, index, hooks)
    case 'output':
      return runOutput(plan, phase, hooks)
  }
}

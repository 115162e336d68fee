// Opens corpus stages: for a map task that emits, and for the tasks of their own phases.
import { ConfigError, PipelineError, type Context, type CorpusPass } from '@shardmill/core'
import type { StageEntry } from '../config.ts'
import type { Phase } from '../phases.ts'
import type { Plan } from '../plan.ts'
import { loadStage } from '../stage-loader.ts'
import { prepareTaskFolder, taskFolder } from '../state.ts'
import { taskContext } from './context.ts'
import type { TaskHooks } from './hooks.ts'

/** Opens a corpus stage. */
export async function openPass(
  plan: Plan,
  entry: StageEntry,
  context: Context,
): Promise<CorpusPass> {
  const stage = await loadStage(entry.name, plan.folder)
  if (stage?.scope !== 'corpus') throw new ConfigError(`${entry.name}: not a corpus stage`)
  return stage.create(entry.options, context)
}

interface OpenTask<Need extends keyof CorpusPass> {
  readonly folder: string
  readonly context: Context
  readonly pass: CorpusPass & Required<Pick<CorpusPass, Need>>
}

/** Makes the folder of a corpus stage's task ready and opens the stage, which must have `needs`. */
export async function openTask<Need extends keyof CorpusPass = 'reason'>(
  plan: Plan,
  phase: Phase & { readonly stage: StageEntry },
  index: number,
  hooks: TaskHooks,
  needs?: Need,
): Promise<OpenTask<Need>> {
  const folder = taskFolder(plan, phase, index)
  prepareTaskFolder(folder)
  const context = taskContext(plan, folder, hooks)
  const pass = await openPass(plan, phase.stage, context)
  if (needs !== undefined && pass[needs] === undefined) {
    throw new PipelineError(`${phase.stage.label}: ${phase.id} needs a stage with \`${needs}\``)
  }
  return { folder, context, pass: pass as OpenTask<Need>['pass'] }
}

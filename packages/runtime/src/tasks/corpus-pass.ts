import { ConfigError, type Context, type CorpusPass } from '@shardmill/core'
import type { StageEntry } from '../config.ts'
import type { Plan } from '../plan.ts'
import { loadStage } from '../stage-loader.ts'

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

// Runs an output stage on the finished text shards. It writes into a folder of its own, which takes
// the place of the earlier one in two renames; the manifest comes last.
import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from '@shardmill/core'
import { readRowCount } from '@shardmill/core/shard-reader'
import type { OutputPhase } from '../phases.ts'
import type { Plan } from '../plan.ts'
import { writtenShards } from '../report/shards.ts'
import { loadStage } from '../stage-loader.ts'
import {
  commitPart,
  ownFolderName,
  prepareTaskFolder,
  taskFolder,
  writePartFile,
} from '../state.ts'
import { hashFile } from '../verify.ts'
import { taskContext } from './context.ts'
import type { TaskHooks } from './hooks.ts'
import type { WrittenShard } from './write.ts'

export async function runOutput(plan: Plan, phase: OutputPhase, hooks: TaskHooks): Promise<void> {
  const stage = await loadStage(phase.stage.name, plan.folder)
  if (stage?.scope !== 'output') throw new ConfigError(`${phase.stage.name}: not an output stage`)
  const folder = taskFolder(plan, phase, 0)
  prepareTaskFolder(folder)
  const target = join(folder, ownFolderName('made'))
  mkdirSync(target)
  const context = taskContext(plan, folder, hooks)
  const shards = writtenShards(plan)
    .filter(({ name }) => name.startsWith('text/'))
    .map(({ name }) => join(plan.output, name))
  const made = await madeBefore(plan, phase)
  await stage.run(phase.stage.options, { shards, runFolder: plan.output, made, target, context })
  hooks.signal.throwIfAborted()
  const written: WrittenShard[] = []
  for (const name of readdirSync(target, { recursive: true, encoding: 'utf8' }).toSorted()) {
    const path = join(target, name)
    const stats = statSync(path)
    if (!stats.isFile()) continue
    const rows = name.endsWith('.arrow') ? await readRowCount(path) : 0
    const xxh64 = hashFile(path)
    written.push({ name: `${stage.folder}/${name}`, rows, bytes: stats.size, xxh64 })
  }
  const final = join(plan.output, stage.folder)
  rmSync(final, { recursive: true, force: true })
  renameSync(target, final)
  const files = [writePartFile(folder, 0, 'written', Buffer.from(JSON.stringify(written)))]
  commitPart(folder, { key: phase.key, part: 0, cursor: 0, isFinal: true, files })
}

async function madeBefore(plan: Plan, phase: OutputPhase): Promise<Record<string, string>> {
  const made: Record<string, string> = {}
  for (const other of plan.phases) {
    if (other.id === phase.id) break
    if (other.kind !== 'output') continue
    const stage = await loadStage(other.stage.name, plan.folder)
    if (stage?.scope === 'output') made[stage.name] = join(plan.output, stage.folder)
  }
  return made
}

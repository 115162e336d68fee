import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Phase } from '../phases.ts'
import type { Plan } from '../plan.ts'
import { partFile, readParts } from '../state.ts'
import type { WrittenShard } from '../tasks/write.ts'

export interface ShardOnDisk extends WrittenShard {
  /** The file is in the run's folder and has the size it was written with. */
  readonly isThere: boolean
}

/** The files that were committed to the run's folder so far, by name. */
export function writtenShards(plan: Plan): ShardOnDisk[] {
  const makers = plan.phases.filter(({ kind }) => kind === 'write' || kind === 'output')
  const shards = makers.flatMap((phase) => writtenBy(plan, phase))
  return shards.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** What one phase has committed. */
export function writtenBy(plan: Plan, phase: Phase): ShardOnDisk[] {
  const shards: ShardOnDisk[] = []
  for (let index = 0; index < phase.tasks; index++) {
    const manifest = readParts(plan, phase, index)[0]
    const path = manifest && partFile(plan, phase, index, manifest, 'written')
    if (!path) continue
    for (const shard of JSON.parse(readFileSync(path, 'utf8')) as WrittenShard[]) {
      const stats = statSync(join(plan.output, shard.name), { throwIfNoEntry: false })
      shards.push({ ...shard, isThere: stats?.size === shard.bytes })
    }
  }
  return shards
}

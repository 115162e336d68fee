import { readFileSync } from 'node:fs'
import type { MapPhase } from './phases.ts'
import type { Plan } from './plan.ts'
import { partFile, readFinishedParts } from './state.ts'
import { mergeStats, type Stats } from './stats.ts'

/** Adds the statistics of all committed parts of a map phase to `into`. */
export function mergeTaskStats(plan: Plan, phase: MapPhase, into: Stats): void {
  for (let index = 0; index < phase.tasks; index++) {
    for (const manifest of readFinishedParts(plan, phase, index)) {
      const path = partFile(plan, phase, index, manifest, 'stats')
      if (path) mergeStats(into, JSON.parse(readFileSync(path, 'utf8')) as Stats)
    }
  }
}

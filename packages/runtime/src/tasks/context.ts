import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Context } from '@shardmill/core'
import type { Plan } from '../plan.ts'
import type { TaskHooks } from './hooks.ts'

/** The context of a stage in a task; `count` receives its counters. */
export function taskContext(
  plan: Plan,
  folder: string,
  hooks: TaskHooks,
  count: (counter: string, by: number) => void = () => {},
): Context {
  const scratch = join(folder, 'scratch')
  mkdirSync(scratch, { recursive: true })
  return {
    signal: hooks.signal,
    seed: plan.seed,
    scratch,
    beat: () => hooks.beat(),
    count: (counter, by = 1) => count(counter, by),
    path: (path) => resolve(plan.folder, path),
  }
}

import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Context } from '@shardmill/core'
import type { Plan } from '../plan.ts'
import { ownFolderName } from '../state.ts'
import type { TaskHooks } from './hooks.ts'

/** Where stages of this process keep temporary files; removed when the task ends. */
export function scratchFolder(folder: string): string {
  return join(folder, ownFolderName('scratch'))
}

/** The context of a stage in a task; `count` receives its counters, `note` its notes. */
export function taskContext(
  plan: Plan,
  folder: string,
  hooks: TaskHooks,
  count: (counter: string, by: number) => void = () => {},
  note?: NonNullable<Context['note']>,
): Context {
  const scratch = scratchFolder(folder)
  mkdirSync(scratch, { recursive: true })
  return {
    signal: hooks.signal,
    seed: plan.seed,
    scratch,
    beat: () => hooks.beat(),
    count: (counter, by = 1) => count(counter, by),
    path: (path) => resolve(plan.folder, path),
    ...(note && { note }),
  }
}

// Stages by name: the registry's, or a user's own module given by path (`./strip-ads.mjs`), whose
// default export, or export named `stage`, is a stage.
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ConfigError, type Stage } from '@shardmill/core'
import { stages } from '@shardmill/stages'

/** Names of all built-in stages. */
export function stageNames(): string[] {
  return Object.keys(stages)
}

/** True for a stage given as a path to a module. */
export function isStagePath(name: string): boolean {
  return /^[./]/.test(name) || /\.m?js$/.test(name)
}

/** The stage of that name, or undefined when the registry has none. Throws when a module is bad. */
export async function loadStage(name: string, folder: string): Promise<Stage | undefined> {
  if (!isStagePath(name)) return stages[name]?.()
  const path = resolve(folder, name)
  if (!statSync(path, { throwIfNoEntry: false })) throw new ConfigError(`no file ${path}`)
  const module = (await import(pathToFileURL(path).href)) as { default?: Stage; stage?: Stage }
  const stage = module.default ?? module.stage
  if (!stage?.options || !('create' in stage || 'run' in stage)) {
    throw new ConfigError(`${path} exports no stage`, {
      hint: 'export default defineFilter({ name, summary, options, judge })',
    })
  }
  return stage
}

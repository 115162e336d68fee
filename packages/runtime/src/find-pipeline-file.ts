// On its own, since some commands need nothing else of a pipeline: config.ts loads the stage contract.
import { statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ConfigError } from '@shardmill/core/errors'

/** Finds a pipeline file: as given, then under pipelines/, with or without `.yaml`. */
export function findPipelineFile(name: string, folder = process.cwd()): string {
  const candidates = [
    name,
    join('pipelines', name),
    `${name}.yaml`,
    join('pipelines', `${name}.yaml`),
  ]
  for (const candidate of candidates) {
    const path = resolve(folder, candidate)
    if (isFile(path)) return path
  }
  throw new ConfigError(`no pipeline file \`${name}\``, {
    hint: `looked for ${candidates.join(', ')} in ${folder}`,
  })
}

/** Whether there is a file of that path; false too below something that is no folder. */
export function isFile(path: string): boolean {
  try {
    return statSync(path).isFile()
  } catch {
    return false
  }
}

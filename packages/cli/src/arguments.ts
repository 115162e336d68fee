import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { ConfigError } from '@shardmill/core/errors'

/** The arguments of a command that takes one name and perhaps --json. */
export function onePipeline(argv: readonly string[]): { name: string; isJson: boolean } {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false } },
  })
  const [name] = positionals
  if (name === undefined || positionals.length > 1) {
    throw new ConfigError('expected one pipeline file or run', { hint: 'see --help' })
  }
  return { name, isJson: values.json }
}

/** The folder of a run, from its name, its folder or its pipeline file. */
export async function runFolder(name: string): Promise<string> {
  const candidates = [name, join('shards', name)].map((path) => resolve(path))
  for (const folder of candidates) {
    if (existsSync(join(folder, 'run.json'))) return folder
  }
  if (/\.ya?ml$/.test(name)) {
    const { findPipelineFile } = await import('@shardmill/runtime/find-pipeline-file')
    const { readConfig } = await import('@shardmill/runtime/config')
    return (await readConfig(findPipelineFile(name))).output
  }
  throw new ConfigError(`no run in ${candidates.join(' or ')}`, {
    hint: 'name the folder of a run, or a run under shards/',
  })
}

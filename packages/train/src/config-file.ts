// Finds and reads a training file. Only the file is looked at here; what does not fit the shards is found
// when a session opens (loop/session.ts), before any step.
import { statSync } from 'node:fs'
import { basename, extname, join, resolve } from 'node:path'
import { ConfigError } from '@shardmill/core/errors'
import { readYamlFile } from '@shardmill/tokenizer/yaml-file'
import { trainSchema, type TrainConfig } from './config-schema.ts'

/** Finds a training file: as given, then under pipelines/, with or without `.yaml`. */
export function findTrainFile(name: string, folder = process.cwd()): string {
  const names = /\.ya?ml$/.test(name) ? [name] : [name, `${name}.yaml`]
  const candidates = names.flatMap((one) => [one, join('pipelines', one)])
  for (const candidate of candidates) {
    const path = resolve(folder, candidate)
    if (statSync(path, { throwIfNoEntry: false })?.isFile()) return path
  }
  throw new ConfigError(`no training file \`${name}\``, {
    hint: `looked for ${candidates.join(', ')} in ${folder}`,
  })
}

/** Reads and checks a file; throws one `ConfigError` with every fault. */
export function readTrainFile(path: string): TrainConfig {
  const { parsed } = readYamlFile(path, trainSchema)
  const name = parsed.name ?? basename(path, extname(path))
  return { ...parsed, name, output: resolve(parsed.output ?? join('shards', name)) }
}

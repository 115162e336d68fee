import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ConfigError } from '@shardmill/core/errors'
import { tokenizerFiles } from '@shardmill/train/checkpoint/checkpoint'
import { readPretrained } from '@shardmill/train/checkpoint/pretrained'
import { modelFolder } from './text.ts'

/** `train export RUN DIR`: the last checkpoint as a folder that transformers loads. */
export async function exportModel(argv: readonly string[]): Promise<number> {
  const { positionals } = parseArgs({ args: [...argv], allowPositionals: true })
  const [name, target] = positionals
  if (name === undefined || target === undefined) {
    throw new ConfigError('expected a run and a folder', {
      hint: 'pnpm train export gpt-tiny exported/gpt-tiny',
    })
  }
  const source = modelFolder(name)
  if (existsSync(join(target, 'config.json'))) {
    throw new ConfigError(`${target} already holds a model`, { hint: 'name another folder' })
  }
  readPretrained(source) // A damaged model is refused here, not where it is used.
  mkdirSync(target, { recursive: true })
  for (const file of ['config.json', 'model.safetensors', ...tokenizerFiles]) {
    if (existsSync(join(source, file))) copyFileSync(join(source, file), join(target, file))
  }
  process.stdout.write(`${source} -> ${target}\n`)
  return 0
}

export { exportModel as export }

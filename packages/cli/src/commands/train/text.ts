// Text in and out of trained models, shared by the commands: finding a model's folder, its
// tokenizer, and samples.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ConfigError } from '@shardmill/core/errors'
import { loadTokenizer } from '@shardmill/tokenizer/load'
import type { Tokenizer } from '@shardmill/tokenizer/tokenizer'
import { listCheckpoints } from '@shardmill/train/checkpoint/checkpoint'
import { generate } from '@shardmill/train/generate/generate'
import type { Session } from '@shardmill/train/loop/session'

/** A model folder, or the last checkpoint of a run given by name, folder or file. */
export function modelFolder(name: string): string {
  const plain = name.replace(/\.ya?ml$/, '')
  const places = [name, plain, join('shards', plain)].map((place) => resolve(place))
  for (const place of places) {
    if (existsSync(join(place, 'config.json'))) return place
    const last = listCheckpoints(place).at(-1)
    if (last !== undefined) return last
  }
  throw new ConfigError(`no model in ${[...new Set(places)].join(', ')}`, {
    hint: 'name a run that has saved a checkpoint, or a folder with config.json',
  })
}

/** The tokenizer in a model's folder, or the one named. */
export async function modelTokenizer(folder: string, path?: string): Promise<Tokenizer> {
  const file = path ?? join(folder, 'tokenizer.json')
  if (existsSync(file)) return loadText(file)
  throw new ConfigError(`no tokenizer in ${folder}`, { hint: 'name one with --tokenizer FILE' })
}

export async function loadText(path: string): Promise<Tokenizer> {
  return loadTokenizer(path)
}

/** A continuation of the prompt on one line. */
export function sampleText(
  { model, special, config }: Session,
  tokenizer: Tokenizer,
  { prompt, tokens }: { prompt: string; tokens: number },
): string {
  const ids = [...tokenizer.encode(prompt)]
  const first = special.bosId ?? special.eosId ?? 0
  const options = { temperature: 0.8, topK: 40, topP: 1, maxTokens: tokens, seed: config.seed }
  const made = generate(model, ids.length > 0 ? ids : [first], { ...options, eosId: special.eosId })
  return (prompt + tokenizer.decode([...made])).replace(/\s+/g, ' ')
}

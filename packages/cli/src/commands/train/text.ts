// Text in and out of trained models, shared by the commands: finding a model's folder, its
// tokenizer, and samples.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ConfigError } from '@shardmill/core/errors'
import { loadTokenizer } from '@shardmill/tokenizer/load'
import type { Tokenizer } from '@shardmill/tokenizer/tokenizer'
import { openProvider } from '@shardmill/train/backend/select'
import { listCheckpoints, readState } from '@shardmill/train/checkpoint/checkpoint'
import { readPretrained, type SpecialIds } from '@shardmill/train/checkpoint/pretrained'
import { generate } from '@shardmill/train/generate/generate'
import type { Session } from '@shardmill/train/loop/session'
import { createModel, type Model } from '@shardmill/train/model/model'

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

/** A trained model on a backend, with the tokenizer it was trained with. */
export interface OpenModel {
  readonly folder: string
  readonly model: Model
  readonly tokenizer: Tokenizer
  readonly eosId: number | undefined
  /** Stands before a text whose first token is to be predicted too. */
  readonly startId: number
  close(): Promise<void>
}

/** Opens the model of a run or folder; `path` names a tokenizer.json in place of its own. */
export async function openModel(name: string, path?: string): Promise<OpenModel> {
  const folder = modelFolder(name)
  const file = path ?? join(folder, 'tokenizer.json')
  if (!existsSync(file)) {
    const message = path === undefined ? `no tokenizer in ${folder}` : `no file \`${path}\``
    throw new ConfigError(message, { hint: 'name one with --tokenizer FILE' })
  }
  const tokenizer = await loadTokenizer(file)
  const { config, values, special } = readPretrained(folder)
  checkTokenizer(file, tokenizer, folder, config.vocabSize)
  const provider = await openProvider({ backend: 'auto', threads: 'auto', relaxed: true })
  const model = createModel(config, { values })
  return {
    folder,
    model,
    tokenizer,
    eosId: special.eosId,
    startId: startOf(special),
    async close() {
      model.dispose()
      await provider.close()
    },
  }
}

/** Another tokenizer's ids mean other words to the model, or lie beyond its vocabulary. */
function checkTokenizer(
  file: string,
  { hash, vocabSize }: Tokenizer,
  folder: string,
  modelVocabSize: number,
): void {
  const isCheckpoint = existsSync(join(folder, 'trainer', 'state.json'))
  const trained = isCheckpoint ? readState(folder).tokenizerHash : hash
  if (hash !== trained) {
    throw new ConfigError(
      `${file} has hash ${hash}, but ${folder} was trained with a tokenizer of ${trained}`,
      { hint: 'name the tokenizer.json that packed its shards' },
    )
  }
  if (vocabSize <= modelVocabSize) return
  throw new ConfigError(
    `${file} has ${vocabSize} tokens, the model in ${folder} knows ${modelVocabSize}`,
    { hint: 'name the tokenizer.json that the model was trained with' },
  )
}

/** The token before a text: that of the beginning, else that of the end of the one before it. */
function startOf({ bosId, eosId }: SpecialIds): number {
  return bosId ?? eosId ?? 0
}

/** A continuation of the prompt on one line. */
export function sampleText(
  { model, special, config }: Session,
  tokenizer: Tokenizer,
  { prompt, tokens }: { prompt: string; tokens: number },
): string {
  const ids = [...tokenizer.encode(prompt)]
  const options = { temperature: 0.8, topK: 40, topP: 1, maxTokens: tokens, seed: config.seed }
  const made = generate(model, ids.length > 0 ? ids : [startOf(special)], {
    ...options,
    eosId: special.eosId,
  })
  return (prompt + tokenizer.decode([...made])).replace(/\s+/g, ' ')
}

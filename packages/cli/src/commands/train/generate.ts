import { parseArgs } from 'node:util'
import { ConfigError } from '@shardmill/core/errors'
import { openProvider } from '@shardmill/train/backend/select'
import { readPretrained } from '@shardmill/train/checkpoint/pretrained'
import { generate as generateTokens } from '@shardmill/train/generate/generate'
import { createModel } from '@shardmill/train/model/model'
import { modelFolder, modelTokenizer } from './text.ts'

/** `train generate RUN --prompt TEXT`: text from a causal model, as it is made. */
export async function generate(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      prompt: { type: 'string', default: '' },
      tokens: { type: 'string', default: '100' },
      temperature: { type: 'string', default: '0.8' },
      'top-k': { type: 'string', default: '0' },
      'top-p': { type: 'string', default: '0.95' },
      seed: { type: 'string', default: '1' },
      tokenizer: { type: 'string' },
    },
  })
  const [name] = positionals
  if (name === undefined) {
    throw new ConfigError('expected a run or a model folder', {
      hint: 'pnpm train generate gpt-tiny --prompt "Once"',
    })
  }
  const number = (key: Exclude<keyof typeof values, 'prompt' | 'tokenizer'>): number => {
    const value = Number(values[key])
    if (Number.isFinite(value) && value >= 0) return value
    throw new ConfigError(`--${key}: expected a number from 0, got \`${values[key]}\``)
  }
  const options = {
    maxTokens: number('tokens'),
    temperature: number('temperature'),
    topK: number('top-k'),
    topP: number('top-p'),
    seed: number('seed'),
  }
  const folder = modelFolder(name)
  const tokenizer = await modelTokenizer(folder, values.tokenizer)
  const provider = await openProvider({ backend: 'auto', threads: 'auto', relaxed: true })
  const { config, values: parameters, special } = readPretrained(folder)
  const model = createModel(config, { values: parameters })
  try {
    const ids = [...tokenizer.encode(values.prompt)]
    const prompt = ids.length > 0 ? ids : [special.bosId ?? special.eosId ?? 0]
    const stream = tokenizer.decodeStream()
    process.stdout.write(values.prompt)
    for (const id of generateTokens(model, prompt, { ...options, eosId: special.eosId })) {
      process.stdout.write(stream.push(id))
    }
    process.stdout.write(`${stream.end()}\n`)
    return 0
  } finally {
    model.dispose()
    await provider.close()
  }
}

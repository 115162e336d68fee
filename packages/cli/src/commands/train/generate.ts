import { parseArgs } from 'node:util'
import { ConfigError } from '@shardmill/core/errors'
import { generate as generateTokens } from '@shardmill/train/generate/generate'
import { z } from 'zod'
import { numberOption } from './checked-option.ts'
import { openModel } from './text.ts'

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
  const options = {
    maxTokens: numberOption('tokens', values.tokens, z.int().min(0)),
    temperature: numberOption('temperature', values.temperature, z.number().min(0)),
    topK: numberOption('top-k', values['top-k'], z.int().min(0)),
    topP: numberOption('top-p', values['top-p'], z.number().min(0).max(1)),
    seed: numberOption('seed', values.seed, z.int().min(0)),
  }
  const opened = await openModel(name, values.tokenizer)
  const { model, tokenizer, eosId, startId } = opened
  try {
    const ids = [...tokenizer.encode(values.prompt)]
    const made = generateTokens(model, ids.length > 0 ? ids : [startId], { ...options, eosId })
    const stream = tokenizer.decodeStream()
    let next = made.next() // refuses what cannot be gone on from, before anything is written
    process.stdout.write(values.prompt)
    for (; next.done !== true; next = made.next()) process.stdout.write(stream.push(next.value))
    process.stdout.write(`${stream.end()}\n`)
    return 0
  } finally {
    await opened.close()
  }
}

// Adds tokens learned on new text to a BPE tokenizer; old ids keep their meaning.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ConfigError } from '@shardmill/core/errors'
import { commitFile } from '@shardmill/core/store'
import { extendTokenizer } from '@shardmill/tokenizer/extend'
import { oneOf, readTokenizerJson, wholeNumber } from './options.ts'

/** `tokenizer extend --tokenizer FILE --new-tokens N --output FOLDER INPUT …`. */
export async function extend(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      tokenizer: { type: 'string' },
      output: { type: 'string' },
      'new-tokens': { type: 'string' },
      'min-frequency': { type: 'string', default: '2' },
      unit: { type: 'string', default: 'line' },
    },
  })
  const { output } = values
  if (output === undefined) throw new ConfigError('expected --output FOLDER')
  if (values['new-tokens'] === undefined) throw new ConfigError('expected --new-tokens N')
  if (positionals.length === 0) throw new ConfigError('expected texts to learn tokens from')
  const options = {
    input: positionals,
    newTokens: wholeNumber('new-tokens', values['new-tokens'], 1),
    minFrequency: wholeNumber('min-frequency', values['min-frequency'], 0),
    unit: oneOf('unit', values.unit, ['line', 'document']),
  }
  const source = readTokenizerJson(values.tokenizer)
  const stateFolder = join(output, '.counts')
  const { json, firstNewId, tokens } = await extendTokenizer(source.json, options, { stateFolder })
  if (source.config) commitFile(join(output, 'tokenizer_config.json'), readFileSync(source.config))
  commitFile(join(output, 'tokenizer.json'), `${JSON.stringify(json, undefined, 2)}\n`)
  const shown = tokens.slice(0, 8).map((token) => JSON.stringify(token))
  process.stdout.write(
    `${join(output, 'tokenizer.json')}: ${tokens.length} new tokens from id ${firstNewId} on` +
      `${shown.length > 0 ? `: ${shown.join(' ')}${tokens.length > 8 ? ' …' : ''}` : ''}\n`,
  )
  return 0
}

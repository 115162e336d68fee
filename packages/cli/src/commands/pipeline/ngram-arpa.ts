// `pipeline ngram export MODEL --output FILE.arpa` and `ngram import FILE.arpa --output MODEL`.
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { ConfigError } from '@shardmill/core/errors'
import { segmenterVersion } from '@shardmill/core/segmenter'
import { exportArpa } from '@shardmill/stages/quality/ngram/arpa-export'
import { importArpa } from '@shardmill/stages/quality/ngram/arpa-import'
import { rulesOf, unitOf } from './ngram-options.ts'

export async function convertArpa(
  action: 'export' | 'import',
  argv: readonly string[],
): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      output: { type: 'string' },
      unit: { type: 'string', default: 'whitespace' },
      normalize: { type: 'string', default: 'none' },
    },
  })
  const [input, ...extra] = positionals
  const { output } = values
  if (input === undefined || extra.length > 0 || output === undefined) {
    throw new ConfigError(`ngram ${action}: expected one file and --output FILE`)
  }
  mkdirSync(dirname(output), { recursive: true })
  if (action === 'export') exportArpa(input, output)
  else {
    const { unit } = unitOf(values.unit)
    if (unit === 'tokenizer') {
      throw new ConfigError('ngram import: --unit must be word, whitespace or character')
    }
    const segmenter = unit === 'word' ? segmenterVersion : ''
    await importArpa(input, output, { unit, rules: rulesOf(values.normalize), segmenter })
  }
  process.stdout.write(`${output}\n`)
  return 0
}

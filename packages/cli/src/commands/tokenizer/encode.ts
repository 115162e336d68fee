// Shows what a tokenizer makes of texts: one JSON line per text with ids and tokens, for pipes and for
// eyes. Packing and exporting have their own commands; this one is for looking.
import { parseArgs } from 'node:util'
import { ConfigError } from '@shardmill/core/errors'
import { readTexts } from '@shardmill/tokenizer/text-source'
import type { Tokenizer } from '@shardmill/tokenizer/tokenizer'
import { openTokenizer, plainDocuments } from './options.ts'

/** `tokenizer encode --tokenizer FILE [--text TEXT] [INPUT …]`. */
export async function encode(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      tokenizer: { type: 'string' },
      text: { type: 'string', multiple: true },
      documents: { type: 'string', default: 'line' },
      'special-tokens': { type: 'boolean', default: false },
      offsets: { type: 'boolean', default: false },
      'ids-only': { type: 'boolean', default: false },
    },
  })
  if (values.text === undefined && positionals.length === 0) {
    throw new ConfigError('expected --text TEXT or input files')
  }
  const tokenizer = await openTokenizer(values.tokenizer)
  const show = (text: string): void => {
    const row = describe(tokenizer, text, values['special-tokens'], values.offsets)
    const line = values['ids-only'] ? row.ids : row
    process.stdout.write(`${JSON.stringify(line)}\n`)
  }
  for (const text of values.text ?? []) show(text)
  if (positionals.length === 0) return 0
  for await (const { text } of readTexts(positionals, plainDocuments(values.documents))) show(text)
  return 0
}

function describe(
  tokenizer: Tokenizer,
  text: string,
  addSpecialTokens: boolean,
  hasOffsets: boolean,
): { ids: number[]; tokens: string[]; offsets?: number[][] } {
  if (!hasOffsets) {
    const ids = Array.from(tokenizer.encode(text, { addSpecialTokens }))
    return { ids, tokens: ids.map((id) => tokenizer.tokenOf(id) ?? '') }
  }
  const { ids, starts, ends } = tokenizer.encodeWithOffsets(text, { addSpecialTokens })
  return {
    ids: Array.from(ids),
    tokens: Array.from(ids, (id) => tokenizer.tokenOf(id) ?? ''),
    offsets: Array.from(ids, (_, i) => [starts[i]!, ends[i]!]),
  }
}

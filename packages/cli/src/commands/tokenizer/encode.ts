// Shows what a tokenizer makes of texts: one JSON line per text with ids and tokens, for pipes and for
// eyes. With --output the ids go to an encoded shard instead, for `tokenizer pack`.
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { ConfigError } from '@shardmill/core/errors'
import { EncodedShardWriter } from '@shardmill/tokenizer/encoded-shard'
import { readTexts, type PlainDocuments } from '@shardmill/tokenizer/text-source'
import { encodeTexts } from '@shardmill/tokenizer/token-documents'
import type { Tokenizer } from '@shardmill/tokenizer/tokenizer'
import { endWithReader } from '../../closed-pipe.ts'
import { openTokenizer, plainDocuments } from './options.ts'

/** `tokenizer encode --tokenizer FILE [--text TEXT] [--output SHARD] [INPUT …]`. */
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
      output: { type: 'string' },
      'word-starts': { type: 'boolean', default: false },
    },
  })
  if (values.text === undefined && positionals.length === 0) {
    throw new ConfigError('expected --text TEXT or input files')
  }
  const tokenizer = await openTokenizer(values.tokenizer)
  const plain = plainDocuments(values.documents)
  if (values.output !== undefined) {
    if (values.text !== undefined) throw new ConfigError('--output takes input files, not --text')
    return writeShard(values.output, positionals, plain, tokenizer, values['word-starts'])
  }
  endWithReader()
  const show = (text: string): void => {
    const row = describe(tokenizer, text, values['special-tokens'], values.offsets)
    const line = values['ids-only'] ? row.ids : row
    process.stdout.write(`${JSON.stringify(line)}\n`)
  }
  for (const text of values.text ?? []) show(text)
  if (positionals.length === 0) return 0
  for await (const { text } of readTexts(positionals, plain)) show(text)
  return 0
}

async function writeShard(
  path: string,
  inputs: readonly string[],
  plain: PlainDocuments,
  tokenizer: Tokenizer,
  hasWordStarts: boolean,
): Promise<number> {
  mkdirSync(dirname(path), { recursive: true })
  const { vocabSize, hash: tokenizerHash } = tokenizer
  const writer = new EncodedShardWriter(path, { vocabSize, tokenizerHash, hasWordStarts })
  try {
    let tokens = 0
    const texts = readTexts(inputs, plain)
    for await (const document of encodeTexts(texts, tokenizer, hasWordStarts)) {
      writer.add(document)
      tokens += document.ids.length
    }
    const { rows, bytes } = writer.commit()
    process.stdout.write(`${path}: ${rows} documents, ${tokens} tokens, ${bytes} bytes\n`)
    return 0
  } finally {
    writer.close()
  }
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

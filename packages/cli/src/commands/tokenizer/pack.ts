// Packs text shards or encoded shards into token rows for training.
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { ConfigError } from '@shardmill/core/errors'
import { fillOf, packModes } from '@shardmill/tokenizer/pack'
import { packDocuments } from '@shardmill/tokenizer/pack-documents'
import { readTokens } from '@shardmill/tokenizer/token-documents'
import { eosOption, oneOf, openTokenizer } from './options.ts'
import { plainDocuments, tokenOption, wholeNumber } from './options.ts'

/** `tokenizer pack --tokenizer FILE --output SHARD INPUT …`. */
export async function pack(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      tokenizer: { type: 'string' },
      output: { type: 'string' },
      mode: { type: 'string', default: 'bfd' },
      'sequence-length': { type: 'string', default: '1024' },
      'window-tokens': { type: 'string' },
      'word-starts': { type: 'boolean', default: false },
      eos: { type: 'string' },
      bos: { type: 'string' },
      pad: { type: 'string' },
      documents: { type: 'string', default: 'line' },
    },
  })
  if (values.output === undefined) throw new ConfigError('expected --output FILE.arrow')
  if (positionals.length === 0)
    throw new ConfigError('expected text shards, encoded shards or text files to pack')
  const tokenizer = await openTokenizer(values.tokenizer)
  const mode = oneOf('mode', values.mode, packModes)
  const sequenceLength = wholeNumber('sequence-length', values['sequence-length'], 2)
  const window = values['window-tokens']
  mkdirSync(dirname(values.output), { recursive: true })
  const wordStarts = values['word-starts']
  const plain = plainDocuments(values.documents)
  const tokens = readTokens(positionals, tokenizer, wordStarts, plain)
  const { file, statistics } = await packDocuments(tokens, tokenizer, values.output, {
    mode,
    sequenceLength,
    wordStarts,
    eosId: eosOption(tokenizer, values.eos),
    bosId: tokenOption(tokenizer, 'bos', values.bos),
    padId: tokenOption(tokenizer, 'pad', values.pad),
    ...(window !== undefined && { windowTokens: wholeNumber('window-tokens', window, 1) }),
  })
  const { documents, rows, pieces, splitDocuments, paddingTokens } = statistics
  const lines = [
    `${documents} documents, ${statistics.tokens} tokens → ${rows} rows of ${sequenceLength} (${mode})`,
    `fill ${(100 * fillOf(statistics)).toFixed(2)} %, padding ${paddingTokens} tokens`,
    `${pieces} pieces, ${splitDocuments} documents cut, 0 tokens lost`,
    `${file.path}: ${file.bytes} bytes, xxh64 ${file.xxh64}`,
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
  return 0
}

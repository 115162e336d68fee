// Packs the text shards of the run into rows of one length for training: packed/part-*.arrow, one
// shard per text shard. No token is lost; rows hold several documents whose borders are recorded
// (format: tokenizer/src/packed-shard.ts). Cost and memory: tokenizer/src/pack.ts.
import { join } from 'node:path'
import { ConfigError, defineOutput, type Context } from '@shardmill/core'
import { commitFile } from '@shardmill/core/store'
import { loadTokenizer } from '@shardmill/tokenizer/load'
import { fillOf, packModes, type PackStatistics } from '@shardmill/tokenizer/pack'
import { packTexts } from '@shardmill/tokenizer/pack-texts'
import { readTexts, type SourceText } from '@shardmill/tokenizer/text-source'
import { z } from 'zod'

const options = z.strictObject({
  tokenizer: z
    .string()
    .optional()
    .describe(
      "tokenizer.json, .tiktoken, vocab.txt, .model; by default the run's own (train-tokenizer).",
    ),
  sequenceLength: z
    .int()
    .min(8)
    .max(1 << 20)
    .default(1024)
    .describe('Tokens per row.'),
  mode: z
    .enum(packModes)
    .default('bfd')
    .describe(
      '`bfd`: best fit, fewest cuts; `concat`: end to end; `bos-bestfit`: every piece of a row begins with BOS. No mode loses a token.',
    ),
  endToken: z
    .string()
    .optional()
    .describe("Token behind every document; by default the tokenizer's own end token."),
  wordStarts: z
    .boolean()
    .default(false)
    .describe('Record where words begin (segmented for Chinese), for whole-word masking.'),
})

export const pack = defineOutput({
  name: 'pack',
  summary: 'Encodes the text shards and packs the tokens into rows for training.',
  options,
  after: ['train-tokenizer'],
  folder: 'packed',
  files: ({ tokenizer }) => (tokenizer === undefined ? [] : [tokenizer]),
  async run({ tokenizer: path, endToken, ...settings }, { shards, runFolder, target, context }) {
    const file =
      path === undefined ? join(runFolder, 'tokenizer/tokenizer.json') : context.path(path)
    const tokenizer = await openTokenizer(file, path === undefined)
    const eosId = endToken === undefined ? undefined : tokenizer.idOf(endToken)
    if (endToken !== undefined && eosId === undefined) {
      throw new ConfigError(`pack: ${file} has no token \`${endToken}\``)
    }
    const all: PackStatistics[] = []
    for (const [i, shard] of shards.entries()) {
      const name = join(target, `part-${String(i).padStart(5, '0')}.arrow`)
      const texts = beating(readTexts([shard], 'line'), context)
      const { statistics } = await packTexts(texts, tokenizer, name, { ...settings, eosId })
      all.push(statistics)
    }
    commitFile(join(target, 'packing.json'), `${JSON.stringify(summaryOf(all), undefined, 2)}\n`)
  },
})

async function openTokenizer(
  file: string,
  isOwn: boolean,
): Promise<Awaited<ReturnType<typeof loadTokenizer>>> {
  try {
    return await loadTokenizer(file)
  } catch (cause) {
    const hint = isOwn
      ? 'put `train-tokenizer` before `pack`, or name one with `tokenizer:`'
      : undefined
    throw new ConfigError(`pack: cannot load the tokenizer ${file}`, { cause, hint })
  }
}

async function* beating(
  texts: AsyncIterable<SourceText>,
  context: Context,
): AsyncGenerator<SourceText> {
  for await (const text of texts) {
    context.beat()
    context.signal.throwIfAborted()
    yield text
  }
}

function summaryOf(all: readonly PackStatistics[]): Record<string, number> {
  const sum: Record<string, number> = {}
  for (const statistics of all) {
    for (const [name, value] of Object.entries(statistics)) sum[name] = (sum[name] ?? 0) + value
  }
  return { ...sum, fill: fillOf(sum as unknown as PackStatistics) }
}

// Packs the documents of the run into rows of one length for training: packed/part-*.arrow, one shard
// per text shard. Token ids come from `encode` where it stands in front, else texts are encoded here.
// No token is lost; rows hold several documents whose borders are recorded
// (format: tokenizer/src/packed-shard.ts). Cost and memory: tokenizer/src/pack.ts.
import { basename, join } from 'node:path'
import { ConfigError, defineOutput } from '@shardmill/core'
import { commitFile } from '@shardmill/core/store'
import { fillOf, packModes, type PackStatistics } from '@shardmill/tokenizer/pack'
import { packDocuments } from '@shardmill/tokenizer/pack-documents'
import { readTokens } from '@shardmill/tokenizer/token-documents'
import { z } from 'zod'
import { beating, openRunTokenizer, tokenizerOption } from './run-tokenizer.ts'

const options = z.strictObject({
  tokenizer: tokenizerOption,
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
  bosToken: z
    .string()
    .optional()
    .describe("Token in front of every piece with `bos-bestfit`; by default the tokenizer's own."),
  wordStarts: z
    .boolean()
    .default(false)
    .describe('Record where words begin (segmented for Chinese), for whole-word masking.'),
})

export const pack = defineOutput({
  name: 'pack',
  summary: 'Packs the tokens of all documents into rows of one length for training.',
  options,
  after: ['train-tokenizer', 'encode'],
  folder: 'packed',
  files: ({ tokenizer }) => (tokenizer === undefined ? [] : [tokenizer]),
  async run({ tokenizer: path, endToken, bosToken, ...settings }, job) {
    const { file, tokenizer } = await openRunTokenizer('pack', path, job)
    const idOf = (token: string | undefined): number | undefined => {
      const id = token === undefined ? undefined : tokenizer.idOf(token)
      if (token === undefined || id !== undefined) return id
      throw new ConfigError(`pack: ${file} has no token \`${token}\``)
    }
    const roles = { eosId: idOf(endToken), bosId: idOf(bosToken) }
    const encoded = job.made['encode']
    const all: PackStatistics[] = []
    for (const shard of job.shards) {
      const name = basename(shard)
      const input = encoded === undefined ? shard : join(encoded, name)
      const documents = beating(readTokens([input], tokenizer, settings.wordStarts), job)
      const target = join(job.target, name)
      const { statistics } = await packDocuments(documents, tokenizer, target, {
        ...settings,
        ...roles,
      })
      all.push(statistics)
    }
    const summary = summaryOf(all)
    commitFile(join(job.target, 'packing.json'), `${JSON.stringify(summary, undefined, 2)}\n`)
  },
})

function summaryOf(all: readonly PackStatistics[]): Record<string, number> {
  const sum: Record<string, number> = {}
  for (const statistics of all) {
    for (const [name, value] of Object.entries(statistics)) sum[name] = (sum[name] ?? 0) + value
  }
  return { ...sum, fill: fillOf(sum as unknown as PackStatistics) }
}

// Encodes the text shards of the run: encoded/part-*.arrow, one shard per text shard, a row of token
// ids for every document (format: tokenizer/src/encoded-shard.ts). A `pack` behind it takes the ids
// from there, to the same bytes; on its own it is for those who pack elsewhere, or in several ways
// (`tokenizer pack` reads these shards too). Cost: tokenizer/src/tokenizer.ts; word starts segment
// every text, which costs more than encoding it. Memory: one record batch.
import { basename, join } from 'node:path'
import { defineOutput } from '@shardmill/core'
import { commitFile } from '@shardmill/core/store'
import { EncodedShardWriter } from '@shardmill/tokenizer/encoded-shard'
import { encodeTexts } from '@shardmill/tokenizer/token-documents'
import { readTexts } from '@shardmill/tokenizer/text-source'
import { z } from 'zod'
import { beating, openRunTokenizer, tokenizerOption } from './run-tokenizer.ts'

const options = z.strictObject({
  tokenizer: tokenizerOption,
  wordStarts: z
    .boolean()
    .default(false)
    .describe('Record where words begin (segmented for Chinese), for whole-word masking.'),
})

export const encode = defineOutput({
  name: 'encode',
  summary: 'Encodes the text shards: token ids of every document, for `pack` or other packers.',
  options,
  after: ['train-tokenizer'],
  folder: 'encoded',
  files: ({ tokenizer }) => (tokenizer === undefined ? [] : [tokenizer]),
  async run({ tokenizer: path, wordStarts }, job) {
    const { tokenizer } = await openRunTokenizer('encode', path, job)
    const { vocabSize, hash: tokenizerHash } = tokenizer
    let [documents, tokens] = [0, 0]
    for (const shard of job.shards) {
      const writer = new EncodedShardWriter(join(job.target, basename(shard)), {
        vocabSize,
        tokenizerHash,
        hasWordStarts: wordStarts,
      })
      try {
        const encoded = encodeTexts(readTexts([shard]), tokenizer, wordStarts)
        for await (const document of beating(encoded, job)) {
          writer.add(document)
          documents++
          tokens += document.ids.length
        }
        writer.commit()
      } finally {
        writer.close()
      }
    }
    const summary = { documents, tokens, vocabSize, tokenizerHash }
    commitFile(join(job.target, 'encoding.json'), `${JSON.stringify(summary, undefined, 2)}\n`)
  },
})

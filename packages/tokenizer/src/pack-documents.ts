// Documents to a packed shard: put the end-of-document token behind each, pack, write.
import type { WrittenFile } from '@shardmill/core/arrow-file'
import { ConfigError } from '@shardmill/core/errors'
import { Packer, type PackMode, type PackStatistics, type TokenDocument } from './pack.ts'
import { PackedShardWriter } from './packed-shard-writer.ts'
import { specialId } from './special-tokens.ts'
import { withEnd } from './token-documents.ts'
import type { Tokenizer } from './tokenizer.ts'

export interface PackDocumentsOptions {
  readonly mode: PackMode
  readonly sequenceLength: number
  /** Put behind every document; by default the tokenizer's end token, null for none. */
  readonly eosId?: number | null | undefined
  /** In front of every piece, mode `bos-bestfit` only; by default the tokenizer's. */
  readonly bosId?: number | undefined
  /** Fills rows up; by default the tokenizer's padding token, else the end token, else 0. */
  readonly padId?: number | undefined
  /** Keep which tokens begin a word. */
  readonly wordStarts: boolean
  readonly windowTokens?: number
}

/** Packs all documents, ids of `tokenizer`, into one shard; returns the file and what was done. */
export async function packDocuments(
  documents: AsyncIterable<TokenDocument> | Iterable<TokenDocument>,
  tokenizer: Tokenizer,
  path: string,
  options: PackDocumentsOptions,
): Promise<{ file: WrittenFile; statistics: PackStatistics }> {
  const { mode, sequenceLength, windowTokens } = options
  const eosId = options.eosId === null ? undefined : (options.eosId ?? specialId(tokenizer, 'eos'))
  const bosId = mode === 'bos-bestfit' ? (options.bosId ?? specialId(tokenizer, 'bos')) : undefined
  if (mode === 'bos-bestfit' && bosId === undefined) {
    throw new ConfigError('pack: mode `bos-bestfit` needs a BOS token, the tokenizer names none', {
      hint: 'say which: `bosToken` of the stage, --bos of the command',
    })
  }
  const writer = new PackedShardWriter(path, {
    sequenceLength,
    vocabSize: tokenizer.vocabSize,
    tokenizerHash: tokenizer.hash,
    padId: options.padId ?? specialId(tokenizer, 'pad') ?? eosId ?? 0,
    eosId,
    bosId,
    hasWordStarts: options.wordStarts,
  })
  try {
    const packer = new Packer(
      { mode, sequenceLength, bosId, ...(windowTokens !== undefined && { windowTokens }) },
      writer,
    )
    for await (const document of documents) packer.add(withEnd(document, eosId))
    packer.finish()
    return { file: writer.commit(), statistics: packer.statistics }
  } finally {
    writer.close()
  }
}

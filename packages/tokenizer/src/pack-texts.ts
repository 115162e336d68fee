// Texts to a packed shard: encode, add the end-of-document token, mark word starts, pack, write.
import { splitWords } from '@shardmill/core/words'
import { analyseScripts } from '@shardmill/core/script-histogram'
import type { WrittenFile } from '@shardmill/core/arrow-file'
import { Packer, type PackMode, type PackStatistics } from './pack.ts'
import { PackedShardWriter } from './packed-shard-writer.ts'
import { specialId } from './special-tokens.ts'
import type { SourceText } from './text-source.ts'
import type { Tokenizer } from './tokenizer.ts'
import { wordStartsOf } from './word-starts.ts'

export interface PackTextsOptions {
  readonly mode: PackMode
  readonly sequenceLength: number
  /** Put behind every document; by default the tokenizer's end token, null for none. */
  readonly eosId?: number | null | undefined
  /** In front of every piece, mode `bos-bestfit` only; by default the tokenizer's. */
  readonly bosId?: number | undefined
  /** Fills rows up; by default the tokenizer's padding token, else the end token, else 0. */
  readonly padId?: number | undefined
  /** Segment the text and mark tokens that begin a word. */
  readonly wordStarts: boolean
  readonly windowTokens?: number
}

/** Packs all texts into one shard; returns the file and what was done. */
export async function packTexts(
  texts: AsyncIterable<SourceText> | Iterable<SourceText>,
  tokenizer: Tokenizer,
  path: string,
  options: PackTextsOptions,
): Promise<{ file: WrittenFile; statistics: PackStatistics }> {
  const { mode, sequenceLength, windowTokens } = options
  const eosId = options.eosId === null ? undefined : (options.eosId ?? specialId(tokenizer, 'eos'))
  const bosId = mode === 'bos-bestfit' ? (options.bosId ?? specialId(tokenizer, 'bos')) : undefined
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
    const encode = documentEncoder(tokenizer, eosId, options.wordStarts)
    for await (const source of texts) packer.add({ id: source.id, ...encode(source.text) })
    packer.finish()
    return { file: writer.commit(), statistics: packer.statistics }
  } finally {
    writer.close()
  }
}

/** Ids of one document with its end token, and word starts when asked for. */
export function documentEncoder(
  tokenizer: Tokenizer,
  eosId: number | undefined,
  hasWordStarts: boolean,
): (text: string) => { ids: Int32Array; wordStarts: Uint8Array | undefined } {
  // Markup that looks like a special token is text when it comes from a web page.
  const options = { specials: 'text' } as const
  return (text) => {
    if (!hasWordStarts) {
      const ids = withEnd(tokenizer.encode(text, options), eosId)
      return { ids, wordStarts: undefined }
    }
    const encoding = tokenizer.encodeWithOffsets(text, options)
    const starts = wordStartsOf(encoding, splitWords(text, analyseScripts(text)))
    if (eosId === undefined) return { ids: encoding.ids, wordStarts: starts }
    const wordStarts = new Uint8Array(starts.length + 1)
    wordStarts.set(starts)
    wordStarts[starts.length] = 1
    return { ids: withEnd(encoding.ids, eosId), wordStarts }
  }
}

function withEnd(ids: Int32Array, eosId: number | undefined): Int32Array {
  if (eosId === undefined) return ids
  const longer = new Int32Array(ids.length + 1)
  longer.set(ids)
  longer[ids.length] = eosId
  return longer
}

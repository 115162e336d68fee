// Documents as token ids, whatever they come from: texts are encoded, encoded shards are read.
import { InputError } from '@shardmill/core/errors'
import { analyseScripts } from '@shardmill/core/script-histogram'
import { ShardReader } from '@shardmill/core/shard-reader'
import { splitWords } from '@shardmill/core/words'
import { encodedMetadata, isEncodedShard, readEncoded } from './encoded-shard.ts'
import type { TokenDocument } from './pack.ts'
import { listTextFiles, readTexts, type PlainDocuments, type SourceText } from './text-source.ts'
import type { Tokenizer } from './tokenizer.ts'
import { wordStartsOf } from './word-starts.ts'

/** All documents of files and folders in order. Throws `InputError`. */
export async function* readTokens(
  paths: readonly string[],
  tokenizer: Tokenizer,
  hasWordStarts: boolean,
  plainDocuments: PlainDocuments = 'line',
): AsyncGenerator<TokenDocument> {
  for (const file of listTextFiles(paths)) {
    const reader = file.endsWith('.arrow') ? await ShardReader.open(file) : undefined
    try {
      if (reader && isEncodedShard(reader)) {
        checkShard(reader, tokenizer, hasWordStarts)
        yield* readEncoded(reader)
        continue
      }
    } finally {
      await reader?.close()
    }
    yield* encodeTexts(readTexts([file], plainDocuments), tokenizer, hasWordStarts)
  }
}

/** Encodes texts, without a token around them. */
export async function* encodeTexts(
  texts: AsyncIterable<SourceText> | Iterable<SourceText>,
  tokenizer: Tokenizer,
  hasWordStarts: boolean,
): AsyncGenerator<TokenDocument> {
  const encode = documentEncoder(tokenizer, hasWordStarts)
  for await (const { id, text } of texts) yield { id, ...encode(text) }
}

/** Ids of one document, and word starts when asked for. */
export function documentEncoder(
  tokenizer: Tokenizer,
  hasWordStarts: boolean,
): (text: string) => Omit<TokenDocument, 'id'> {
  // Markup that looks like a special token is text when it comes from a web page.
  const options = { specials: 'text' } as const
  if (!hasWordStarts) return (text) => ({ ids: tokenizer.encode(text, options) })
  return (text) => {
    const encoding = tokenizer.encodeWithOffsets(text, options)
    const wordStarts = wordStartsOf(encoding, splitWords(text, analyseScripts(text)))
    return { ids: encoding.ids, wordStarts }
  }
}

/** The document with a token behind it, which is a word of its own. */
export function withEnd(document: TokenDocument, endId: number | undefined): TokenDocument {
  if (endId === undefined) return document
  const { id, ids, wordStarts } = document
  const longer = new Int32Array(ids.length + 1)
  longer.set(ids)
  longer[ids.length] = endId
  if (!wordStarts) return { id, ids: longer }
  const flags = new Uint8Array(longer.length)
  flags.set(wordStarts)
  flags[ids.length] = 1
  return { id, ids: longer, wordStarts: flags }
}

function checkShard(reader: ShardReader, tokenizer: Tokenizer, hasWordStarts: boolean): void {
  const metadata = encodedMetadata(reader)
  if (metadata.tokenizerHash !== tokenizer.hash) {
    throw new InputError(
      `${reader.path}: encoded by another tokenizer (hash ${metadata.tokenizerHash}, ` +
        `expected ${tokenizer.hash})`,
      { hint: 'name the tokenizer it was encoded with, or encode the texts anew' },
    )
  }
  if (hasWordStarts && !metadata.hasWordStarts) {
    throw new InputError(`${reader.path}: has no word starts`, {
      hint: 'encode with word starts too (`encode: { wordStarts: true }`, --word-starts)',
    })
  }
}

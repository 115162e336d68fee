// Plain text and Markdown files: one document per file, or one per line, per paragraph (between
// blank lines), or from each line that begins with `documentPrefix` to the next. Charsets as for
// web pages (UTF-8, marks, GB18030, …). Plain, .gz, .zst or .bz2.
// Memory: one document, at most `maxRecordBytes`; cut files are read line by line.
import { Document } from '@shardmill/core/document'
import { z } from 'zod'
import { decodeBytes } from '../extract/decode.ts'
import { Batcher } from './batches.ts'
import { openDecoded, type DecodedSource } from './decoded-source.ts'
import { FileBytes } from './file-bytes.ts'
import type { Format, ReadItem } from './format.ts'
import { formatEndings } from './format-of.ts'
import { readLineBlocks } from './line-blocks.ts'
import { relativeName, urlOf } from './whole-file.ts'

const textOptions = z.strictObject({
  splitOn: z.enum(['file', 'blank-line', 'line']).default('file').describe('What a document is.'),
  documentPrefix: z
    .string()
    .min(1)
    .optional()
    .describe("A line that begins with this begins a document: '# Title:'. Overrides `splitOn`."),
  baseUrl: z
    .url()
    .optional()
    .describe(
      'URL of the folder that relative paths start from; without it the URL is `file:<path>`.',
    ),
  maxRecordBytes: z
    .int()
    .min(1024)
    .default(32_000_000)
    .describe('Larger documents are skipped as `too-large`.'),
})

export type TextOptions = z.infer<typeof textOptions>

export const text: Format<TextOptions> = {
  name: 'text',
  summary: 'Plain text and Markdown files, one document per file, paragraph or line.',
  extensions: formatEndings['text'] ?? [],
  options: textOptions,
  isSplittable: () => false,
  async *read({ path }, options, context) {
    const file = new FileBytes(path)
    try {
      const source = await openDecoded(file)
      const name = relativeName(path, context)
      const url = urlOf(name, options.baseUrl)
      const batcher = new Batcher()
      for await (const piece of pieces(source, options)) {
        context.beat()
        const id = piece.position < 0 ? name : `${name}:${piece.position}`
        const where = `${path}:${Math.max(0, piece.position)}`
        const item = itemOf(piece.bytes, id, url, where)
        if (item !== undefined && batcher.add(item, piece.bytes?.length ?? 0)) yield batcher.take()
      }
      if (source.problem !== undefined) batcher.add({ skipped: source.problem, where: path }, 0)
      if (!batcher.isEmpty) yield batcher.take()
    } finally {
      file.close()
    }
  },
}

function itemOf(
  bytes: Buffer | undefined,
  id: string,
  url: string,
  where: string,
): ReadItem | undefined {
  if (bytes === undefined) return { skipped: 'too-large', where }
  const decoded = decodeBytes(bytes, 'text/plain').html.replace(/^\ufeff/, '')
  if (decoded.trim() === '') return undefined
  return new Document({ id, url, text: decoded })
}

interface Piece {
  /** Undefined when too large. */
  readonly bytes: Buffer | undefined
  /** Offset in the decoded file, or -1 for the whole of it. */
  readonly position: number
}

async function* pieces(source: DecodedSource, options: TextOptions): AsyncGenerator<Piece> {
  const { maxRecordBytes } = options
  const prefix =
    options.documentPrefix === undefined ? undefined : Buffer.from(options.documentPrefix)
  if (prefix === undefined && options.splitOn === 'file') {
    yield { bytes: await wholeOf(source, maxRecordBytes), position: -1 }
    return
  }
  let held: Buffer[] = []
  let heldBytes = 0
  let position = 0
  const take = (): Piece => {
    const isTooLarge = heldBytes > maxRecordBytes
    const piece = { bytes: isTooLarge ? undefined : Buffer.concat(held), position }
    position += heldBytes
    held = []
    heldBytes = 0
    return piece
  }
  for await (const block of readLineBlocks(source, 0, maxRecordBytes)) {
    if (block.bytes === undefined) {
      if (heldBytes > 0) yield take()
      yield { bytes: undefined, position: block.position }
      continue
    }
    for (let from = 0; from < block.bytes.length;) {
      const found = block.bytes.indexOf(10, from)
      const line = block.bytes.subarray(from, found < 0 ? block.bytes.length : found + 1)
      if (heldBytes === 0) position = block.position + from
      from += line.length
      const isBlank = line.length <= 2 && line.toString('latin1').trim() === ''
      if (prefix !== undefined && heldBytes > 0 && line.subarray(0, prefix.length).equals(prefix)) {
        yield take()
      }
      if (heldBytes <= maxRecordBytes) held.push(line)
      else held = []
      heldBytes += line.length
      const isEnd = prefix === undefined && (options.splitOn === 'line' || isBlank)
      if (isEnd) yield take()
    }
    // The lines are views of the block; what goes on is copied, so that the block can go.
    if (held.length > 0) held = [Buffer.concat(held)]
  }
  if (heldBytes > 0) yield take()
}

async function wholeOf(source: DecodedSource, maxBytes: number): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for (;;) {
    const chunk = await source.pull()
    if (chunk === undefined) return Buffer.concat(chunks)
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > maxBytes) return undefined
  }
}

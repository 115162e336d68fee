// JSON lines, one document per line; plain, .gz, .zst or .bz2. Plain files are split at line ends.
//
// The fastest input there is and the baseline of the filter benchmark: 1 MiB reads, one search for
// the line end, one UTF-8 decoding and one JSON.parse per line, nothing awaited in between.
import { InputError } from '@shardmill/core/errors'
import { z } from 'zod'
import { Batcher } from './batches.ts'
import { compressionOf, openDecoded } from './decoded-source.ts'
import { FileBytes, type ByteSource } from './file-bytes.ts'
import type { Format, ReadItem } from './format.ts'
import { formatEndings } from './format-of.ts'
import { readLineBlocks } from './line-blocks.ts'
import { createRowReader, rowId, rowOptions, type Row, type RowReader } from './row-document.ts'

const jsonlOptions = z.strictObject({
  ...rowOptions,
  maxRecordBytes: z
    .int()
    .min(1024)
    .default(32_000_000)
    .describe('Longer lines are skipped as `too-large`.'),
})

export type JsonlOptions = z.infer<typeof jsonlOptions>

export const jsonl: Format<JsonlOptions> = {
  name: 'jsonl',
  summary: 'JSON lines, one document per line; plain, gzip, zstd or bzip2.',
  extensions: formatEndings['jsonl'] ?? [],
  options: jsonlOptions,
  isSplittable(path) {
    const file = new FileBytes(path)
    try {
      return compressionOf(file) === 'none'
    } finally {
      file.close()
    }
  },
  async *read(segment, options, context) {
    const file = new FileBytes(segment.path)
    try {
      refuseArray(file)
      const isPlain = compressionOf(file) === 'none'
      const decoded = isPlain ? undefined : await openDecoded(file)
      let start = 0
      if (isPlain) {
        start = lineStart(file, segment.start, segment.end)
        if (start >= segment.end) return
        file.seek(start)
      }
      const source: ByteSource = decoded ?? file
      // Compressed files come whole: positions in them are those of the decoded lines.
      const end = isPlain ? segment.end : Infinity
      const reader = createRowReader(options)
      const batcher = new Batcher()
      for await (const { bytes, position } of readLineBlocks(
        source,
        start,
        options.maxRecordBytes,
      )) {
        if (position >= end) break
        context.beat()
        if (bytes === undefined) {
          const where = `${segment.path}:${position}`
          if (batcher.add({ skipped: 'too-large', where }, 0)) yield batcher.take()
          continue
        }
        let from = 0
        while (from < bytes.length && position + from < end) {
          const next = nextLineEnd(bytes, from)
          const item = lineItem(bytes, from, next, reader, options.maxRecordBytes)
          const isFull =
            item !== undefined &&
            batcher.add(
              typeof item === 'string'
                ? { skipped: item, where: `${segment.path}:${position + from}` }
                : item,
              next - from,
            )
          from = next + 1
          if (isFull) yield batcher.take()
        }
      }
      const problem = decoded?.problem
      if (problem !== undefined) batcher.add({ skipped: problem, where: segment.path }, 0)
      if (!batcher.isEmpty) yield batcher.take()
    } finally {
      file.close()
    }
  },
}

function nextLineEnd(bytes: Buffer, from: number): number {
  const end = bytes.indexOf(10, from)
  return end < 0 ? bytes.length : end
}

/** The document of one line, a reason to skip it, or undefined for a blank line. */
function lineItem(
  bytes: Buffer,
  from: number,
  to: number,
  reader: RowReader,
  maxBytes: number,
): Exclude<ReadItem, { skipped: string }> | string | undefined {
  if (to - from > maxBytes) return 'too-large'
  let line = bytes.toString('utf8', from, to)
  if (line.charCodeAt(0) === 0xfeff) line = line.slice(1)
  let row: unknown
  try {
    row = JSON.parse(line)
  } catch {
    return line.trim() === '' ? undefined : 'bad-json'
  }
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return 'not-an-object'
  return reader(row as Row, () => rowId(line.trim()))
}

/** Offset of the first line that begins at or behind `start` (or `end`, when there is none). */
function lineStart(file: FileBytes, start: number, end: number): number {
  if (start <= 0) return 0
  const stepBytes = 1 << 16
  for (let at = start - 1; at < end; at += stepBytes) {
    const found = file.read(at, stepBytes).indexOf(10)
    if (found >= 0) return at + found + 1
  }
  return end
}

/** A JSON array is not JSON lines; every line of it would be bad. */
function refuseArray(file: FileBytes): void {
  const head = file.read(0, 256).toString('utf8').trimStart()
  if (!head.startsWith('[')) return
  throw new InputError(`${file.path}: expected one JSON object per line, got a JSON array`, {
    hint: 'write one object per line, for example with `jq -c .[]`',
  })
}

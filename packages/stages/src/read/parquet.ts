// Parquet by hyparquet, one document per row, split by row group. A row group belongs to the
// segment in which its first column begins.
// Memory: one row group, decoded. Cost: decompression and one object per row.
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { InputError, messageOf } from '@shardmill/core/errors'
import {
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
  type AsyncBuffer,
  type FileMetaData,
} from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { z } from 'zod'
import { Batcher } from './batches.ts'
import { FileBytes } from './file-bytes.ts'
import type { Format } from './format.ts'
import { formatEndings } from './format-of.ts'
import { createRowReader, rowFields, rowIdOf, rowOptions, type Row } from './row-document.ts'

const parquetOptions = z.strictObject(rowOptions)

export type ParquetOptions = z.infer<typeof parquetOptions>

/** Node's own decoders are several times faster than those in JavaScript. */
const codecs = {
  ...compressors,
  GZIP: (input: Uint8Array) => gunzipSync(input),
  BROTLI: (input: Uint8Array) => brotliDecompressSync(input),
}

export const parquet: Format<ParquetOptions> = {
  name: 'parquet',
  summary: 'Parquet, one document per row; split by row group.',
  extensions: formatEndings['parquet'] ?? [],
  options: parquetOptions,
  isSplittable: () => true,
  async *read(segment, options, context) {
    const { path } = segment
    const file = new FileBytes(path)
    try {
      const buffer: AsyncBuffer = {
        byteLength: file.size,
        slice(start, end = file.size) {
          const bytes = file.read(start, end - start)
          return bytes.buffer.slice(
            bytes.byteOffset,
            bytes.byteOffset + bytes.length,
          ) as ArrayBuffer
        },
      }
      const metadata = await parquetMetadataAsync(buffer).catch((cause: unknown) => {
        throw new InputError(`${path}: not a readable Parquet file: ${messageOf(cause)}`, { cause })
      })
      const reader = createRowReader(options)
      const known = parquetSchema(metadata).children.map((child) => child.element.name)
      const wanted = rowFields(options)
      const columns = wanted === undefined ? known : known.filter((name) => wanted.has(name))
      const batcher = new Batcher()
      for (const group of rowGroups(metadata)) {
        if (group.start < segment.start || group.start >= segment.end) continue
        context.beat()
        let rows: Row[] = []
        try {
          const { rowStart, rowEnd } = group
          rows = await parquetReadObjects({
            file: buffer,
            metadata,
            columns,
            rowStart,
            rowEnd,
            compressors: codecs,
          })
        } catch (error) {
          const where = `${path}:${group.start}: ${messageOf(error)}`
          batcher.add({ skipped: 'bad-row-group', where }, 0)
        }
        for (const [at, row] of rows.entries()) {
          const item = reader(row, () => rowIdOf(row))
          const where = `${path}: row ${group.rowStart + at}`
          const bytes = typeof item === 'string' ? 0 : item.text.length
          if (batcher.add(typeof item === 'string' ? { skipped: item, where } : item, bytes)) {
            yield batcher.take()
            context.beat()
          }
        }
      }
      if (!batcher.isEmpty) yield batcher.take()
    } finally {
      file.close()
    }
  },
}

interface RowGroupRange {
  /** Offset of the group's first byte in the file. */
  readonly start: number
  readonly rowStart: number
  readonly rowEnd: number
}

function rowGroups(metadata: FileMetaData): RowGroupRange[] {
  let rowStart = 0
  return metadata.row_groups.map((group) => {
    const starts = group.columns.flatMap(({ meta_data: column }) => {
      if (column === undefined) return []
      return [Number(column.dictionary_page_offset || column.data_page_offset)]
    })
    const rowEnd = rowStart + Number(group.num_rows)
    const range = { start: Math.min(...starts), rowStart, rowEnd }
    rowStart = rowEnd
    return range
  })
}

// Arrow IPC files and streams, one document per row. Reads our own text shards back, Hugging Face
// datasets (streams), and anything with a text column.
//
// Files are split by record batch: batch i of n counts as lying at i/n of the file, which gives
// every batch to exactly one segment without reading the others. Streams are read whole.
// Memory: one record batch. Compressed buffers are not read: apache-arrow 21.2 has no codecs.
import { open, type FileHandle } from 'node:fs/promises'
import { InputError, messageOf, PipelineError } from '@shardmill/core/errors'
import { RecordBatchReader, type RecordBatch, type Vector } from 'apache-arrow'
import { z } from 'zod'
import { Batcher } from './batches.ts'
import { FileBytes } from './file-bytes.ts'
import type { Format, Segment } from './format.ts'
import { formatEndings } from './format-of.ts'
import { createRowReader, rowFields, rowIdOf, rowOptions } from './row-document.ts'

const arrowOptions = z.strictObject(rowOptions)

export type ArrowOptions = z.infer<typeof arrowOptions>

export const arrow: Format<ArrowOptions> = {
  name: 'arrow',
  summary: 'Arrow IPC files (split by record batch) and streams, one document per row.',
  extensions: formatEndings['arrow'] ?? [],
  options: arrowOptions,
  isSplittable(path) {
    const file = new FileBytes(path)
    try {
      return file.read(0, 6).toString('latin1') === 'ARROW1'
    } finally {
      file.close()
    }
  },
  async *read(segment, options, context) {
    const { path } = segment
    new FileBytes(path).close() // a clear error when it cannot be opened
    const handle = await open(path, 'r')
    try {
      const reader = createRowReader(options)
      const wanted = rowFields(options)
      const batcher = new Batcher()
      let row = 0
      for await (const batch of recordBatches(handle, segment)) {
        context.beat()
        const columns = batch.schema.fields.flatMap((field): [string, Vector][] => {
          const column = batch.getChild(field.name)
          return column === null || wanted?.has(field.name) === false ? [] : [[field.name, column]]
        })
        for (let at = 0; at < batch.numRows; at++) {
          const fields: Record<string, unknown> = {}
          for (const [name, column] of columns) fields[name] = column.get(at)
          const item = reader(fields, () => rowIdOf(fields))
          const where = `${path}: row ${row++}`
          const bytes = typeof item === 'string' ? 0 : item.text.length
          if (batcher.add(typeof item === 'string' ? { skipped: item, where } : item, bytes)) {
            yield batcher.take()
          }
        }
      }
      if (!batcher.isEmpty) yield batcher.take()
    } catch (cause) {
      if (cause instanceof PipelineError) throw cause
      throw new InputError(`${path}: not a readable Arrow file: ${messageOf(cause)}`, {
        cause,
        hint: 'only uncompressed Arrow IPC (files and streams) can be read',
      })
    } finally {
      await handle.close()
    }
  },
}

/** The record batches of a segment. */
async function* recordBatches(handle: FileHandle, segment: Segment): AsyncGenerator<RecordBatch> {
  const reader = await RecordBatchReader.from(handle)
  await reader.open()
  if (!reader.isFile()) {
    yield* reader
    return
  }
  const count = reader.numRecordBatches
  for (let index = 0; index < count; index++) {
    const position = Math.floor((segment.fileBytes * index) / count)
    if (position < segment.start || position >= segment.end) continue
    const batch = await reader.readRecordBatch(index)
    if (batch !== null) yield batch
  }
}

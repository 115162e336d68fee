// CSV and TSV (RFC 4180: quotes, embedded line ends) by csv-parse, one document per record; plain,
// .gz, .zst or .bz2. Not split: a quote decides what a line end means, from the file's start on.
//
// A record that does not fit the header or breaks the quoting is skipped as `bad-csv`.
// Memory: one block and one record. Cost: about 30 MB/s.
import { messageOf } from '@shardmill/core/errors'
import { parse } from 'csv-parse'
import { z } from 'zod'
import { Batcher } from './batches.ts'
import { openDecoded } from './decoded-source.ts'
import { FileBytes } from './file-bytes.ts'
import { isDocument, type Format, type ReadItem } from './format.ts'
import { formatEndings } from './format-of.ts'
import { createRowReader, rowIdOf, rowOptions, type Row } from './row-document.ts'

const csvOptions = z.strictObject({
  ...rowOptions,
  delimiter: z
    .string()
    .min(1)
    .optional()
    .describe('Between fields; by default a comma, in a .tsv file a tab.'),
  quote: z.string().max(1).default('"').describe("Around fields; '' turns quoting off."),
  columns: z
    .array(z.string().min(1))
    .optional()
    .describe('Names of the columns, for files whose first record is not a header.'),
  maxRecordBytes: z
    .int()
    .min(1024)
    .default(32_000_000)
    .describe('A longer record ends reading of the file: it is usually an open quote.'),
})

export type CsvOptions = z.infer<typeof csvOptions>

export const csv: Format<CsvOptions> = {
  name: 'csv',
  summary: 'CSV and TSV, one document per record; plain, gzip, zstd or bzip2.',
  extensions: formatEndings['csv'] ?? [],
  options: csvOptions,
  isSplittable: () => false,
  async *read({ path }, options, context) {
    const file = new FileBytes(path)
    try {
      const source = await openDecoded(file)
      const reader = createRowReader(options)
      const batcher = new Batcher()
      const skipped: string[] = []
      const parser = parse({
        bom: true,
        columns: options.columns ?? true,
        delimiter: options.delimiter ?? (/\.tsv(\.\w+)?$/i.test(path) ? '\t' : ','),
        quote: options.quote === '' ? null : options.quote,
        relax_quotes: true,
        skip_empty_lines: true,
        skip_records_with_error: true,
        max_record_size: options.maxRecordBytes,
        info: true,
        on_skip: (error) => void skipped.push(`${path}: ${messageOf(error)}`),
      })
      const failures: unknown[] = []
      const closed = new Promise<void>((resolve) => parser.once('close', resolve))
      parser.on('error', (error) => void failures.push(error))
      function* parsedItems(): Generator<ReadItem> {
        for (;;) {
          const parsed = parser.read() as { record: Row; info: { lines: number } } | null
          if (parsed === null) return
          const item = reader(parsed.record, () => rowIdOf(parsed.record))
          const where = `${path}: line ${parsed.info.lines}`
          yield typeof item === 'string' ? { skipped: item, where } : item
        }
      }
      for (let isEnd = false; !isEnd && failures.length === 0;) {
        const chunk = await source.pull()
        isEnd = chunk === undefined
        context.beat()
        const written = new Promise<void>((resolve) => {
          if (chunk === undefined) parser.end(() => resolve())
          else parser.write(Buffer.from(chunk), () => resolve())
        })
        // Reading is what lets a write come to its end; what is parsed later is read afterwards.
        for (const wait of [undefined, Promise.race([written, closed])]) {
          await wait
          for (const item of parsedItems()) {
            if (batcher.add(item, isDocument(item) ? item.text.length : 0)) yield batcher.take()
          }
        }
        for (const where of skipped.splice(0)) batcher.add({ skipped: 'bad-csv', where }, 0)
      }
      for (const failure of failures) {
        batcher.add({ skipped: 'bad-csv', where: `${path}: ${messageOf(failure)}` }, 0)
      }
      if (source.problem !== undefined) batcher.add({ skipped: source.problem, where: path }, 0)
      if (!batcher.isEmpty) yield batcher.take()
    } finally {
      file.close()
    }
  },
}

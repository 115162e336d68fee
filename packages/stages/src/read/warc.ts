// Web archives: WARC 0.17 to 1.1 (ISO 28500) and ARC 1 and 2, plain, gzip by record, gzip as a
// whole or by blocks. One document per `response`, `resource` or `conversion` (WET) record; all
// else is skipped and counted by reason: `revisit`, `not-a-document:request`, `http-status:404`,
// `mime:image/png`, `too-large`, and for damage `cut-record`, `no-record-header` and so on.
//
// Differs from warcio: a wrong Content-Length is recognised by what lies behind the block, reading
// goes on behind any damage, and a file can be entered at any byte (archive-entry.ts).
// Memory: twice `maxRecordBytes` at worst, usually 4 MB. Cost: inflating; see docs/log.md.
import { z } from 'zod'
import { beginsWithHeader, findPlainRecord, sniffArchive } from './archive-entry.ts'
import { readRecords, type RecordWishes } from './archive-records.ts'
import { Batcher } from './batches.ts'
import { ByteWindow } from './byte-window.ts'
import { FileBytes } from './file-bytes.ts'
import type { Format, Segment } from './format.ts'
import { formatEndings } from './format-of.ts'
import { findUnit, GzipMembers } from './gzip-members.ts'
import { isDocumentType, recordItem, type SizedItem } from './warc-document.ts'

const warcOptions = z.strictObject({
  maxRecordBytes: z
    .int()
    .min(1024)
    .default(32_000_000)
    .describe('Larger records, and pages that inflate to more, are skipped as `too-large`.'),
  anyStatus: z
    .boolean()
    .default(false)
    .describe('Keep pages whatever the HTTP status; otherwise only 2xx.'),
  mediaTypes: z
    .array(z.string())
    .default(['text/html', 'application/xhtml+xml', 'text/plain', 'text/markdown'])
    .describe('Media types that become documents. A page without a type is sniffed.'),
})

export type WarcOptions = z.infer<typeof warcOptions>

export const warc: Format<WarcOptions> = {
  name: 'warc',
  summary: 'Web archives: WARC and ARC, plain or gzip; WET text.',
  extensions: formatEndings['warc'] ?? [],
  options: warcOptions,
  isSplittable: () => true,
  async *read(segment, options, context) {
    const file = new FileBytes(segment.path)
    try {
      const batcher = new Batcher()
      for await (const [item, bytes] of readItems(file, segment, options)) {
        context.beat()
        if (batcher.add(item, bytes)) yield batcher.take()
      }
      if (!batcher.isEmpty) yield batcher.take()
    } finally {
      file.close()
    }
  },
}

async function* readItems(
  file: FileBytes,
  segment: Segment,
  options: WarcOptions,
): AsyncGenerator<SizedItem> {
  if (file.size === 0) return
  const { kind, isGzip } = await sniffArchive(file)
  const wishes: RecordWishes = {
    kind,
    maxRecordBytes: options.maxRecordBytes,
    wants: (header) => isDocumentType(header.type),
  }
  if (!isGzip) {
    const begin = await findPlainRecord(file, segment.start, segment.end, wishes)
    if (begin === undefined) return
    file.seek(begin)
    const window = new ByteWindow(file, begin)
    for await (const record of readRecords(window, wishes)) {
      if (record.position >= segment.end) return
      const where = `${segment.path}:${record.position}`
      yield recordItem(record, where, options, 'cut')
    }
    return
  }
  const startsRecord = (content: Buffer) => beginsWithHeader(kind, content)
  const begin = await findUnit(file, segment.start, segment.end, startsRecord)
  if (begin === undefined) return
  const units = new GzipMembers(file, begin, startsRecord)
  while ((await units.nextUnit()) && units.unitStart < segment.end) {
    const where = `${segment.path}:${units.unitStart}`
    const window = new ByteWindow(units)
    for await (const record of readRecords(window, wishes)) {
      const { problem } = units
      const end =
        problem === undefined ? 'member-end' : problem === 'cut-member' ? 'cut' : 'damaged'
      yield recordItem(record, where, options, end)
    }
    if (units.problem !== undefined) {
      yield [{ skipped: units.problem, where: `${segment.path}:${units.problemAt}` }, 0]
    }
  }
}

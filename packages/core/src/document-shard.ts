// Documents as shard rows and back. Three row kinds share one order of columns: a text shard (what
// users read), a dropped or quarantined row (text columns, then why), and a work row between two
// phases (text columns, then the undecoded payload).
import { Document, type MetaValue } from './document.ts'
import type { Columns } from './columns.ts'
import type { ShardBatch } from './shard-reader.ts'
import type { ShardWriter } from './shard-writer.ts'

/** Columns of `text/part-*.arrow`. */
export const textColumns = {
  id: 'utf8',
  url: 'utf8',
  text: 'utf8',
  lang: 'utf8',
  lang_score: 'f32',
  quality: 'f32',
  meta: 'utf8',
} as const satisfies Columns

/** Columns of `dropped/<stage>/part-*.arrow`. */
export const droppedColumns = { ...textColumns, reason: 'utf8' } as const satisfies Columns

/** Columns of `quarantine/part-*.arrow`: the payload is kept so that the document can be studied. */
export const quarantineColumns = {
  ...textColumns,
  stage: 'utf8',
  error: 'utf8',
  content: 'binary',
  content_type: 'utf8',
} as const satisfies Columns

/** Columns of the rows between two phases. */
export const workColumns = {
  ...textColumns,
  content: 'binary',
  content_type: 'utf8',
} as const satisfies Columns

const noBytes = new Uint8Array(0)

/** Appends the text columns of a document; the caller adds its own columns and ends the row. */
function pushText(writer: ShardWriter, document: Document): void {
  writer.bytes(0).pushText(document.id)
  writer.bytes(1).pushText(document.url)
  writer.bytes(2).pushText(document.text)
  writer.bytes(3).pushText(document.lang)
  writer.number(4).push(document.langScore)
  writer.number(5).push(document.quality)
  writer.bytes(6).pushText(metaToJson(document.meta))
}

export function writeWorkRow(writer: ShardWriter, document: Document): void {
  pushText(writer, document)
  writer.bytes(7).pushBytes(document.content ?? noBytes)
  writer.bytes(8).pushText(document.contentType)
  writer.endRow()
}

export function writeDroppedRow(writer: ShardWriter, document: Document): void {
  pushText(writer, document)
  writer.bytes(7).pushText(document.dropped?.reason ?? '')
  writer.endRow()
}

export function writeQuarantineRow(writer: ShardWriter, document: Document): void {
  pushText(writer, document)
  writer.bytes(7).pushText(document.quarantined?.stage ?? '')
  writer.bytes(8).pushText(document.quarantined?.error ?? '')
  writer.bytes(9).pushBytes(document.content ?? noBytes)
  writer.bytes(10).pushText(document.contentType)
  writer.endRow()
}

/** The documents of one batch of work rows or text rows. */
export function readDocuments(batch: ShardBatch): Document[] {
  const column = (name: string) => batch.bytes(name)
  const [ids, urls, texts, langs, metas] = ['id', 'url', 'text', 'lang', 'meta'].map(column)
  const [contents, contentTypes] = ['content', 'content_type'].map(column)
  const scores = batch.numbers('lang_score')
  const qualities = batch.numbers('quality')
  const documents: Document[] = []
  for (let row = 0; row < batch.rows; row++) {
    const content = contents?.slice(row)
    documents.push(
      new Document({
        id: ids?.text(row) ?? '',
        url: urls?.text(row) ?? '',
        text: texts?.text(row) ?? '',
        lang: langs?.text(row) ?? '',
        langScore: scores?.[row] ?? 0,
        quality: qualities?.[row] ?? 0,
        content: content && content.length > 0 ? content : undefined,
        contentType: contentTypes?.text(row) ?? '',
        meta: metas ? metaFromJson(metas.text(row)) : {},
      }),
    )
  }
  return documents
}

/** JSON with sorted keys, so that equal metadata is equal bytes. */
export function metaToJson(meta: Readonly<Record<string, MetaValue>>): string {
  const keys = Object.keys(meta)
  if (keys.length === 0) return '{}'
  return JSON.stringify(meta, keys.toSorted())
}

function metaFromJson(json: string): Record<string, MetaValue> {
  return json === '{}' || json === '' ? {} : (JSON.parse(json) as Record<string, MetaValue>)
}

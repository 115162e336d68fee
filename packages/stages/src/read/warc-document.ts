// One archive record to one document, or to the reason why it is none.
import { Document, type MetaValue } from '@shardmill/core/document'
import { createHash } from '@shardmill/core/hash'
import type { RecordHeader } from './archive-header.ts'
import type { ArchiveRecord } from './archive-records.ts'
import { isDocument, type ReadItem } from './format.ts'
import { decodeBody, parseHttpResponse, type HttpMessage } from './http-message.ts'
import { mediaType, sniffMediaType } from './media-type.ts'

export interface DocumentOptions {
  readonly maxRecordBytes: number
  readonly anyStatus: boolean
  readonly mediaTypes: readonly string[]
}

export type SizedItem = readonly [item: ReadItem, bytes: number]

/** Whether records of this type can become documents. */
export function isDocumentType(type: string): boolean {
  return type === 'response' || type === 'resource' || type === 'conversion'
}

/** How the stream of a record ended, in case its block is shorter than declared. */
export type StreamEnd = 'member-end' | 'cut' | 'damaged'

/**
 * The item of a record. A block shorter than declared is whole where a gzip member ends with it (the
 * length was wrong), a truncated page where the file ends, and worthless where a member is damaged.
 */
export function recordItem(
  record: ArchiveRecord,
  where: string,
  options: DocumentOptions,
  end: StreamEnd,
): SizedItem {
  const { header, block } = record
  const skip = (skipped: string): SizedItem => [{ skipped, where }, 0]
  const isShort = record.problem === 'cut-record' && block !== undefined && end !== 'damaged'
  const problem = isShort ? undefined : record.problem
  if (header === undefined || problem === 'bad-record-length') return skip(problem ?? 'bad-record')
  if (!isDocumentType(header.type)) {
    const type = /^[a-z-]{1,20}$/.test(header.type) ? header.type : 'unknown'
    return skip(type === 'revisit' ? type : `not-a-document:${type}`)
  }
  if (problem !== undefined || block === undefined) return skip(problem ?? 'cut-record')
  // Crawlers store their own logs and look-ups as records with such URLs.
  const scheme = /^(?:dns|metadata|warcinfo|filedesc)(?=:)/i.exec(header.url)?.[0].toLowerCase()
  if (scheme !== undefined) return skip(`not-a-document:${scheme}`)
  const item = blockItem(header, block, skip, options)
  return isShort && end === 'cut' ? markCut(item) : item
}

type Skip = (reason: string) => SizedItem

function blockItem(
  header: RecordHeader,
  block: Buffer,
  skip: Skip,
  options: DocumentOptions,
): SizedItem {
  if (header.type === 'conversion') return conversionItem(header, block, skip, options)
  const message = isHttp(header, block) ? parseHttpResponse(block) : undefined
  if (message !== undefined) return responseItem(header, message, skip, options)
  if (/^application\/http\b/i.test(header.contentType)) return skip('bad-http-header')
  const sniffed = sniffMediaType(block)
  // Over HTTP without a status line: another protocol, unless it is plainly a page.
  const isWeb = header.type === 'response' && /^https?:/i.test(header.url)
  if (isWeb && sniffed !== 'text/html') return skip('bad-http-header')
  const type = mediaType(header.contentType) || sniffed
  if (!options.mediaTypes.includes(type)) return skip(`mime:${type}`)
  return payloadItem(header, block, header.contentType || type, {}, skip)
}

/** WARC says so by its Content-Type, or says nothing; ARC never does. */
function isHttp(header: RecordHeader, block: Buffer): boolean {
  if (header.type === 'resource') return false
  if (/^application\/http\b/i.test(header.contentType)) return true
  return /^(?:HTTP|ICY)\b/i.test(block.toString('latin1', 0, 8))
}

function responseItem(
  header: RecordHeader,
  message: HttpMessage,
  skip: Skip,
  options: DocumentOptions,
): SizedItem {
  const { status, fields } = message
  if (!options.anyStatus && (status < 200 || status > 299)) return skip(`http-status:${status}`)
  const sentType = fields.get('content-type') ?? ''
  const known = mediaType(sentType)
  if (known !== '' && !options.mediaTypes.includes(known)) return skip(`mime:${known}`)
  const { content, problem } = decodeBody(message, options.maxRecordBytes)
  if (problem !== undefined) return skip(problem)
  const type = known || sniffMediaType(content)
  if (content.length > 0 && !options.mediaTypes.includes(type)) return skip(`mime:${type}`)
  const meta: Record<string, MetaValue> = { status }
  const language = fields.get('content-language')
  if (language !== undefined && language !== '') meta['contentLanguage'] = language
  return payloadItem(header, content, known === '' ? type : sentType, meta, skip)
}

function conversionItem(
  header: RecordHeader,
  block: Buffer,
  skip: Skip,
  options: DocumentOptions,
): SizedItem {
  const type = mediaType(header.contentType) || 'text/plain'
  if (type !== 'text/plain') {
    if (!options.mediaTypes.includes(type)) return skip(`mime:${type}`)
    return payloadItem(header, block, header.contentType, {}, skip)
  }
  if (block.length === 0) return skip('empty-body')
  const document = new Document({
    id: idOf(header, block),
    url: header.url,
    text: block.toString('utf8'),
    meta: metaOf(header, {}),
  })
  return [document, block.length]
}

function payloadItem(
  header: RecordHeader,
  content: Buffer,
  contentType: string,
  meta: Record<string, MetaValue>,
  skip: Skip,
): SizedItem {
  if (content.length === 0) return skip('empty-body')
  const document = new Document({
    id: idOf(header, content),
    url: header.url,
    content: compact(content),
    contentType,
    meta: metaOf(header, meta),
  })
  return [document, content.length]
}

function idOf(header: RecordHeader, payload: Uint8Array): string {
  if (header.id !== '') return header.id
  const name = Buffer.from(`${header.url}\n${header.date}\n`)
  const digests = [0n, 0x9e3779b97f4a7c15n].map((seed) => {
    const hash = createHash(seed)
    hash.update(name)
    hash.update(payload)
    return hash.digest()
  })
  return digests.join('')
}

/** An item whose page was cut by the end of the file. */
function markCut(item: SizedItem): SizedItem {
  if (isDocument(item[0])) item[0].meta['truncated'] = 'cut'
  return item
}

function metaOf(header: RecordHeader, meta: Record<string, MetaValue>): Record<string, MetaValue> {
  if (header.date !== '') meta['date'] = header.date
  const truncated = header.fields.get('warc-truncated')
  if (truncated !== undefined) meta['truncated'] = truncated
  const languages = header.fields.get('warc-identified-content-language')
  if (languages !== undefined) meta['identifiedLanguage'] = languages
  return meta
}

/** A copy where the view would keep a much larger buffer alive. */
function compact(content: Buffer): Buffer {
  return content.length * 2 >= content.buffer.byteLength ? content : Buffer.from(content)
}

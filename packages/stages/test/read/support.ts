// Builders of archive bytes and helpers to read them; shared by the tests of the readers.
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Context } from '@shardmill/core'
import { isDocument, type Format, type ReadItem } from '@shardmill/stages/read/format'
import { afterAll } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'shardmill-read-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

export function fileOf(name: string, content: Uint8Array | string): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

export const context: Context = {
  signal: new AbortController().signal,
  seed: 1,
  scratch: folder,
  count() {},
  beat() {},
  path: (path) => path,
}

/** All items of `[start, end)` of a file. */
export async function readAll<Options>(
  format: Format<Options>,
  path: string,
  options: Record<string, unknown> = {},
  start = 0,
  end = Number.MAX_SAFE_INTEGER,
): Promise<ReadItem[]> {
  const fileBytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  const segment = { path, start, end: Math.min(end, fileBytes), fileBytes }
  const items: ReadItem[] = []
  for await (const batch of format.read(segment, format.options.parse(options), context)) {
    items.push(...batch)
  }
  return items
}

/** What tells two items apart: ids and contents of documents, reasons of the rest. */
export function brief(items: readonly ReadItem[]): string[] {
  return items.map((item) =>
    isDocument(item)
      ? `${item.id} ${item.url} ${item.text}${Buffer.from(item.content ?? []).toString('latin1')}`
      : item.skipped,
  )
}

export interface RecordParts {
  readonly type?: string
  readonly id?: string
  readonly url?: string
  readonly contentType?: string
  readonly block?: Uint8Array | string
  /** Declared instead of the true length. */
  readonly length?: string
  readonly version?: string
  readonly lineEnd?: string
}

/** One WARC record with its two line ends behind. */
export function warcRecord(parts: RecordParts): Buffer {
  const {
    type = 'response',
    id = '00000000-0000-4000-8000-000000000000',
    url = 'http://a.example/',
  } = parts
  const block = Buffer.from(parts.block ?? '')
  const header = [
    parts.version ?? 'WARC/1.0',
    `WARC-Type: ${type}`,
    ...(id === '' ? [] : [`WARC-Record-ID: <urn:uuid:${id}>`]),
    `WARC-Target-URI: ${url}`,
    'WARC-Date: 2024-05-06T07:08:09Z',
    `Content-Type: ${parts.contentType ?? 'application/http; msgtype=response'}`,
    `Content-Length: ${parts.length ?? block.length}`,
    '',
    '',
  ]
  const lineEnd = parts.lineEnd ?? '\r\n'
  return Buffer.concat([Buffer.from(header.join(lineEnd)), block, Buffer.from('\r\n\r\n')])
}

/** An HTTP response. */
export function response(
  body: Uint8Array | string,
  fields: Record<string, string> = { 'Content-Type': 'text/html; charset=utf-8' },
  status = '200 OK',
): Buffer {
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.concat([
    Buffer.from(`HTTP/1.1 ${status}\r\n${lines.join('')}\r\n`),
    Buffer.from(body),
  ])
}

/** A page record numbered `number`. */
export function page(number: number, body: Uint8Array | string = `<p>page ${number}`): Buffer {
  const id = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
  return warcRecord({ id, url: `http://a.example/${number}`, block: response(body) })
}

export function gzipEach(records: readonly Uint8Array[], level = 6): Buffer {
  return Buffer.concat(records.map((record) => gzipSync(record, { level })))
}

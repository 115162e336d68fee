// Writes WARC/1.0 records (ISO 28500:2009), each one its own gzip member, as Common Crawl does.
// Everything is a function of its arguments: record ids are hashes, dates count up from a fixed
// start, so two builds give equal bytes (on one zlib; the records inside are equal on any).
import { createHash } from 'node:crypto'
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib'

const startMs = Date.UTC(2026, 2, 1)

/** The WARC-Date of record number `index`: one record every 7 seconds. */
export function recordDate(index) {
  return new Date(startMs + index * 7000).toISOString().replace('.000Z', 'Z')
}

/** A version-5-like UUID made of SHA-1 of `key`, as `urn:uuid:...`. */
export function recordId(key) {
  const hex = createHash('sha1').update(key).digest('hex')
  const variant = ((parseInt(hex[16], 16) & 3) | 8).toString(16)
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `5${hex.slice(13, 16)}`]
  return `urn:uuid:${parts.join('-')}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/**
 * The bytes of one record. `headers` are [name, value] pairs after the type;
 * `declaredLength` replaces the true Content-Length in damaged records.
 */
export function recordBytes({ headers, block, declaredLength, version = 'WARC/1.0' }) {
  const length = declaredLength ?? String(block.length)
  const lines = [version, ...headers.map(([name, value]) => `${name}: ${value}`)]
  const head = `${lines.join('\r\n')}\r\nContent-Length: ${length}\r\n\r\n`
  return Buffer.concat([Buffer.from(head), block, Buffer.from('\r\n\r\n')])
}

/** Headers of a record of `type` about `url`. */
export function recordHeaders({ type, id, date, url, contentType, block, payload, extra = [] }) {
  return [
    ['WARC-Type', type],
    ['WARC-Record-ID', `<${id}>`],
    ['WARC-Date', date],
    ...(url === undefined ? [] : [['WARC-Target-URI', url]]),
    ...(contentType === undefined ? [] : [['Content-Type', contentType]]),
    ['WARC-Block-Digest', `sha1:${base32(sha1(block))}`],
    ...(payload === undefined ? [] : [['WARC-Payload-Digest', `sha1:${base32(sha1(payload))}`]]),
    ...extra,
  ]
}

/** One gzip member with a zero time stamp; level 9. */
export function gzipMember(bytes) {
  const member = gzipSync(bytes, { level: 9 })
  member[9] = 255 // the "unknown" operating system, whatever machine this is
  return member
}

const codings = {
  identity: (body) => body,
  gzip: gzipMember,
  deflate: (body) => deflateSync(body),
  br: (body) => brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
}

/**
 * An HTTP/1.1 response as it went over the wire.
 * `coding` is applied to `body` first, then chunked framing when `chunked` is true.
 */
export function httpResponse({
  status = '200 OK',
  contentType,
  body,
  coding = 'identity',
  chunked = false,
  server = 'nginx',
  extra = [],
}) {
  const coded = codings[coding](body)
  const lines = [`HTTP/1.1 ${status}`, `Server: ${server}`]
  if (contentType !== undefined) lines.push(`Content-Type: ${contentType}`)
  if (coding !== 'identity') lines.push(`Content-Encoding: ${coding}`)
  lines.push(chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${coded.length}`)
  for (const [name, value] of extra) lines.push(`${name}: ${value}`)
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  return Buffer.concat([head, chunked ? chunk(coded) : coded])
}

/** Chunked framing (RFC 9112 section 7.1) in pieces of 4 KiB. */
function chunk(bytes) {
  const pieces = []
  for (let at = 0; at < bytes.length; at += 4096) {
    const piece = bytes.subarray(at, at + 4096)
    pieces.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n'))
  }
  pieces.push(Buffer.from('0\r\n\r\n'))
  return Buffer.concat(pieces)
}

function sha1(bytes) {
  return createHash('sha1').update(bytes).digest()
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** RFC 4648 base32 of 20 bytes: WARC digests are written so. */
function base32(bytes) {
  let text = ''
  let bits = 0
  let value = 0
  for (const byte of bytes) {
    value = (value << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += alphabet[(value >>> bits) & 31]
    }
    value &= (1 << bits) - 1
  }
  return text
}

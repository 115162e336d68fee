// An HTTP response as archives store it: status line, fields, body, with the body's transfer coding
// (chunked) and content codings (gzip, deflate, br, zstd) undone (RFC 9110, RFC 9112).
//
// Archives often hold a body that was decoded when it was captured and headers that were not
// mended. So a declared coding that the bytes do not bear is ignored, and a cut body gives what can
// be decoded. Cost: one copy of the body per coding.
import { brotliDecompressSync, constants, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib'
import { headerEnd, parseFields } from './archive-header.ts'

export interface HttpMessage {
  readonly status: number
  /** By lower-case name. */
  readonly fields: ReadonlyMap<string, string>
  /** The stored bytes of the body: a view. */
  readonly body: Buffer
}

/** Undefined when the block does not begin with an HTTP status line. */
export function parseHttpResponse(block: Buffer): HttpMessage | undefined {
  const status = /^[A-Za-z]{1,8}\/?[\d.]*[ \t]+(\d{3})(?!\d)/.exec(block.toString('latin1', 0, 64))
  if (status === null) return undefined
  // A response may be headers alone, with or without the empty line behind them.
  const end = headerEnd(block, 0, block.length)
  const bodyStart = end < 0 ? block.length : end
  return {
    status: Number(status[1]),
    fields: parseFields(block, 0, bodyStart),
    body: block.subarray(bodyStart),
  }
}

export interface Payload {
  readonly content: Buffer
  /** A reason to skip it: 'too-large', 'bad-content-encoding:gzip'. */
  readonly problem: string | undefined
}

/** The body without transfer and content coding; `maxBytes` bounds what it may inflate to. */
export function decodeBody(message: HttpMessage, maxBytes: number): Payload {
  const { fields } = message
  let content = message.body
  if (/\bchunked\b/i.test(fields.get('transfer-encoding') ?? '')) content = dechunk(content)
  const codings = (fields.get('content-encoding') ?? '').toLowerCase().split(',')
  for (const coding of codings.toReversed()) {
    const name = coding.trim()
    const decode = decoders[name]
    if (content.length === 0 || decode === undefined) continue
    try {
      content = decode(content, maxBytes)
    } catch (error) {
      const isTooLarge = error instanceof RangeError
      const problem = isTooLarge ? 'too-large' : `bad-content-encoding:${name.replace(/^x-/, '')}`
      return { content, problem }
    }
  }
  return { content, problem: undefined }
}

type Decode = (content: Buffer, maxBytes: number) => Buffer

const { Z_SYNC_FLUSH, BROTLI_OPERATION_FLUSH } = constants

/** Gzip where the magic is there; other bytes were decoded at capture. */
const gunzip: Decode = (content, maxOutputLength) => {
  if (content[0] !== 0x1f || content[1] !== 0x8b) return content
  return gunzipSync(content, { finishFlush: Z_SYNC_FLUSH, maxOutputLength })
}

/** 'deflate' means zlib (RFC 1950), but some servers send raw deflate (RFC 1951). */
const inflateAny: Decode = (content, maxOutputLength) => {
  const options = { finishFlush: Z_SYNC_FLUSH, maxOutputLength }
  const first = content[0] ?? 0
  const isZlib = (first & 0x0f) === 8 && (first * 256 + (content[1] ?? 0)) % 31 === 0
  if (isZlib) return inflateSync(content, options)
  return plainOr(content, () => inflateRawSync(content, options))
}

/** Brotli has no magic: what does not decode and reads as text was decoded at capture. */
const brotli: Decode = (content, maxOutputLength) =>
  plainOr(content, () => {
    const options = { finishFlush: BROTLI_OPERATION_FLUSH, maxOutputLength }
    const decoded = brotliDecompressSync(content, options)
    if (decoded.length === 0) throw new TypeError('no data')
    return decoded
  })

const decoders: Readonly<Record<string, Decode>> = {
  gzip: gunzip,
  'x-gzip': gunzip,
  deflate: inflateAny,
  br: brotli,
}

function plainOr(content: Buffer, decode: () => Buffer): Buffer {
  try {
    return decode()
  } catch (error) {
    if (error instanceof RangeError) throw error
    const head = content.toString('latin1', 0, 512)
    if (/[\0-\x08\x0e-\x1f]/.test(head)) throw error
    return content
  }
}

/**
 * The data of a chunked body (RFC 9112, 7.1). A body whose first line is no chunk size was stored
 * without chunks and is returned as it is; damage further on ends the body there. Trailers go.
 */
export function dechunk(body: Buffer): Buffer {
  const parts: Buffer[] = []
  let at = 0
  while (at < body.length) {
    const lineEnd = body.indexOf(10, at)
    const line = lineEnd < 0 ? '' : body.toString('latin1', at, Math.min(lineEnd, at + 256))
    const size = /^([0-9a-f]{1,8})[ \t]*(?:;.*)?\r?$/i.exec(line)?.[1]
    if (size === undefined) {
      if (at === 0) return body
      break
    }
    const length = Number.parseInt(size, 16)
    if (length === 0) break
    const start = lineEnd + 1
    parts.push(body.subarray(start, start + length))
    at = start + length
    if (body[at] === 13) at++
    if (body[at] === 10) at++
  }
  const [first] = parts
  return parts.length === 1 && first !== undefined ? first : Buffer.concat(parts)
}

// Bytes to text. Order of evidence: byte order mark, strict UTF-8 validity, HTTP header, <meta> in
// the first 64 kB, statistics over the bytes, windows-1252. Browsers trust the header first; for
// crawled pages validity is the better witness, since text in another charset is hardly ever valid
// UTF-8. A declaration the bytes contradict is overruled by the statistics.
// Cost: validity 5 GB/s, then one decode; legacy pages add about 1 ms for the plausibility check.
import { isUtf8 } from 'node:buffer'
import { defineMap, type Document } from '@shardmill/core'
import { z } from 'zod'
import { decodeAs } from './decode/charset-decoder.ts'
import { byteOrderMark, headerCharset, metaCharset } from './decode/declared-charset.ts'
import { guessCharset, sampleNonAscii } from './decode/guess-charset.ts'

export type CharsetSource = 'bom' | 'utf8' | 'header' | 'meta' | 'guess' | 'default'

export interface Decoded {
  readonly html: string
  readonly charset: string
  readonly source: CharsetSource
}

/** A declared charset stands unless another fits the bytes better by this many points. */
const declaredMargin = 1.2

export const decode = defineMap({
  name: 'decode',
  summary: 'Bytes to text: finds the charset and decodes after the WHATWG standard.',
  options: z.strictObject({
    maxReplacementRatio: z
      .number()
      .min(0)
      .max(1)
      .default(0.02)
      .describe(
        'Share of U+FFFD among the characters above which a page is dropped as undecodable.',
      ),
  }),
  map({ maxReplacementRatio }, context) {
    return (document) => {
      const decoded = decodeDocument(document)
      if (!decoded) return
      context.count(`charset-${decoded.charset}`)
      if (replacementRatio(decoded.html) > maxReplacementRatio) {
        document.dropped = { stage: 'decode', reason: 'undecodable' }
      }
    }
  },
})

/**
 * Sets `html`, `meta.charset` and `meta.charset_source` of a document that has bytes and no `html`
 * yet; answers undefined for any other, which stays as it is.
 */
export function decodeDocument(document: Document): Decoded | undefined {
  if (!document.content || document.html !== undefined) return undefined
  const decoded = decodeBytes(document.content, document.contentType)
  document.html = decoded.html
  document.meta.charset = decoded.charset
  document.meta.charset_source = decoded.source
  return decoded
}

/** Decodes a page; `contentType` is its HTTP header or ''. */
export function decodeBytes(bytes: Uint8Array, contentType = ''): Decoded {
  const mark = byteOrderMark(bytes)
  if (mark) return { html: decodeAs(bytes, mark.charset), charset: mark.charset, source: 'bom' }
  const header = headerCharset(contentType)
  if (isUtf8(bytes)) {
    // ISO-2022-JP is all ASCII bytes; only its escape sequences betray it.
    if (bytes.includes(0x1b)) {
      const declared = header ?? metaCharset(bytes)
      if (declared === 'iso-2022-jp') {
        return { html: decodeAs(bytes, declared), charset: declared, source: 'meta' }
      }
    }
    return { html: decodeAs(bytes, 'utf-8'), charset: 'utf-8', source: 'utf8' }
  }
  const { charset, source } = chooseLegacy(bytes, header)
  return { html: decodeAs(bytes, charset), charset, source }
}

/** The charset of bytes that are not valid UTF-8. */
function chooseLegacy(
  bytes: Uint8Array,
  header: string | undefined,
): { charset: string; source: CharsetSource } {
  // A cut download or a few foreign bytes do not make a UTF-8 page anything else.
  if (isMostlyUtf8(bytes)) return { charset: 'utf-8', source: 'utf8' }
  const meta = metaCharset(bytes)
  const utf16 = header?.startsWith('utf-16') || (header === undefined && looksLikeUtf16(bytes))
  if (utf16) return { charset: header ?? 'utf-16le', source: header ? 'header' : 'guess' }
  const declared = [
    [header, 'header'],
    [meta, 'meta'],
  ] as const
  const usable = declared.flatMap(([charset]) => (charset && charset !== 'utf-8' ? [charset] : []))
  const guesses = guessCharset(sampleNonAscii(bytes), usable)
  const best = guesses.find(({ charset }) => !usable.includes(charset)) ?? guesses[0]
  for (const [charset, source] of declared) {
    const score = guesses.find((guess) => guess.charset === charset)?.score
    if (charset === undefined || score === undefined || charset === 'utf-8') continue
    if (!best || best.score - score <= declaredMargin) return { charset, source }
  }
  if (best && best.score > 0) return { charset: best.charset, source: 'guess' }
  return { charset: 'windows-1252', source: 'default' }
}

/** True when at most one byte in a thousand spoils the UTF-8 and multi-byte characters abound. */
function isMostlyUtf8(bytes: Uint8Array): boolean {
  let valid = 0
  let invalid = 0
  for (let i = 0; i < bytes.length;) {
    const lead = bytes[i] ?? 0
    const width =
      lead < 0x80
        ? 1
        : lead >= 0xc2 && lead < 0xe0
          ? 2
          : lead >= 0xe0 && lead < 0xf0
            ? 3
            : lead >= 0xf0 && lead < 0xf5
              ? 4
              : 0
    let ok = width > 0
    for (let k = 1; ok && k < width; k++) ok = ((bytes[i + k] ?? 0) & 0xc0) === 0x80
    if (ok && width > 1) valid++
    if (!ok) invalid++
    i += ok ? width : 1
  }
  return valid > 0 && invalid * 20 <= valid
}

/** Every second byte of Latin text in UTF-16 is zero. */
function looksLikeUtf16(bytes: Uint8Array): boolean {
  const length = Math.min(bytes.length, 512)
  let zeros = 0
  for (let i = 1; i < length; i += 2) if (bytes[i] === 0 && bytes[i - 1] !== 0) zeros++
  return length >= 64 && zeros > length * 0.4
}

/** U+FFFD per character of the page. */
export function replacementRatio(text: string): number {
  let count = 0
  for (let at = text.indexOf('\uFFFD'); at >= 0; at = text.indexOf('\uFFFD', at + 1)) count++
  return text.length === 0 ? 0 : count / text.length
}

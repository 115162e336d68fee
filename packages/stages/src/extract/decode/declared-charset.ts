// The charset a page claims to have: in its byte order mark, its HTTP header, or a <meta> or XML
// declaration. Browsers search the first 1,024 bytes for the latter; one page in ten declares it
// later, so we read 64 kB. Cost: one latin1 decode of the head of the page.
import { charsetOf } from './charset-decoder.ts'

const metaSearchBytes = 65_536

/** The charset of a byte order mark, with its length. */
export function byteOrderMark(bytes: Uint8Array): { charset: string; length: number } | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    return { charset: 'utf-8', length: 3 }
  }
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return { charset: 'utf-16le', length: 2 }
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return { charset: 'utf-16be', length: 2 }
  return undefined
}

/** The charset parameter of a Content-Type header. */
export function headerCharset(contentType: string): string | undefined {
  const match = /charset\s*=\s*["']?\s*([\w.:-]+)/i.exec(contentType)
  return match?.[1] === undefined ? undefined : charsetOf(match[1])
}

/**
 * The charset of the first <meta> that names one, or of an XML declaration. A declared UTF-16 is a
 * mistake (the declaration was read as ASCII) and means UTF-8, as in the standard.
 */
export function metaCharset(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, metaSearchBytes))
    .toString('latin1')
    .replace(/<!--[\s\S]{0,4096}?-->/g, '')
  const xml = /^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]+)/.exec(head)
  const found = xml?.[1] ?? firstMeta(head)
  if (found === undefined) return undefined
  const charset = charsetOf(found)
  return charset?.startsWith('utf-16') ? 'utf-8' : charset
}

function firstMeta(head: string): string | undefined {
  for (const [tag] of head.matchAll(/<meta\b[^>]{0,1000}>?/gi)) {
    const match = /charset\s*=\s*["']?\s*([\w.:-]+)/i.exec(tag)
    if (match?.[1] !== undefined && charsetOf(match[1])) return match[1]
  }
  return undefined
}

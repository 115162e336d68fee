// Media types as servers send them, and a guess where they send none. The guess knows the few
// signatures that matter for telling pages from files (after the WHATWG MIME Sniffing list); it
// never overrules a type that was sent.

/** 'Text/HTML; charset=x' to 'text/html'; '' when missing, 'invalid' when it is no media type. */
export function mediaType(contentType: string): string {
  const type = /^[^;,]*/.exec(contentType)?.[0].trim().toLowerCase() ?? ''
  if (type === '' || type === 'no-type' || type === 'unk' || type === 'unknown') return ''
  return /^[a-z0-9][a-z0-9!#$&^_.+-]{0,63}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,127}$/.test(type)
    ? type
    : 'invalid'
}

const signatures: readonly (readonly [string, string])[] = [
  ['\x89PNG', 'image/png'],
  ['GIF8', 'image/gif'],
  ['\xff\xd8\xff', 'image/jpeg'],
  ['%PDF-', 'application/pdf'],
  ['PK\x03\x04', 'application/zip'],
  ['\x1f\x8b\x08', 'application/gzip'],
  ['RIFF', 'image/webp'],
  ['OggS', 'application/ogg'],
  ['ID3', 'audio/mpeg'],
  ['\x00\x00\x01\x00', 'image/x-icon'],
  ['wOF', 'font/woff'],
]

/** A media type from the first bytes: HTML, plain text or something binary. */
export function sniffMediaType(content: Uint8Array): string {
  const head = Buffer.from(content.buffer, content.byteOffset, Math.min(content.byteLength, 2048))
  const text = head.toString('latin1')
  for (const [signature, type] of signatures) if (text.startsWith(signature)) return type
  // UTF-16 pages have a NUL in every other byte; their mark tells them from binary files.
  const isUtf16 = text.startsWith('\xff\xfe') || text.startsWith('\xfe\xff')
  const letters = isUtf16 ? text.replaceAll('\0', '') : text
  if (letters.includes('\0')) return 'application/octet-stream'
  const isHtml = /<(?:!doctype html|html|head|body|title|meta|script|table|div|p|a|h1|br)[\s>/]/i
  if (isHtml.test(letters)) return 'text/html'
  return /^\s*<\?xml/.test(letters) ? 'application/xml' : 'text/plain'
}

// Bytes of a known charset to a string, after the WHATWG Encoding Standard. Node 20's own
// TextDecoder follows ICU instead and is wrong for most legacy sets (27 bytes of windows-1252 come
// out as C1 controls, thousands of invalid Big5 and EUC-KR pairs swallow a different number of
// bytes), so only UTF-8, UTF-16 and GB18030, where both agree, go to it; GBK is decoded as its
// superset GB18030, as the standard asks. The rest goes to @exodus/bytes. Cost: 200-700 MB/s.
import { TextDecoder as StandardDecoder, normalizeEncoding } from '@exodus/bytes/encoding.js'

const native = new Set(['utf-8', 'utf-16le', 'utf-16be', 'gb18030'])
/** Names seen in the wild that the standard does not list. */
const aliases: Readonly<Record<string, string>> = {
  cp936: 'gb18030',
  'windows-936': 'gb18030',
  utf8mb4: 'utf-8',
  cp932: 'shift_jis',
  cp949: 'euc-kr',
  cp950: 'big5',
  'big5-eten': 'big5',
}
const decoders = new Map<string, { decode(bytes: Uint8Array): string }>()

/** The standard's name of a charset label (`GB2312` -> `gb18030`), or undefined when unknown. */
export function charsetOf(label: string): string | undefined {
  const cleaned = label.trim().toLowerCase()
  const name = aliases[cleaned] ?? normalizeEncoding(cleaned)
  if (!name || name === 'replacement' || name === 'x-user-defined') return undefined
  return name === 'gbk' ? 'gb18030' : name
}

/** Decodes with U+FFFD for what is invalid; a byte order mark is dropped. */
export function decodeAs(bytes: Uint8Array, charset: string): string {
  let decoder = decoders.get(charset)
  if (!decoder) {
    decoder = native.has(charset) ? new TextDecoder(charset) : new StandardDecoder(charset)
    decoders.set(charset, decoder)
  }
  return decoder.decode(bytes)
}

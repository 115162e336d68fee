// Readers of the translation formats found in the packages: each yields human-readable strings.
// Placeholders, markup and accelerator marks are left to `cleanLine`.
import { inflateRawSync } from 'node:zlib'

/** Values of a Fluent file (`key = value`, attributes, indented continuations). */
export function* fluent(text) {
  let value = ''
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) continue
    const start = /^(?:[-\w]+|\s+\.[-\w]+)\s*=\s*(.*)$/.exec(line)
    const variant = /^\s+\*?\[[^\]]+\]\s*(.*)$/.exec(line)
    if (start || variant || line.trim() === '') {
      if (value !== '') yield value
      value = (start ?? variant)?.[1] ?? ''
    } else if (/^\s/.test(line)) {
      value += ` ${line.trim()}`
    }
  }
  if (value !== '') yield value
}

/** Values of a Java-like properties file. */
export function* properties(text) {
  for (const line of text.split('\n')) {
    const found = /^[^#!\s][^=]*=\s*(.*)$/.exec(line)
    if (!found) continue
    yield found[1].replace(/\\u([0-9a-fA-F]{4})/g, (_, hex) =>
      String.fromCharCode(parseInt(hex, 16)),
    )
  }
}

/** Entity values of a DTD. */
export function* dtd(text) {
  for (const [, , value] of text.matchAll(/<!ENTITY\s+\S+\s+(["'])([\s\S]*?)\1\s*>/g)) yield value
}

/** [msgid, msgstr] pairs of a compiled gettext catalogue (little-endian). */
export function* gettext(bytes) {
  if (bytes.length < 28 || bytes.readUInt32LE(0) !== 0x950412de) return
  const count = bytes.readUInt32LE(8)
  const [ids, strings] = [bytes.readUInt32LE(12), bytes.readUInt32LE(16)]
  const at = (table, i) => {
    const [length, start] = [
      bytes.readUInt32LE(table + 8 * i),
      bytes.readUInt32LE(table + 8 * i + 4),
    ]
    return bytes.toString('utf8', start, start + length)
  }
  for (let i = 0; i < count; i++) {
    // A context is divided from its message by \u0004, plural forms by \u0000.
    const id = at(ids, i).split('\u0004').at(-1)
    if (id === '') continue
    for (const form of at(strings, i).split('\0')) yield [id, form]
  }
}

/** Text of the paragraphs and headings of an HTML page. */
export function* paragraphs(html) {
  for (const [, , inner] of html.matchAll(/<(p|h[1-6]|li|td)\b[^>]*>([\s\S]*?)<\/\1>/g)) yield inner
}

/** `<value>` elements of LibreOffice's registry. */
export function* registry(xml) {
  for (const [, value] of xml.matchAll(/<value[^>]*>([^<]+)<\/value>/g)) yield value
}

/** Strings of a Chromium data pack, version 5. */
export function* dataPack(bytes) {
  if (bytes.readUInt32LE(0) !== 5) return
  const count = bytes.readUInt16LE(8)
  for (let i = 0; i < count; i++) {
    const [from, to] = [bytes.readUInt32LE(14 + 6 * i), bytes.readUInt32LE(20 + 6 * i)]
    const text = bytes.toString('utf8', from, to)
    if (!text.includes('\ufffd') && !/[{}]\s*(?:var|function)|<script/.test(text)) yield text
  }
}

/** [name, bytes] of every file of a zip archive, read from its central directory. */
export function* unzip(bytes) {
  let end = bytes.length - 22
  while (end >= 0 && bytes.readUInt32LE(end) !== 0x06054b50) end--
  let at = bytes.readUInt32LE(end + 16)
  for (let i = bytes.readUInt16LE(end + 10); i > 0; i--) {
    const [method, size] = [bytes.readUInt16LE(at + 10), bytes.readUInt32LE(at + 20)]
    const [nameLength, extra, comment] = [28, 30, 32].map((o) => bytes.readUInt16LE(at + o))
    const local = bytes.readUInt32LE(at + 42)
    const name = bytes.toString('utf8', at + 46, at + 46 + nameLength)
    const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28)
    const packed = bytes.subarray(start, start + size)
    if (size > 0) yield [name, method === 0 ? packed : inflateRawSync(packed)]
    at += 46 + nameLength + extra + comment
  }
}

/**
 * Words of the word DAWG inside a Tesseract `.traineddata` file. Components are listed by offset;
 * 19 is the word DAWG and 21 the character set of the LSTM model. An edge is a 64-bit word:
 * character, three flags (last edge of its node, direction, end of a word), next node.
 */
export function tesseractWords(bytes) {
  const offsets = []
  for (let i = 0; i < bytes.readInt32LE(0); i++)
    offsets.push(Number(bytes.readBigInt64LE(4 + 8 * i)))
  const component = (k) => {
    if (!(offsets[k] >= 0)) return undefined
    const end = Math.min(bytes.length, ...offsets.filter((offset) => offset > offsets[k]))
    return bytes.subarray(offsets[k], end)
  }
  const [dawg, set] = [component(19), component(21)]
  if (!dawg || !set) return []
  const [count, ...rows] = set.toString('utf8').split('\n')
  const characters = rows.slice(0, Number(count)).map((row) => row.split(' ')[0])
  const bits = BigInt(Math.ceil(Math.log2(dawg.readInt32LE(2) + 1)))
  const words = []
  const walk = (node, prefix) => {
    for (let edge = node; ; edge++) {
      const word64 = dawg.readBigUInt64LE(10 + 8 * edge)
      const flags = Number((word64 >> bits) & 7n)
      const next = Number(word64 >> (bits + 3n))
      const text = prefix + characters[Number(word64 & ((1n << bits) - 1n))]
      if (flags & 4) words.push(text)
      if (next !== 0) walk(next, text)
      if (flags & 1) return
    }
  }
  walk(0, '')
  return words
}

/** A translated string without markup, placeholders and accelerator marks; '' when little is left. */
export function cleanLine(line) {
  const text = line
    .replace(/<[^>]*>/g, ' ')
    .replace(/&(?:#x?\w+|\w+);/g, ' ')
    .replace(/\{[^}]*\}|\$\w+|%(?:\d\$)?[A-Za-z]\w*|\$\([^)]*\)|\b[A-Z_]{4,}\b|\\[nt]/g, ' ')
    .replace(/https?:\S+|\S+@\S+|\S*[_/\\=<>]\S*/g, ' ')
    .replace(/[~_&]/g, '')
    .replace(/\s+/g, ' ')
    .trim()
  return (text.match(/\p{L}/gu)?.length ?? 0) < 3 ? '' : text
}

// The header of one archive record: WARC 0.17 to 1.1 (ISO 28500, a version line and `Name: value`
// lines up to an empty line) and ARC 1 and 2 (Internet Archive 1996: one line of space-separated
// fields, `URL IP date mime … length`).
//
// Tolerated, because crawlers wrote them: line ends LF and CR CR LF, names in any case, folded lines,
// Latin-1 or UTF-8 values, spaces in ARC URLs, `<…>` around WARC-Target-URI.

export type ArchiveKind = 'warc' | 'arc'

export interface RecordHeader {
  /** 'response', 'conversion', … as written, in lower case; ARC: 'response', 'resource', 'filedesc'. */
  readonly type: string
  readonly id: string
  readonly url: string
  readonly date: string
  /** Media type of the block: 'application/http; msgtype=response'. */
  readonly contentType: string
  /** Bytes of the block; undefined when missing or not a number. */
  readonly length: number | undefined
  /** Everything else by lower-case name; empty for ARC. */
  readonly fields: ReadonlyMap<string, string>
}

export interface ParsedHeader {
  readonly header: RecordHeader
  /** Bytes from the header's first to the block's first. */
  readonly bytes: number
}

/** A header longer than this is taken for garbage. */
export const maxHeaderBytes = 1 << 16
const maxArcLineBytes = 1 << 13
const arcLine = /^([a-z][a-z0-9+.-]*:.*?) (\S*) (\d{8,20}) (.*?) ?(-?[\w]+)$/i

/** Whether a record header begins at `bytes[from]`. Cheap: looks at one line at most. */
export function isHeaderAt(kind: ArchiveKind, bytes: Buffer, from: number, to: number): boolean {
  if (kind === 'warc') {
    const first = (bytes[from] ?? 0) | 0x20
    return (
      to - from >= 8 &&
      first === 0x77 &&
      bytes.toString('latin1', from, from + 5).toUpperCase() === 'WARC/' &&
      isDigit(bytes[from + 5])
    )
  }
  const first = (bytes[from] ?? 0) | 0x20
  if (first < 0x61 || first > 0x7a) return false
  const end = bytes.subarray(from, Math.min(to, from + maxArcLineBytes)).indexOf(10)
  return end > 0 && arcLine.test(trimEnd(bytes.toString('latin1', from, from + end)))
}

/**
 * Offset of the first header at the start of a line in `bytes[from, to)`, or -1; `before` is the
 * byte before `bytes[0]`.
 */
export function findHeader(
  kind: ArchiveKind,
  bytes: Buffer,
  from: number,
  to: number,
  before = 10,
): number {
  const view = bytes.subarray(0, to)
  if (kind === 'warc') {
    for (let at = view.indexOf('WARC/', from); at >= 0; at = view.indexOf('WARC/', at + 1)) {
      const last = at === 0 ? before : view[at - 1]
      if (last === 10 && isHeaderAt(kind, bytes, at, to)) return at
    }
    return -1
  }
  if (from === 0 && before === 10 && isHeaderAt(kind, bytes, 0, to)) return 0
  for (let at = view.indexOf(10, Math.max(0, from - 1)); at >= 0; at = view.indexOf(10, at + 1)) {
    if (isHeaderAt(kind, bytes, at + 1, to)) return at + 1
  }
  return -1
}

/** Parses the header at `bytes[from]`; undefined when it does not end within `bytes[from, to)`. */
export function parseHeader(
  kind: ArchiveKind,
  bytes: Buffer,
  from: number,
  to: number,
): ParsedHeader | undefined {
  return kind === 'warc' ? parseWarc(bytes, from, to) : parseArc(bytes, from, to)
}

function parseWarc(bytes: Buffer, from: number, to: number): ParsedHeader | undefined {
  const end = headerEnd(bytes, from, to)
  if (end < 0) return undefined
  const fields = parseFields(bytes, from, end)
  const length = fields.get('content-length') ?? ''
  return {
    bytes: end - from,
    header: {
      type: (fields.get('warc-type') ?? '').toLowerCase(),
      id: unwrap(fields.get('warc-record-id') ?? '').replace(/^urn:uuid:/i, ''),
      url: unwrap(fields.get('warc-target-uri') ?? ''),
      date: fields.get('warc-date') ?? '',
      contentType: fields.get('content-type') ?? '',
      length: /^\d{1,15}$/.test(length) ? Number(length) : undefined,
      fields,
    },
  }
}

function parseArc(bytes: Buffer, from: number, to: number): ParsedHeader | undefined {
  const end = bytes.subarray(from, Math.min(to, from + maxArcLineBytes)).indexOf(10)
  if (end < 0) return undefined
  const match = arcLine.exec(trimEnd(decodeField(bytes, from, from + end)))
  if (match === null) return undefined
  const [, url = '', , date = '', rest = '', length = ''] = match
  const scheme = url.slice(0, url.indexOf(':')).toLowerCase()
  const isHttp = scheme === 'http' || scheme === 'https'
  return {
    bytes: end + 1,
    header: {
      type: scheme === 'filedesc' ? 'filedesc' : isHttp ? 'response' : 'resource',
      id: '',
      url,
      date: isoDate(date),
      contentType: rest.split(' ', 1)[0] ?? '',
      length: /^\d{1,15}$/.test(length) ? Number(length) : undefined,
      fields: new Map(),
    },
  }
}

/** Offset behind the empty line that ends a header block, or -1. Lines may end in CR CR LF. */
export function headerEnd(bytes: Buffer, from: number, to: number): number {
  for (let at = bytes.indexOf(10, from); at >= 0 && at < to; at = bytes.indexOf(10, at + 1)) {
    let next = at + 1
    while (bytes[next] === 13 && next < to) next++
    if (bytes[next] === 10 && next < to) return next + 1
  }
  return -1
}

/**
 * `Name: value` lines of `bytes[from, to)` by lower-case name; the first line is passed over. The
 * first of several equal names wins; a line that begins with a space continues the one before.
 */
export function parseFields(bytes: Buffer, from: number, to: number): Map<string, string> {
  const fields = new Map<string, string>()
  const lines = decodeField(bytes, from, to).split('\n')
  let name = ''
  for (let i = 1; i < lines.length; i++) {
    const line = trimEnd(lines[i] ?? '')
    const first = line.charCodeAt(0)
    if (first === 32 || first === 9) {
      if (name !== '') fields.set(name, `${fields.get(name) ?? ''} ${line.trim()}`.trim())
      continue
    }
    const colon = line.indexOf(':')
    name = colon > 0 ? line.slice(0, colon).trim().toLowerCase() : ''
    if (name === '' || fields.has(name)) name = ''
    else fields.set(name, line.slice(colon + 1).trim())
  }
  return fields
}

/** UTF-8 where it is valid, else Latin-1: old crawlers wrote URLs in the bytes of the page. */
function decodeField(bytes: Buffer, from: number, to: number): string {
  const text = bytes.toString('utf8', from, to)
  return text.includes('\ufffd') ? bytes.toString('latin1', from, to) : text
}

function unwrap(value: string): string {
  return value.startsWith('<') && value.endsWith('>') ? value.slice(1, -1) : value
}

/** '20080430204825' to '2008-04-30T20:48:25Z'; shorter or longer ones as far as they go. */
function isoDate(digits: string): string {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)?(\d\d)?(\d\d)?/.exec(digits)
  if (parts === null) return digits
  const [, year, month, day, hour = '00', minute = '00', second = '00'] = parts
  return `${year}-${month}-${day}T${hour}:${minute}:${second}Z`
}

function trimEnd(line: string): string {
  let end = line.length
  while (end > 0 && line.charCodeAt(end - 1) === 13) end--
  return line.slice(0, end)
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39
}

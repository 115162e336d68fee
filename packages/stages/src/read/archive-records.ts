// Walks the records of one stream of a WARC or ARC file. Nothing in the bytes can make it throw:
// what cannot be understood becomes a problem record with a reason, and reading goes on at the next
// line that looks like a record header.
//
// The rule for a wrong Content-Length: behind a block must come line ends and then a header or the
// end of the stream. If not, and the block holds a header itself, the block ends there (length too
// long); otherwise the declared bytes are the block and the rest up to the next header is garbage
// (length too short).
//
// What happens at a header depends on nothing that was read before it. So reading may begin at any
// true record start and sees the same records (archive-entry.ts relies on that).
import {
  findHeader,
  isHeaderAt,
  maxHeaderBytes,
  parseHeader,
  type ArchiveKind,
  type RecordHeader,
} from './archive-header.ts'
import type { ByteWindow } from './byte-window.ts'

export interface ArchiveRecord {
  /** Offset of the header's first byte in the stream. */
  readonly position: number
  readonly header: RecordHeader | undefined
  /** The block; valid until the next record is asked for. Undefined when not wanted or not whole. */
  readonly block: Buffer | undefined
  /** Why there is no usable block: 'cut-record', 'too-large', … */
  readonly problem: string | undefined
}

export interface RecordWishes {
  readonly kind: ArchiveKind
  readonly maxRecordBytes: number
  /** Records whose block is worth reading. Others are jumped over where the source can seek. */
  wants(header: RecordHeader): boolean
}

const maxBlankBytes = 64

export async function* readRecords(
  window: ByteWindow,
  wishes: RecordWishes,
): AsyncGenerator<ArchiveRecord> {
  const { kind } = wishes
  while (await skipBlank(window)) {
    const position = window.position
    await window.fill(maxHeaderBytes)
    const parsed = isHeaderAt(kind, window.bytes, window.from, window.to)
      ? parseHeader(kind, window.bytes, window.from, window.to)
      : undefined
    if (parsed === undefined) {
      yield { position, header: undefined, block: undefined, problem: 'no-record-header' }
      await skipToHeader(window, kind, 1)
      continue
    }
    const { header } = parsed
    window.advance(parsed.bytes)
    if (header.length === undefined) {
      yield { position, header, block: undefined, problem: 'bad-record-length' }
      await skipToHeader(window, kind)
    } else if (header.length > wishes.maxRecordBytes || !wishes.wants(header)) {
      const problem = await passBlock(window, kind, header.length, wishes)
      yield { position, header, block: undefined, problem }
    } else {
      yield* readBlock(window, kind, position, header, header.length)
    }
  }
}

async function* readBlock(
  window: ByteWindow,
  kind: ArchiveKind,
  position: number,
  header: RecordHeader,
  length: number,
): AsyncGenerator<ArchiveRecord> {
  const isWhole = await window.fill(length)
  let bytes = Math.min(length, window.length)
  let problem = isWhole ? undefined : 'cut-record'
  if (!isWhole || !(await isBorderBehind(window, kind, length))) {
    const next = findHeader(kind, window.bytes, window.from, window.from + bytes, window.before)
    if (next >= 0) {
      bytes = next - window.from
      problem = undefined
    }
  }
  const block = window.bytes.subarray(window.from, window.from + bytes)
  yield { position, header, block, problem }
  window.advance(bytes)
}

/** Passes over a block that nobody wants; gives a problem for the report, if there is one. */
async function passBlock(
  window: ByteWindow,
  kind: ArchiveKind,
  length: number,
  wishes: RecordWishes,
): Promise<string | undefined> {
  const isLarge = length > wishes.maxRecordBytes
  const start = window.position
  if (window.canSeek(start + length)) {
    window.seek(start + length)
    if (await isBorderBehind(window, kind, 0)) return isLarge ? 'too-large' : undefined
    window.seek(start)
  } else if (isLarge && !window.canSeek(start)) {
    return (await window.skip(length)) ? 'too-large' : 'cut-record'
  }
  if (isLarge) {
    await skipToHeader(window, kind)
    return 'bad-record-length'
  }
  let problem: string | undefined
  for await (const record of readBlock(window, kind, 0, noHeader, length)) problem = record.problem
  return problem
}

const noHeader: RecordHeader = {
  type: '',
  id: '',
  url: '',
  date: '',
  contentType: '',
  length: 0,
  fields: new Map(),
}

/** Whether `ahead` bytes on there are line ends and then a record header or the end. */
async function isBorderBehind(
  window: ByteWindow,
  kind: ArchiveKind,
  ahead: number,
): Promise<boolean> {
  await window.fill(ahead + maxBlankBytes + (kind === 'arc' ? 1 << 13 : 16))
  if (window.length < ahead) return false
  let at = window.from + ahead
  while (at < window.to && isBlank(window.bytes[at])) at++
  return at === window.to || isHeaderAt(kind, window.bytes, at, window.to)
}

/** Passes over line ends (and NUL padding) between records; false at the end of the stream. */
async function skipBlank(window: ByteWindow): Promise<boolean> {
  for (;;) {
    if (!(await window.fill(1))) return false
    let count = 0
    while (count < window.length && isBlank(window.bytes[window.from + count])) count++
    const isAll = count === window.length
    window.advance(count)
    if (!isAll) return true
  }
}

/** Passes over everything up to the next header, at least `least` bytes from here. */
export async function skipToHeader(
  window: ByteWindow,
  kind: ArchiveKind,
  least = 0,
): Promise<boolean> {
  let first = least
  for (;;) {
    await window.fill(maxHeaderBytes)
    const next = findHeader(kind, window.bytes, window.from + first, window.to, window.before)
    if (next >= 0) {
      window.advance(next - window.from)
      return true
    }
    // Keep the tail: a header line may begin in it.
    const overlap = kind === 'warc' ? 8 : 1 << 13
    const searched = window.length
    if (!(await window.fill(searched + 1))) {
      window.advance(searched)
      return false
    }
    if (searched > overlap) {
      window.advance(searched - overlap)
      first = 0
    }
  }
}

function isBlank(byte: number | undefined): boolean {
  return byte === 13 || byte === 10 || byte === 0
}

// Where to begin in an archive file: telling WARC from ARC and gzip from plain, and finding the
// first record at or behind a byte offset of a plain file (gzip-members.ts does it for gzip).
import { InputError } from '@shardmill/core/errors'
import { findHeader, isHeaderAt, type ArchiveKind } from './archive-header.ts'
import { readRecords, skipToHeader, type RecordWishes } from './archive-records.ts'
import { ByteWindow } from './byte-window.ts'
import type { FileBytes } from './file-bytes.ts'
import { beginsRecord, findUnit, GzipMembers } from './gzip-members.ts'

export interface ArchiveFile {
  readonly kind: ArchiveKind
  readonly isGzip: boolean
}

const sniffBytes = 1 << 20

/** What kind of archive this is. Throws `InputError` when its first MiB holds no record. */
export async function sniffArchive(file: FileBytes): Promise<ArchiveFile> {
  const head = file.read(0, 1 << 16)
  const isGzip = head[0] === 0x1f && head[1] === 0x8b
  if (!isGzip) {
    const kind = kindOf(head) ?? kindOf(file.read(0, sniffBytes))
    if (kind !== undefined) return { kind, isGzip }
  } else {
    for (const kind of ['warc', 'arc'] as const) {
      if (beginsRecord(head, (content) => beginsWithHeader(kind, content))) return { kind, isGzip }
    }
    const units = new GzipMembers(file, 0, (content) => kindOf(content) !== undefined)
    if (await units.nextUnit()) {
      const kind = kindOf((await units.pull()) ?? Buffer.alloc(0))
      if (kind !== undefined) return { kind, isGzip }
    }
    for (const kind of ['warc', 'arc'] as const) {
      const startsRecord = (content: Buffer) => beginsWithHeader(kind, content)
      const found = await findUnit(file, 1, sniffBytes, startsRecord)
      if (found !== undefined) return { kind, isGzip }
    }
  }
  const isLz4 = head.length > 4 && head.readUInt32LE(0) === 0x184d2204
  throw new InputError(
    `${file.path}: expected a WARC or ARC file, found no record in its first MiB`,
    {
      hint: isLz4 ? 'it is LZ4: unpack it first (`lz4 -d`) or compress it by gzip' : undefined,
    },
  )
}

function kindOf(bytes: Buffer): ArchiveKind | undefined {
  const [warc, arc] = (['warc', 'arc'] as const).map((kind) => {
    if (beginsWithHeader(kind, bytes)) return 0
    const at = findHeader(kind, bytes, 0, bytes.length)
    return at < 0 ? Infinity : at
  })
  if (warc === undefined || arc === undefined || Math.min(warc, arc) === Infinity) return undefined
  return warc <= arc ? 'warc' : 'arc'
}

/** Whether the bytes begin with a record header, blank lines apart. */
export function beginsWithHeader(kind: ArchiveKind, bytes: Buffer): boolean {
  let at = 0
  while (at < 64 && (bytes[at] === 13 || bytes[at] === 10)) at++
  return isHeaderAt(kind, bytes, at, bytes.length)
}

/**
 * Offset of the first record at or behind `start`, or undefined when there is none before `end`.
 *
 * A header inside a page (a page about WARC, an archive in an archive) looks like a record. So the
 * walk begins `lookback` bytes before `start`, at the first header there, and jumps from record to
 * record: it is wrong only inside a nested archive larger than `lookback`. Costs a few
 * milliseconds: one small read per record passed.
 */
export async function findPlainRecord(
  file: FileBytes,
  start: number,
  end: number,
  wishes: RecordWishes,
  lookback = Math.max(32_000_000, wishes.maxRecordBytes),
): Promise<number | undefined> {
  if (start <= 0) return 0
  const from = Math.max(0, start - lookback)
  file.seek(from)
  const window = new ByteWindow(file, from)
  if (from > 0 && !(await skipToHeader(window, wishes.kind))) return undefined
  for await (const { position } of readRecords(window, { ...wishes, wants: () => false })) {
    if (position >= end) return undefined
    if (position >= start) return position
  }
  return undefined
}

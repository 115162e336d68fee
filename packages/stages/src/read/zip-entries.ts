// The list of files in a ZIP archive (APPNOTE 6.3, ZIP64 included), from the central directory at
// its end. Only what is needed to take single files out; encrypted ones are not offered.
import { InputError } from '@shardmill/core/errors'
import type { FileBytes } from './file-bytes.ts'

export interface ZipEntry {
  readonly name: string
  /** 0 stored, 8 deflate. */
  readonly method: number
  /** Offset of the entry's data in the file, and its compressed size. */
  readonly start: number
  readonly bytes: number
}

/** Entries in the order of the directory. Throws `InputError` when there is no directory. */
export function readZipEntries(file: FileBytes): ZipEntry[] {
  const tailStart = Math.max(0, file.size - 65_557)
  const tail = file.read(tailStart, file.size - tailStart)
  const end = tail.lastIndexOf('PK\x05\x06', undefined, 'latin1')
  if (end < 0 || end + 22 > tail.length) throw damaged(file, 'no central directory')
  let directoryBytes = tail.readUInt32LE(end + 12)
  let directoryStart = tail.readUInt32LE(end + 16)
  const locator = end - 20
  if (directoryStart === 0xffffffff && locator >= 0 && tail.readUInt32LE(locator) === 0x07064b50) {
    const record = file.read(readOffset(tail, locator + 8), 56)
    if (record.length < 56) throw damaged(file, 'its ZIP64 record is cut')
    directoryBytes = readOffset(record, 40)
    directoryStart = readOffset(record, 48)
  }
  const directory = file.read(directoryStart, directoryBytes)
  const entries: ZipEntry[] = []
  for (let at = 0; at + 46 <= directory.length && directory.readUInt32LE(at) === 0x02014b50;) {
    const nameBytes = directory.readUInt16LE(at + 28)
    const extraBytes = directory.readUInt16LE(at + 30)
    const extraStart = at + 46 + nameBytes
    const sizes = [24, 20, 42].map((field) => directory.readUInt32LE(at + field))
    const [, bytes = 0, header = 0] = widen(sizes, directory, extraStart, extraStart + extraBytes)
    const isEncrypted = (directory.readUInt16LE(at + 8) & 1) !== 0
    const local = file.read(header, 30)
    if (!isEncrypted && local.length === 30) {
      entries.push({
        name: directory.toString('utf8', at + 46, extraStart),
        method: directory.readUInt16LE(at + 10),
        start: header + 30 + local.readUInt16LE(26) + local.readUInt16LE(28),
        bytes,
      })
    }
    at = extraStart + extraBytes + directory.readUInt16LE(at + 32)
  }
  return entries
}

/** Takes 32-bit sizes that are all ones from the ZIP64 extra field, in its fixed order. */
function widen(sizes: readonly number[], bytes: Buffer, from: number, to: number): number[] {
  let at = from
  while (at + 4 <= to && bytes.readUInt16LE(at) !== 1) at += 4 + bytes.readUInt16LE(at + 2)
  at += 4
  return sizes.map((size) => {
    if (size !== 0xffffffff || at + 8 > Math.min(to, bytes.length)) return size
    at += 8
    return readOffset(bytes, at - 8)
  })
}

function readOffset(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 2 ** 32
}

function damaged(file: FileBytes, what: string): InputError {
  return new InputError(`${file.path}: not a readable ZIP archive: ${what}`)
}

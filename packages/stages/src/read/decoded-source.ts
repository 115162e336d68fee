// The content of a file without its compression: .gz, .zst, .bz2 (each of any
// number of members) or as it is.
// Decided by the first bytes, not by the name: names lie.
import type { ByteSource, FileBytes } from './file-bytes.ts'
import { GzipMembers } from './gzip-members.ts'

export interface DecodedSource extends ByteSource {
  /** Why the content ended early, once `pull` gave undefined: 'cut-member', … */
  readonly problem: string | undefined
}

export type Compression = 'gzip' | 'zstd' | 'bzip2' | 'none'

/** By magic number: RFC 1952, RFC 8878, and the bzip2 header. */
export function compressionOf(file: FileBytes): Compression {
  const head = file.read(0, 4)
  if (head.length >= 2 && head.readUInt16BE(0) === 0x1f8b) return 'gzip'
  if (head.length < 4) return 'none'
  const magic = head.readUInt32LE(0)
  if (magic === 0xfd2fb528 || (magic & 0xfffffff0) >>> 0 === 0x184d2a50) return 'zstd'
  const isBzip2 = /^BZh[1-9]$/.test(head.toString('latin1'))
  return isBzip2 ? 'bzip2' : 'none'
}

/** Opens the decoded content of the whole file. */
export async function openDecoded(file: FileBytes): Promise<DecodedSource> {
  const compression = compressionOf(file)
  if (compression === 'none') {
    file.seek(0)
    return { pull: () => file.pull(), problem: undefined }
  }
  if (compression === 'gzip') {
    const members = new GzipMembers(file, 0, () => false)
    await members.nextUnit()
    return members
  }
  if (compression === 'zstd') {
    const { ZstdSource } = await import('./zstd-source.ts')
    return new ZstdSource(file)
  }
  const { Bzip2Source } = await import('./bzip2-source.ts')
  return new Bzip2Source(file)
}

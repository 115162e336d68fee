// A digest of a file or folder that a stage reads (block list, model): content for files up to
// 64 MB, size and modification time beyond, every file below for a folder.
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { hashBytes128, hashText128 } from '@shardmill/core/hash'

const wholeFileBytes = 64 << 20

/** 32 hex digits; 'missing' when there is no such path. */
export function fileDigest(path: string, folder: string): string {
  const full = resolve(folder, path)
  const stats = statSync(full, { throwIfNoEntry: false })
  if (!stats) return 'missing'
  if (stats.isDirectory()) {
    const names = readdirSync(full).toSorted()
    return hashText128(
      names.map((name) => `${name} ${fileDigest(join(full, name), folder)}`).join(),
    )
  }
  if (stats.size > wholeFileBytes) return `${stats.size}-${stats.mtimeMs}`
  return hashBytes128(readFileSync(full))
}

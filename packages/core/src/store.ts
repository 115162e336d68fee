// Where a run keeps its small state files: plan, manifests, cuts, reports. A `commit` is all or
// nothing (temporary name, fsync, rename, fsync of the folder). Only `file:` exists so far; an
// object store fits behind the same five calls, with a conditional PUT in place of the rename.
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, readdirSync } from 'node:fs'
import { renameSync, rmSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { syncFolder } from './sync-folder.ts'

export interface Store {
  /** The bytes of a file, or undefined when there is none. */
  read(name: string): Uint8Array | undefined
  /** Writes a whole file atomically, creating folders on the way. */
  commit(name: string, bytes: string | Uint8Array): void
  /** Names in a folder, sorted by code unit; empty when there is no such folder. */
  list(folder: string): string[]
  /** Removes a file or a folder and all in it; no error when there is none. */
  remove(name: string): void
  /** The local path of a name, its folder made, for writers that stream. */
  localPath(name: string): string
}

/** A store over a folder of the local file system. */
export function fileStore(root: string): Store {
  return {
    read(name) {
      try {
        return readFileSync(join(root, name))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw error
      }
    },
    commit(name, bytes) {
      commitFile(join(root, name), bytes)
    },
    list(folder) {
      try {
        return readdirSync(join(root, folder)).toSorted()
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
        throw error
      }
    },
    remove(name) {
      rmSync(join(root, name), { recursive: true, force: true })
    },
    localPath(name) {
      const path = join(root, name)
      mkdirSync(dirname(path), { recursive: true })
      return path
    },
  }
}

const blockBytes = 1 << 16

/** Short strings gathered in a buffer that is used again. */
function* blocks(parts: Iterable<string | Uint8Array>): Generator<Uint8Array> {
  let block: Buffer | undefined
  let filled = 0
  for (const part of parts) {
    const isShort = typeof part === 'string' && part.length * 3 <= blockBytes
    if (filled > 0 && (!isShort || filled + part.length * 3 > blockBytes)) {
      yield block!.subarray(0, filled)
      filled = 0
    }
    if (isShort) filled += (block ??= Buffer.allocUnsafeSlow(blockBytes)).write(part, filled)
    else yield typeof part === 'string' ? Buffer.from(part) : part
  }
  if (filled > 0) yield block!.subarray(0, filled)
}

/** Writes one file atomically: it has its old content or all of its new content, never a part. */
export function commitFile(path: string, bytes: string | Uint8Array): void {
  commitParts(path, [bytes])
}

/** As `commitFile`, in parts that are made while it is written. */
export function commitParts(path: string, parts: Iterable<string | Uint8Array>): void {
  mkdirSync(dirname(path), { recursive: true })
  const temporary = `${path}.${process.pid}.part`
  const descriptor = openSync(temporary, 'w')
  try {
    for (const buffer of blocks(parts)) {
      for (let at = 0; at < buffer.length;) at += writeSync(descriptor, buffer, at)
    }
    fsyncSync(descriptor)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  } finally {
    closeSync(descriptor)
  }
  renameSync(temporary, path)
  syncFolder(dirname(path))
}

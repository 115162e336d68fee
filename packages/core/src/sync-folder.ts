// Apart from arrow-file.ts, so that what only commits a small file does not load Arrow (20 MB, 0.1 s).
import { closeSync, fsyncSync, openSync } from 'node:fs'

/** Makes a rename in `folder` durable, where the system lets a folder be opened. */
export function syncFolder(folder: string): void {
  let descriptor: number | undefined
  try {
    descriptor = openSync(folder, 'r')
    fsyncSync(descriptor)
  } catch {
    // Windows cannot open folders; the rename is durable there without this.
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

import { join } from 'node:path'
import { createHash } from '@shardmill/core/hash'
import { closeSync, openSync, readSync } from 'node:fs'
import type { Phase } from './phases.ts'
import type { Plan } from './plan.ts'
import { readParts, taskFolder } from './state.ts'

const chunkBytes = 1 << 20

/** Data files of a phase whose content is no longer what was committed. */
export function damagedFiles(plan: Plan, phase: Phase): string[] {
  const damaged: string[] = []
  for (let index = 0; index < phase.tasks; index++) {
    const folder = taskFolder(plan, phase, index)
    for (const { files } of readParts(plan, phase, index)) {
      for (const { name, xxh64 } of files) {
        const path = join(folder, name)
        if (hashFile(path) !== xxh64) damaged.push(path)
      }
    }
  }
  return damaged
}

/** XXH64 of a file of any size. */
export function hashFile(path: string): string {
  const hash = createHash()
  const chunk = Buffer.allocUnsafe(chunkBytes)
  const descriptor = openSync(path, 'r')
  try {
    for (;;) {
      const read = readSync(descriptor, chunk)
      if (read === 0) return hash.digest()
      hash.update(chunk.subarray(0, read))
    }
  } finally {
    closeSync(descriptor)
  }
}

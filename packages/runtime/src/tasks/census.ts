// How many documents of the corpus count towards each number that a stage names (pages per site, for
// line-dedup). A part of a map task writes (number, count) pairs as doubles, exact below 2^53; every
// group task adds all of them up. Memory: 16 bytes per number, nothing for a stage that takes none.
import { readFile } from 'node:fs/promises'
import type { Census } from '@shardmill/core'
import type { Phase } from '../phases.ts'
import type { Plan } from '../plan.ts'
import { partFile, readFinishedParts, writePartFile, type PartFile } from '../state.ts'
import type { TaskHooks } from './hooks.ts'

export class CensusCounts {
  readonly #counts = new Map<number, number>()

  add(key: number, by = 1): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + by)
  }

  get: Census = (key) => this.#counts.get(key) ?? 0

  /** The file of a part. */
  write(folder: string, part: number): PartFile {
    const pairs = Float64Array.from([...this.#counts].flat())
    return writePartFile(folder, part, 'census', new Uint8Array(pairs.buffer), this.#counts.size)
  }
}

/** The census over all documents that a map phase kept. */
export async function readCensus(plan: Plan, phase: Phase, hooks: TaskHooks): Promise<Census> {
  const counts = new CensusCounts()
  for (let task = 0; task < phase.tasks; task++) {
    hooks.beat()
    for (const manifest of readFinishedParts(plan, phase, task)) {
      const path = partFile(plan, phase, task, manifest, 'census')
      if (path === undefined) continue
      const bytes = await readFile(path)
      const pairs = new Float64Array(
        bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
      )
      for (let i = 0; i < pairs.length; i += 2) counts.add(pairs[i]!, pairs[i + 1])
    }
  }
  return counts.get
}

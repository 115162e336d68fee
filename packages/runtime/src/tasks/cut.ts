// Where the final shards begin and end. All rows of a collection (kept text, one stage's dropped
// rows, quarantine) in document order are cut greedily by their sizes: a shard takes rows until the
// next would pass `shardBytes`. Sizes and order do not depend on how the input was spread over files
// or tasks, so neither do the shards. Cost: 4 bytes read per row.
import { readFile } from 'node:fs/promises'
import { relative } from 'node:path'
import type { CutPhase } from '../phases.ts'
import type { Plan } from '../plan.ts'
import {
  commitPart,
  partFile,
  prepareTaskFolder,
  readFinishedParts,
  stateFolder,
} from '../state.ts'
import { taskFolder, writePartFile } from '../state.ts'
import type { TaskHooks } from './hooks.ts'

/** Rows [from, to) of one committed file. */
export interface Slice {
  /** Relative to the state folder. */
  readonly file: string
  readonly from: number
  readonly to: number
}

export interface PlannedShard {
  /** 'text', 'dropped/<stage>', 'quarantine' or 'index/<stage>'. */
  readonly collection: string
  /** File name in the run's folder: `text/part-00000.arrow`. */
  readonly name: string
  readonly slices: readonly Slice[]
}

export async function runCut(plan: Plan, phase: CutPhase, hooks: TaskHooks): Promise<void> {
  const folder = taskFolder(plan, phase, 0)
  prepareTaskFolder(folder)
  const cutters = new Map([['text', new Cutter('text', plan.shardBytes)]])
  const root = stateFolder(plan)
  for (const map of plan.phases) {
    if (map.kind !== 'map' && map.kind !== 'index') continue
    for (let task = 0; task < map.tasks; task++) {
      hooks.beat()
      for (const manifest of readFinishedParts(plan, map, task)) {
        for (const { role } of manifest.files) {
          const collection = collectionOf(role, map.kind === 'map' && map.isLast)
          if (collection === undefined) continue
          let cutter = cutters.get(collection)
          if (!cutter) {
            cutter = new Cutter(collection, plan.shardBytes)
            cutters.set(collection, cutter)
          }
          const sizes = await readFile(partFile(plan, map, task, manifest, `sizes/${role}`)!)
          cutter.add(relative(root, partFile(plan, map, task, manifest, role)!), sizes)
        }
      }
    }
  }
  const shards = [...cutters.values()].flatMap((cutter) => cutter.finish())
  const files = [
    writePartFile(folder, 0, 'cut', Buffer.from(JSON.stringify(shards)), shards.length),
  ]
  commitPart(folder, { key: phase.key, part: 0, cursor: 0, isFinal: true, files })
}

function collectionOf(role: string, isLastMap: boolean): string | undefined {
  if (role === 'rows') return isLastMap ? 'text' : undefined
  return /^(?:quarantine$|dropped\/|index\/)/.test(role) ? role : undefined
}

class Cutter {
  readonly #collection: string
  readonly #shardBytes: number
  readonly #shards: PlannedShard[] = []
  #slices: Slice[] = []
  #bytes = 0

  constructor(collection: string, shardBytes: number) {
    this.#collection = collection
    this.#shardBytes = shardBytes
  }

  add(file: string, sizes: Buffer): void {
    const rows = sizes.length / 4
    let from = 0
    for (let row = 0; row < rows; row++) {
      const bytes = sizes.readUInt32LE(row * 4)
      if (this.#bytes > 0 && this.#bytes + bytes > this.#shardBytes) {
        if (row > from) this.#slices.push({ file, from, to: row })
        from = row
        this.#end()
      }
      this.#bytes += bytes
    }
    if (rows > from) this.#slices.push({ file, from, to: rows })
  }

  /** The shards; text has at least one, so that an empty result is a readable shard too. */
  finish(): PlannedShard[] {
    if (this.#slices.length > 0) this.#end()
    if (this.#shards.length === 0 && this.#collection === 'text') this.#end()
    return this.#shards
  }

  #end(): void {
    const number = String(this.#shards.length).padStart(5, '0')
    const name = `${this.#collection}/part-${number}.arrow`
    this.#shards.push({ collection: this.#collection, name, slices: this.#slices })
    this.#slices = []
    this.#bytes = 0
  }
}

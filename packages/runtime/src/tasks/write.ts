// Writes final shards: rows are copied as UTF-8 slices, never decoded. Task i of n writes every nth
// shard, because how many there are is known only after the cut.
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readFile } from 'node:fs/promises'
import type { Columns } from '@shardmill/core/columns'
import { droppedColumns, quarantineColumns, textColumns } from '@shardmill/core/document-shard'
import { readBatches, ShardReader } from '@shardmill/core/shard-reader'
import { ShardWriter } from '@shardmill/core/shard-writer'
import { indexColumns } from '../corpus-index.ts'
import type { WritePhase } from '../phases.ts'
import { phaseOf, type Plan } from '../plan.ts'
import {
  commitPart,
  partFile,
  prepareTaskFolder,
  readFinishedParts,
  stateFolder,
} from '../state.ts'
import { taskFolder, writePartFile } from '../state.ts'
import type { PlannedShard, Slice } from './cut.ts'
import type { TaskHooks } from './hooks.ts'

export interface WrittenShard {
  readonly name: string
  readonly rows: number
  readonly bytes: number
  readonly xxh64: string
}

export async function runWrite(
  plan: Plan,
  phase: WritePhase,
  index: number,
  hooks: TaskHooks,
): Promise<void> {
  const folder = taskFolder(plan, phase, index)
  prepareTaskFolder(folder)
  const shards = await readCut(plan, phase.cut)
  const written: WrittenShard[] = []
  for (let number = index; number < shards.length; number += phase.tasks) {
    written.push(await writeShard(plan, shards[number]!, hooks))
  }
  const files = [writePartFile(folder, 0, 'written', Buffer.from(JSON.stringify(written)))]
  commitPart(folder, { key: phase.key, part: 0, cursor: 0, isFinal: true, files })
}

/** The shards that the cut phase planned. */
async function readCut(plan: Plan, phaseId: string): Promise<PlannedShard[]> {
  const cut = phaseOf(plan, phaseId)
  const path = partFile(plan, cut, 0, readFinishedParts(plan, cut, 0)[0]!, 'cut')!
  return JSON.parse(await readFile(path, 'utf8')) as PlannedShard[]
}

async function writeShard(
  plan: Plan,
  shard: PlannedShard,
  hooks: TaskHooks,
): Promise<WrittenShard> {
  const path = join(plan.output, shard.name)
  mkdirSync(dirname(path), { recursive: true })
  const columns = columnsOf(shard.collection)
  const metadata = { shardmill: shard.collection.split('/')[0]!, ...(await recipeOf(plan, shard)) }
  const writer = new ShardWriter(path, columns, metadata)
  try {
    for (const slice of shard.slices) await copyRows(plan, slice, columns, writer, hooks)
    const { bytes, rows, xxh64 } = writer.commit()
    return { name: shard.name, rows, bytes, xxh64 }
  } finally {
    writer.close()
  }
}

/** The recipe of the descriptions in an index, which its shards carry on. */
async function recipeOf(plan: Plan, shard: PlannedShard): Promise<{ recipe: string } | undefined> {
  if (!shard.collection.startsWith('index/')) return undefined
  const reader = await ShardReader.open(join(stateFolder(plan), shard.slices[0]!.file))
  await reader.close()
  return { recipe: reader.metadata.get('recipe') ?? '' }
}

function columnsOf(collection: string): Columns {
  if (collection === 'text') return textColumns
  if (collection.startsWith('index/')) return indexColumns
  return collection === 'quarantine' ? quarantineColumns : droppedColumns
}

async function copyRows(
  plan: Plan,
  { file, from, to }: Slice,
  columns: Columns,
  writer: ShardWriter,
  hooks: TaskHooks,
): Promise<void> {
  const kinds = Object.entries(columns)
  let first = 0
  for await (const batch of readBatches(join(stateFolder(plan), file))) {
    hooks.beat()
    hooks.signal.throwIfAborted()
    const copies = kinds.map(([name, kind], column) => {
      if (kind === 'utf8' || kind === 'binary') {
        const view = batch.bytes(name)!
        return (row: number) => writer.bytes(column).pushBytes(view.slice(row))
      }
      const values = batch.numbers(name)!
      return (row: number) => writer.number(column).push(values[row]!)
    })
    const end = Math.min(batch.rows, to - first)
    for (let row = Math.max(0, from - first); row < end; row++) {
      for (const copy of copies) copy(row)
      writer.endRow()
    }
    first += batch.rows
    if (first >= to) return
  }
}

// Describes the documents that a corpus stage kept, for the index of a run (corpus-index.ts): the rows of
// one map task are read again with the verdicts applied. One file per task; the cut makes shards of
// them, so that they depend on the documents only.
import { join } from 'node:path'
import { readDocuments } from '@shardmill/core/document-shard'
import { ShardWriter } from '@shardmill/core/shard-writer'
import { indexColumns } from '../corpus-index.ts'
import type { IndexPhase } from '../phases.ts'
import { phaseOf, type Plan } from '../plan.ts'
import { commitPart, dataFileName, writePartFile } from '../state.ts'
import { openTask } from './corpus-pass.ts'
import type { TaskHooks } from './hooks.ts'
import { readRowBatches } from './source.ts'
import { readVerdicts } from './verdicts.ts'

export async function runIndex(
  plan: Plan,
  phase: IndexPhase,
  index: number,
  hooks: TaskHooks,
): Promise<void> {
  const { folder, pass } = await openTask(plan, phase, index, hooks, 'describe')
  const verdicts = await readVerdicts(plan, phase.verdicts, index)
  const role = `index/${phase.stage.label}`
  const name = dataFileName(0, role, 'arrow')
  const writer = new ShardWriter(join(folder, name), indexColumns, { recipe: phase.recipe })
  const sizes: number[] = []
  try {
    let row = 0
    for await (const batch of readRowBatches(plan, phaseOf(plan, phase.source), index)) {
      hooks.signal.throwIfAborted()
      for (const document of readDocuments(batch)) {
        hooks.beat()
        verdicts.apply(document, row++)
        if (!document.isKept) continue
        const { buffer, byteOffset, byteLength } = pass.describe(document)
        writer.bytes(0).pushText(document.id)
        writer.bytes(1).pushText(document.url)
        writer.bytes(2).pushBytes(new Uint8Array(buffer, byteOffset, byteLength))
        writer.endRow()
        sizes.push(document.id.length + document.url.length + byteLength)
      }
    }
    const { bytes, rows, xxh64 } = writer.commit()
    const sizeBytes = new Uint8Array(Uint32Array.from(sizes).buffer)
    const files = [
      { role, name, bytes, rows, xxh64 },
      writePartFile(folder, 0, `sizes/${role}`, sizeBytes, rows),
    ]
    commitPart(folder, { key: phase.key, part: 0, cursor: 0, isFinal: true, files })
  } finally {
    writer.close()
  }
}

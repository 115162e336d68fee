// Describes the documents that a corpus stage kept, for the index of a run (corpus-index.ts): the rows of
// one map task are read again with the verdicts applied. One file per task; the cut makes shards of
// them, so that they depend on the documents only.
import { join } from 'node:path'
import { PipelineError } from '@shardmill/core'
import { readDocuments } from '@shardmill/core/document-shard'
import { ShardReader } from '@shardmill/core/shard-reader'
import { ShardWriter } from '@shardmill/core/shard-writer'
import { indexColumns } from '../corpus-index.ts'
import { phaseOf, type IndexPhase, type Plan } from '../plan.ts'
import { commitPart, dataFileName, partFile, prepareTaskFolder } from '../state.ts'
import { readFinishedParts, taskFolder, writePartFile } from '../state.ts'
import { taskContext } from './context.ts'
import { openPass } from './corpus-pass.ts'
import type { TaskHooks } from './hooks.ts'
import { readVerdicts } from './verdicts.ts'

export async function runIndex(
  plan: Plan,
  phase: IndexPhase,
  index: number,
  hooks: TaskHooks,
): Promise<void> {
  const folder = taskFolder(plan, phase, index)
  prepareTaskFolder(folder)
  const pass = await openPass(plan, phase.stage, taskContext(plan, folder, hooks))
  if (!pass.describe) {
    throw new PipelineError(`${phase.stage.label}: a stage with an index needs \`describe\``)
  }
  const verdicts = await readVerdicts(plan, phase.verdicts, index)
  const role = `index/${phase.stage.label}`
  const name = dataFileName(0, role, 'arrow')
  const writer = new ShardWriter(join(folder, name), indexColumns, { recipe: phase.recipe })
  const sizes: number[] = []
  try {
    const source = phaseOf(plan, phase.source)
    let row = 0
    for (const manifest of readFinishedParts(plan, source, index)) {
      const path = partFile(plan, source, index, manifest, 'rows')
      if (!path) continue
      const reader = await ShardReader.open(path)
      try {
        for await (const batch of reader.batches()) {
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
      } finally {
        await reader.close()
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

// Exchange records of documents of earlier runs, made from their descriptions in an index: one shard per
// task. A part ends after 64 MB of records. The documents are numbered behind those of this run.
import { PipelineError } from '@shardmill/core'
import { ShardReader } from '@shardmill/core/shard-reader'
import { RecordBuffer } from '../exchange/record-buffer.ts'
import type { Plan, RecallPhase } from '../plan.ts'
import { commitPart, prepareTaskFolder, readParts, taskFolder, writePartFile } from '../state.ts'
import { taskContext } from './context.ts'
import { openPass } from './corpus-pass.ts'
import type { TaskHooks } from './hooks.ts'

const partBytes = 64 << 20

export async function runRecall(
  plan: Plan,
  phase: RecallPhase,
  index: number,
  hooks: TaskHooks,
): Promise<void> {
  const folder = taskFolder(plan, phase, index)
  prepareTaskFolder(folder)
  const pass = await openPass(plan, phase.stage, taskContext(plan, folder, hooks))
  if (!pass.emitDescribed) {
    throw new PipelineError(`${phase.stage.label}: a stage with an index needs \`emitDescribed\``)
  }
  const parts = readParts(plan, phase, index)
  const resumeAt = parts.at(-1)?.cursor ?? 0
  let part = parts.length
  let row = 0
  let records = new RecordBuffer(pass.recordWords)
  const commit = (isFinal: boolean): void => {
    const { words, sections } = records.partitioned(plan.partitions)
    const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
    const files = [writePartFile(folder, part, 'records', bytes, records.count)]
    commitPart(folder, { key: phase.key, part, cursor: row, isFinal, files, sections })
    records = new RecordBuffer(pass.recordWords)
    part++
  }
  const reader = await ShardReader.open(phase.shards[index]!.path)
  try {
    for await (const batch of reader.batches()) {
      hooks.beat()
      hooks.signal.throwIfAborted()
      const descriptions = batch.bytes('description')!
      for (let i = 0; i < batch.rows; i++, row++) {
        if (row < resumeAt) continue
        const own = row
        pass.emitDescribed(wordsOf(descriptions.slice(i)), (...record) => records.push(own, record))
      }
      if (records.byteLength >= partBytes) commit(false)
    }
  } finally {
    await reader.close()
  }
  commit(true)
}

/** Bytes of a shard as words; copied, for they may begin anywhere. */
export function wordsOf(bytes: Uint8Array): Uint32Array {
  // Not `bytes.slice()`: of a Buffer that is a view.
  return new Uint32Array(new Uint8Array(bytes).buffer)
}

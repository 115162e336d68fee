// Exchange records of documents of earlier runs, made from their descriptions in an index: one shard per
// task. A part ends after 64 MB of records. The documents are numbered behind those of this run.
import { readBatches } from '@shardmill/core/shard-reader'
import { RecordBuffer } from '../exchange/record-buffer.ts'
import type { RecallPhase } from '../phases.ts'
import type { Plan } from '../plan.ts'
import { openTask } from './corpus-pass.ts'
import { ExchangeParts } from './exchange-parts.ts'
import type { TaskHooks } from './hooks.ts'

const partBytes = 64 << 20

export async function runRecall(
  plan: Plan,
  phase: RecallPhase,
  index: number,
  hooks: TaskHooks,
): Promise<void> {
  const { folder, pass } = await openTask(plan, phase, index, hooks, 'emitDescribed')
  const parts = new ExchangeParts(plan, phase, index, folder, 'records')
  let row = 0
  let records = new RecordBuffer(pass.recordWords)
  const commit = (isFinal: boolean): void => {
    parts.commit(records.partitioned(plan.partitions), records.count, row, isFinal)
    records = new RecordBuffer(pass.recordWords)
  }
  for await (const batch of readBatches(phase.shards[index]!.path)) {
    hooks.beat()
    hooks.signal.throwIfAborted()
    const descriptions = batch.bytes('description')!
    for (let i = 0; i < batch.rows; i++, row++) {
      if (row < parts.resumeAt) continue
      const own = row
      pass.emitDescribed(wordsOf(descriptions.slice(i)), (...record) => records.push(own, record))
    }
    if (records.byteLength >= partBytes) commit(false)
  }
  commit(true)
}

/** Bytes of a shard as words; copied, for they may begin anywhere. */
export function wordsOf(bytes: Uint8Array): Uint32Array {
  // Not `bytes.slice()`: of a Buffer that is a view.
  return new Uint32Array(new Uint8Array(bytes).buffer)
}

// Quotes the marked stretches of documents for a stage that verifies spans: the rows of one map task
// are read again and the stage says what is to be compared of those with marks. A part ends after
// 64 MB of quotations, so memory does not depend on how much of a corpus is repeated.
import { PipelineError } from '@shardmill/core'
import { readDocuments } from '@shardmill/core/document-shard'
import { ShardReader } from '@shardmill/core/shard-reader'
import { MemberBuffer } from '../exchange/member-buffer.ts'
import { phaseOf, type Plan, type QuotePhase } from '../plan.ts'
import {
  commitPart,
  firstOrdinals,
  partFile,
  prepareTaskFolder,
  readFinishedParts,
  readParts,
  taskFolder,
  writePartFile,
} from '../state.ts'
import { taskContext } from './context.ts'
import { openPass } from './corpus-pass.ts'
import type { TaskHooks } from './hooks.ts'
import { readMarks } from './verdicts.ts'

const partWords = 16 << 20

export async function runQuote(
  plan: Plan,
  phase: QuotePhase,
  index: number,
  hooks: TaskHooks,
): Promise<void> {
  const folder = taskFolder(plan, phase, index)
  prepareTaskFolder(folder)
  const pass = await openPass(plan, phase.stage, taskContext(plan, folder, hooks))
  if (!pass.quote) {
    throw new PipelineError(`${phase.stage.label}: a stage that verifies spans needs \`quote\``)
  }
  const source = phaseOf(plan, phase.source)
  const first = firstOrdinals(plan, source)[index]!
  const marks = await readMarks(plan, phaseOf(plan, phase.group), index)
  const parts = readParts(plan, phase, index)
  const resumeAt = parts.at(-1)?.cursor ?? 0
  let part = parts.length
  let row = 0
  let members = new MemberBuffer()
  const commit = (isFinal: boolean): void => {
    const { words, sections } = members.partitioned(plan.partitions)
    const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
    const files = [writePartFile(folder, part, 'members', bytes, words.length)]
    commitPart(folder, { key: phase.key, part, cursor: row, isFinal, files, sections })
    members = new MemberBuffer()
    part++
  }
  for (const manifest of marks ? readFinishedParts(plan, source, index) : []) {
    const path = partFile(plan, source, index, manifest, 'rows')
    if (!path) continue
    const reader = await ShardReader.open(path)
    try {
      for await (const batch of reader.batches()) {
        hooks.beat()
        hooks.signal.throwIfAborted()
        const until = row + batch.rows
        if (until <= resumeAt || marks!.hasNone(row, until)) {
          row = until
          continue
        }
        for (const document of readDocuments(batch)) {
          const own = row < resumeAt ? undefined : marks!.of(row)
          if (own) {
            hooks.beat()
            const ordinal = first + row
            pass.quote(document, own, (key, words) => members.push(key, ordinal, words))
          }
          row++
          if (members.wordCount >= partWords) commit(false)
        }
      }
    } finally {
      await reader.close()
    }
  }
  commit(true)
}

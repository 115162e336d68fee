// Quotes the marked stretches of documents for a stage that verifies spans: the rows of one map task
// are read again and the stage says what is to be compared of those with marks. A part ends after
// 64 MB of quotations, so memory does not depend on how much of a corpus is repeated.
import { readDocuments } from '@shardmill/core/document-shard'
import { MemberBuffer } from '../exchange/member-buffer.ts'
import type { QuotePhase } from '../phases.ts'
import { phaseOf, type Plan } from '../plan.ts'
import { firstOrdinals } from '../state.ts'
import { openTask } from './corpus-pass.ts'
import { ExchangeParts } from './exchange-parts.ts'
import type { TaskHooks } from './hooks.ts'
import { readRowBatches } from './source.ts'
import { readMarks } from './verdicts.ts'

const partWords = 16 << 20

export async function runQuote(
  plan: Plan,
  phase: QuotePhase,
  index: number,
  hooks: TaskHooks,
): Promise<void> {
  const { folder, pass } = await openTask(plan, phase, index, hooks, 'quote')
  const source = phaseOf(plan, phase.source)
  const first = firstOrdinals(plan, source)[index]!
  const marks = await readMarks(plan, phaseOf(plan, phase.group), index)
  const parts = new ExchangeParts(plan, phase, index, folder, 'members')
  let row = 0
  let members = new MemberBuffer()
  const commit = (isFinal: boolean): void => {
    parts.commit(members.partitioned(plan.partitions), members.wordCount, row, isFinal)
    members = new MemberBuffer()
  }
  for await (const batch of marks ? readRowBatches(plan, source, index) : []) {
    hooks.beat()
    hooks.signal.throwIfAborted()
    const until = row + batch.rows
    if (until <= parts.resumeAt || marks!.hasNone(row, until)) {
      row = until
      continue
    }
    for (const document of readDocuments(batch)) {
      const own = row < parts.resumeAt ? undefined : marks!.of(row)
      if (own) {
        hooks.beat()
        const ordinal = first + row
        pass.quote(document, own, (key, words) => members.push(key, ordinal, words))
      }
      row++
      if (members.wordCount >= partWords) commit(false)
    }
  }
  commit(true)
}

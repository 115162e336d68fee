// Runs a corpus stage in memory: emit, group by key, reduce or decide. `order` shuffles the records
// before grouping, which the runtime never does but the stage must not notice.
import type { Document } from '@shardmill/core/document'
import type { Stage, Verdict } from '@shardmill/core/stage'
import { testContext } from './run-fixture.ts'

export interface CorpusResult {
  /** Ordinal of a dropped document to the ordinal of its keeper. */
  readonly dropped: ReadonlyMap<number, number>
  readonly copies: ReadonlyMap<number, number>
  readonly reason: string
}

export async function runCorpus(
  stage: Stage,
  options: unknown,
  documents: readonly Document[],
  order: <T>(list: readonly T[]) => readonly T[] = (list) => list,
): Promise<CorpusResult> {
  if (stage.scope !== 'corpus') throw new Error(`${stage.name} is no corpus stage`)
  const pass = await stage.create(stage.options.parse(options), testContext('.'))
  const records: { ordinal: number; words: number[] }[] = []
  documents.forEach((document, ordinal) => {
    pass.emit?.(document, (...words) => {
      if (words.length !== pass.recordWords) throw new Error(`${words.length} words in a record`)
      records.push({ ordinal, words: [...Uint32Array.from(words)] })
    })
  })
  const groups = new Map<string, typeof records>()
  for (const record of order(records)) {
    const key = record.words.slice(0, pass.keyWords).join()
    groups.set(key, [...(groups.get(key) ?? []), record])
  }
  const dropped = new Map<number, number>()
  const copies = new Map<number, number>()
  const verdict: Verdict = {
    drop: (ordinal, keeper) => void dropped.set(ordinal, keeper),
    stands: (ordinal, count) => void copies.set(ordinal, count),
    link: () => undefined,
  }
  for (const group of groups.values()) {
    if (group.length < 2) continue
    pass.reduce?.(
      {
        count: group.length,
        word: (record, index) => group[record]!.words[index]!,
        ordinal: (record) => group[record]!.ordinal,
      },
      verdict,
    )
  }
  pass.decide?.(documents.length, verdict)
  return { dropped, copies, reason: pass.reason }
}

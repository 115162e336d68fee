// Runs a corpus stage in memory: emit, group by key, reduce or decide, then describe and settle for a
// stage that verifies. `order` shuffles the records before grouping, which the runtime never does but
// the stage must not notice.
import type { Document } from '@shardmill/core/document'
import type { CorpusPass, Stage, Verdict } from '@shardmill/core/stage'
import {
  fixtureResult,
  readFixtureDocuments,
  readFixtureOptions,
  testContext,
  type FixtureResult,
} from './run-fixture.ts'

export interface CorpusResult {
  /** Ordinal of a dropped document to the ordinal of its keeper. */
  readonly dropped: ReadonlyMap<number, number>
  readonly copies: ReadonlyMap<number, number>
  readonly reason: string
  /** Candidates of a stage that verifies. */
  readonly links: readonly (readonly [number, number])[]
}

/** Runs a corpus stage over the documents of a fixture folder. */
export async function runCorpusFixture(stage: Stage, path: string): Promise<FixtureResult> {
  const documents = readFixtureDocuments(path)
  const { dropped, copies, reason } = await runCorpus(stage, readFixtureOptions(path), documents)
  for (const ordinal of dropped.keys()) documents[ordinal]!.dropped = { stage: stage.name, reason }
  for (const [ordinal, count] of copies) documents[ordinal]!.meta.duplicates = count
  return fixtureResult(documents)
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
  const links: [number, number][] = []
  const verdict: Verdict = {
    drop: (ordinal, keeper) => void dropped.set(ordinal, keeper),
    stands: (ordinal, count) => void copies.set(ordinal, count),
    link: (a, b) => void links.push([a, b]),
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
  if (stage.verifies) settle(pass, documents, links, verdict)
  return { dropped, copies, reason: pass.reason, links }
}

function settle(
  pass: CorpusPass,
  documents: readonly Document[],
  links: readonly (readonly [number, number])[],
  verdict: Verdict,
): void {
  const labels = documents.map((_, ordinal) => ordinal)
  for (const [a, b] of links) {
    const [least, other] = [Math.min(labels[a]!, labels[b]!), Math.max(labels[a]!, labels[b]!)]
    if (least !== other) {
      for (const [i, label] of labels.entries()) if (label === other) labels[i] = least
    }
  }
  for (const [label] of documents.entries()) {
    const members = labels.flatMap((other, ordinal) => (other === label ? [ordinal] : []))
    if (members.length < 2) continue
    const words = members.map((ordinal) => pass.describe!(documents[ordinal]!).slice())
    pass.settle!(
      {
        count: members.length,
        ordinal: (member) => members[member]!,
        words: (member) => words[member]!,
      },
      verdict,
    )
  }
}

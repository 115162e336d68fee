// Runs a corpus stage in memory: emit, group by key, reduce or decide, then describe (or quote) and
// settle for a stage that verifies. `order` shuffles the records before grouping, which the runtime
// never does but the stage must not notice.
import { cutSpans, describeSpans } from '@shardmill/core/cut-spans'
import type { Document } from '@shardmill/core/document'
import { mergeSpans, type Spans } from '@shardmill/core/lines'
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
  /** What is marked in each document in the end. */
  readonly marks: ReadonlyMap<number, Spans>
  readonly pass: CorpusPass
}

/** Runs a corpus stage over the documents of a fixture folder. */
export async function runCorpusFixture(stage: Stage, path: string): Promise<FixtureResult> {
  const documents = readFixtureDocuments(path)
  const result = await runCorpus(stage, readFixtureOptions(path), documents)
  applyVerdicts(stage, result, documents)
  return fixtureResult(documents)
}

/** Drops and cuts documents as the runtime does. */
export function applyVerdicts(
  { name }: Stage,
  { dropped, copies, reason, marks, pass }: CorpusResult,
  documents: readonly Document[],
): void {
  for (const ordinal of dropped.keys()) documents[ordinal]!.dropped = { stage: name, reason }
  for (const [ordinal, count] of copies) documents[ordinal]!.meta.duplicates = count
  for (const [ordinal, own] of marks) {
    const document = documents[ordinal]!
    const whole = document.text
    const spans = pass.spans!(document, own)
    if (spans.count === 0) continue
    document.text = cutSpans(whole, spans)
    const why = pass.judgeRest?.(document)
    if (why === undefined) document.meta[name] = describeSpans(whole, spans)
    else {
      document.text = whole
      document.dropped = { stage: name, reason: why }
    }
  }
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
    appendTo(groups, key, record)
  }
  const dropped = new Map<number, number>()
  const copies = new Map<number, number>()
  const links: [number, number][] = []
  let marked = new Map<number, number[]>()
  const counts = new Map<number, number>()
  for (const document of documents) {
    const key = pass.census?.(document)
    if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  const verdict: Verdict = {
    mark(ordinal, from, to) {
      appendTo(marked, ordinal, from, to)
    },
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
        isIndexed: () => false,
      },
      verdict,
      (key) => counts.get(key) ?? 0,
    )
  }
  pass.decide?.(documents.length, verdict)
  if (stage.verifies === 'documents') settle(pass, documents, links, verdict)
  if (stage.verifies === 'spans') {
    const candidates = marked
    marked = new Map()
    settleQuotes(pass, documents, candidates, verdict)
  }
  const marks = new Map(
    [...marked]
      .toSorted(([a], [b]) => a - b)
      .map(([ordinal, pairs]) => [ordinal, mergeSpans(Uint32Array.from(pairs))]),
  )
  return { dropped, copies, reason: pass.reason, links, marks, pass }
}

function appendTo<K, V>(lists: Map<K, V[]>, key: K, ...values: V[]): void {
  const list = lists.get(key)
  if (list) list.push(...values)
  else lists.set(key, values)
}

function settleQuotes(
  pass: CorpusPass,
  documents: readonly Document[],
  candidates: ReadonlyMap<number, readonly number[]>,
  verdict: Verdict,
): void {
  const quotes = new Map<number, { ordinal: number; words: Uint32Array }[]>()
  for (const [ordinal, pairs] of [...candidates].toSorted(([a], [b]) => a - b)) {
    pass.quote!(documents[ordinal]!, mergeSpans(Uint32Array.from(pairs)), (key, words) => {
      appendTo(quotes, key, { ordinal, words: words.slice() })
    })
  }
  for (const members of quotes.values()) {
    if (members.length < 2) continue
    const ordinal = (member: number): number => members[member]!.ordinal
    const words = (member: number): Uint32Array => members[member]!.words
    const isIndexed = (): boolean => false
    pass.settle!({ count: members.length, ordinal, words, isIndexed }, verdict)
  }
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
        isIndexed: () => false,
      },
      verdict,
    )
  }
}

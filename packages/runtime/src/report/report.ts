// The report of a run: a funnel of stages with reasons, samples, language and domain tables, length
// histograms, shards with their hashes, and the proof that no document was lost. Everything but
// `timings` depends on the documents only. report.json is this object; report.html renders it.
import { PipelineError } from '@shardmill/core'
import { hashText128 } from '@shardmill/core/hash'
import { mapPhases, type Plan } from '../plan.ts'
import { addTo, emptyStats } from '../stats.ts'
import type { LanguageStats, Sample, StageStats, Stats, Tally } from '../stats.ts'
import { mergeTaskStats } from '../task-stats.ts'
import type { WrittenShard } from '../tasks/write.ts'
import { readClusters, type ClusterSample } from './clusters.ts'
import { writtenShards } from './shards.ts'

export interface StageReport {
  readonly name: string
  readonly in: number
  readonly kept: number
  readonly quarantined: number
  readonly dropped: Readonly<Record<string, number>>
  readonly counters: Readonly<Record<string, number>>
  /** What its options come to. */
  readonly note?: string
  readonly languages: Readonly<Record<string, LanguageStats>>
}

export interface Overlap {
  /** Share of dropped documents that later filters judged too. */
  readonly share: number
  /** Sampled documents that were dropped. */
  readonly documents: number
  /** By stage: documents it dropped or would have dropped, and those that no other would have. */
  readonly stages: Readonly<Record<string, { dropped: number; alone: number }>>
  /** Documents that both stages would have dropped. */
  readonly pairs: Readonly<Record<string, Readonly<Record<string, number>>>>
}

export interface Report {
  readonly name: string
  readonly planKey: string
  readonly seed: number
  /** Hash over the names and hashes of all shards: equal digests are equal outputs. */
  readonly digest: string
  readonly read: Stats['read']
  readonly skippedAt: Stats['skippedAt']
  readonly stages: readonly StageReport[]
  readonly kept: number
  readonly languages: Readonly<Record<string, Tally & { keptLength: number }>>
  /** The 200 largest. */
  readonly domains: Readonly<Record<string, Tally>>
  readonly domainCount: number
  readonly lengths: Stats['lengths']
  /** Of the documents that a stage of the same phase dropped, those that others would have dropped. */
  readonly overlap: Overlap
  /** Clusters of documents that are alike, by corpus stage. */
  readonly clusters: Readonly<Record<string, readonly ClusterSample[]>>
  readonly samples: Readonly<Record<string, readonly Sample[]>>
  readonly shards: readonly WrittenShard[]
  readonly timings: {
    readonly wallSeconds: number
    /** Worker seconds per stage; 0 for what was cached from an earlier run. */
    readonly stages: Readonly<Record<string, { cpuSeconds: number; inputSize: number }>>
  }
}

const domainRows = 200

/** Collects the report of a finished plan. Throws when a document is missing from the sums. */
export async function buildReport(plan: Plan, wallSeconds: number): Promise<Report> {
  const stats = emptyStats()
  for (const phase of mapPhases(plan)) mergeTaskStats(plan, phase, stats)
  const order = stageOrder(plan).filter((name) => stats.stages[name])
  const kept = Object.values(stats.languages).reduce((sum, tally) => sum + tally.kept, 0)
  checkSums(stats, order, kept)
  const shards = writtenShards(plan).map(({ name, rows, bytes, xxh64 }) => ({
    name,
    rows,
    bytes,
    xxh64,
  }))
  const text = shards.filter(({ name }) => name.startsWith('text/'))
  const written = text.reduce((sum, { rows }) => sum + rows, 0)
  if (written !== kept) throw lost(`${kept} documents were kept, the text shards hold ${written}`)
  const domains = Object.entries(stats.domains).toSorted(byTotal)
  return {
    name: plan.name,
    planKey: plan.key,
    seed: plan.seed,
    digest: hashText128(shards.map(({ name, xxh64 }) => `${name} ${xxh64}\n`).join('')),
    read: stats.read,
    skippedAt: stats.skippedAt,
    stages: order.map((name) => stageReport(plan, name, stats.stages[name]!)),
    kept,
    languages: Object.fromEntries(Object.entries(stats.languages).toSorted(byTotal)),
    domains: Object.fromEntries(domains.slice(0, domainRows)),
    domainCount: domains.length,
    lengths: stats.lengths,
    overlap: overlapOf(plan, stats.overlap, order),
    clusters: await readClusters(plan),
    samples: stats.samples,
    shards,
    timings: {
      wallSeconds: Math.round(wallSeconds * 100) / 100,
      stages: Object.fromEntries(
        order.map((name) => {
          const { cpuMs, inputSize } = stats.stages[name]!
          return [name, { cpuSeconds: Math.round(cpuMs) / 1000, inputSize }]
        }),
      ),
    },
  }
}

function stageOrder(plan: Plan): string[] {
  const labels = ['read']
  for (const { verdicts, stages } of mapPhases(plan)) {
    if (verdicts) labels.push(verdicts.stage.label)
    labels.push(...stages.map((stage) => stage.label))
  }
  return [...labels, 'write']
}

/** Sets of stages as a matrix of pairs. */
function overlapOf(plan: Plan, sets: Stats['overlap'], order: readonly string[]): Overlap {
  const stages: Record<string, { dropped: number; alone: number }> = {}
  const pairs: Record<string, Record<string, number>> = {}
  let documents = 0
  for (const [set, count] of Object.entries(sets)) {
    const labels = set.split('\n')
    documents += count
    for (const a of labels) {
      const stage = (stages[a] ??= { dropped: 0, alone: 0 })
      stage.dropped += count
      if (labels.length === 1) stage.alone += count
      for (const b of labels) if (a !== b) addTo((pairs[a] ??= {}), b, count)
    }
  }
  // A filter that is the only one of its phase was compared with none.
  const compared = new Set(
    mapPhases(plan)
      .map((phase) => phase.stages.map(({ label }) => label).filter((label) => stages[label]))
      .filter(({ length }) => length > 1)
      .flat(),
  )
  const names = order.filter((name) => compared.has(name))
  const sort = <T>(record: Record<string, T>): Record<string, T> =>
    Object.fromEntries(names.flatMap((name) => (record[name] ? [[name, record[name]]] : [])))
  return { share: plan.overlapShare, documents, stages: sort(stages), pairs: sort(pairs) }
}

function noteOf(plan: Plan, label: string): { note: string } | undefined {
  const phase = plan.phases.find((each) => each.kind === 'group' && each.stage.label === label)
  return phase?.kind === 'group' && phase.note !== undefined ? { note: phase.note } : undefined
}

function stageReport(plan: Plan, name: string, stage: StageStats): StageReport {
  const { in: entered, kept, quarantined, dropped, counters } = stage
  return {
    name,
    in: entered,
    kept,
    quarantined,
    dropped: sorted(dropped),
    counters: sorted(counters),
    ...noteOf(plan, name),
    languages: Object.fromEntries(
      Object.entries(stage.languages).toSorted(([a, x], [b, y]) => y.in - x.in || (a < b ? -1 : 1)),
    ),
  }
}

/** rows in = kept + dropped + quarantined at every stage, and each stage gets what the last kept. */
function checkSums(stats: Stats, order: readonly string[], kept: number): void {
  const skipped = total(stats.read.skipped)
  const { items, documents } = stats.read
  if (items !== documents + skipped) {
    throw lost(`${items} records were read, ${documents} are documents and ${skipped} were skipped`)
  }
  let expected = documents
  for (const name of order) {
    const stage = stats.stages[name]!
    const dropped = total(stage.dropped)
    if (name === 'read' || name === 'write') {
      expected -= stage.quarantined
      continue
    }
    if (stage.in !== expected) throw lost(`${name} got ${stage.in} documents of ${expected}`)
    if (stage.in !== stage.kept + dropped + stage.quarantined) {
      throw lost(
        `${name}: ${stage.in} in, ${stage.kept} kept, ${dropped} dropped, ${stage.quarantined} quarantined`,
      )
    }
    expected = stage.kept
  }
  if (expected !== kept) throw lost(`${expected} documents left the last stage, ${kept} were kept`)
}

function lost(message: string): PipelineError {
  return new PipelineError(`the sums do not add up: ${message}`, {
    code: 'lost-rows',
    hint: 'this is a bug in Shardmill; please report it with run.json',
  })
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}

function sorted(counts: Readonly<Record<string, number>>): Record<string, number> {
  const order = Object.entries(counts).toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
  return Object.fromEntries(order)
}

function byTotal([a, x]: [string, Tally], [b, y]: [string, Tally]): number {
  const size = (tally: Tally): number => tally.kept + tally.dropped + tally.quarantined
  return size(y) - size(x) || (a < b ? -1 : 1)
}

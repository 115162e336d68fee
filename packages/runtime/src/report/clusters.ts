// Twenty clusters of every corpus stage that drops documents in favour of others, for the report: who was
// kept, who was dropped for it, and how their texts differ. Which twenty follows from the numbers of
// the keepers alone. `resolve` picks them; the texts are read again from the rows of the phase before,
// at most one file per document shown.
import { readFileSync } from 'node:fs'
import type { Document } from '@shardmill/core'
import { readDocuments } from '@shardmill/core/document-shard'
import { mix32 } from '@shardmill/core/random'
import { readBatches } from '@shardmill/core/shard-reader'
import type { ResolvePhase } from '../phases.ts'
import { phaseOf, type Plan } from '../plan.ts'
import { partFile, readFinishedParts, rowsOf } from '../state.ts'
import { droppedBit } from '../tasks/verdicts.ts'
import { diffTexts, type DiffPart } from './diff.ts'

const clustersShown = 20
const othersShown = 5

/** A cluster by ordinals: the keeper, how many were dropped for it, the first of them. */
export interface ClusterOrdinals {
  readonly keeper: number
  readonly dropped: number
  readonly first: readonly number[]
}

export interface ClusterDocument {
  readonly id: string
  readonly url: string
  readonly lang: string
  readonly length: number
}

export interface ClusterSample {
  /** Documents of the cluster that this stage dropped. */
  readonly dropped: number
  readonly kept: ClusterDocument
  /** True when the kept one belongs to an earlier run: only its id and URL are known. */
  readonly isIndexed: boolean
  readonly example: ClusterDocument
  /** How the example differs from what was kept; empty when it does not. */
  readonly diff: readonly DiffPart[]
  readonly others: readonly string[]
}

/** The clusters to show, of verdict words per document (see tasks/verdicts.ts). */
export function pickClusters(words: Uint32Array): ClusterOrdinals[] {
  const picked = new Map<number, { rank: number; dropped: number; first: number[] }>()
  let worst = Infinity
  for (let ordinal = 0; ordinal < words.length; ordinal++) {
    if (words[ordinal]! < droppedBit) continue
    const keeper = words[ordinal]! - droppedBit
    const rank = mix32(keeper)
    // A keeper among the final twenty is let in with its first document and never put out.
    if (keeper === ordinal || rank > worst) continue
    const cluster = picked.get(keeper) ?? { rank, dropped: 0, first: [] }
    picked.set(keeper, cluster)
    cluster.dropped++
    if (cluster.first.length <= othersShown) cluster.first.push(ordinal)
    if (picked.size > clustersShown) {
      const [last] = [...picked].toSorted(([, a], [, b]) => b.rank - a.rank)[0]!
      picked.delete(last)
    }
    if (picked.size === clustersShown) {
      worst = Math.max(...[...picked.values()].map((each) => each.rank))
    }
  }
  return [...picked]
    .toSorted(([a], [b]) => a - b)
    .map(([keeper, { dropped, first }]) => ({ keeper, dropped, first }))
}

/** The samples of all corpus stages of a finished plan, by stage. */
export async function readClusters(plan: Plan): Promise<Record<string, ClusterSample[]>> {
  const clusters: Record<string, ClusterSample[]> = {}
  for (const phase of plan.phases) {
    if (phase.kind !== 'resolve') continue
    const samples = await readSamples(plan, phase)
    if (samples.length > 0) clusters[phase.stage.label] = samples
  }
  return clusters
}

async function readSamples(plan: Plan, phase: ResolvePhase): Promise<ClusterSample[]> {
  const manifest = readFinishedParts(plan, phase, 0)[0]!
  const header = readFileSync(partFile(plan, phase, 0, manifest, 'header')!, 'utf8')
  const { firsts, clusters } = JSON.parse(header) as {
    firsts: number[]
    clusters: ClusterOrdinals[]
  }
  const count = firsts.at(-1)!
  const documents = await readRows(
    plan,
    phase.source,
    firsts,
    clusters.flatMap(({ keeper, first }) => [keeper, ...first]).filter((each) => each < count),
  )
  const indexed = await readIndexed(
    plan,
    phase,
    clusters.flatMap(({ keeper }) => (keeper < count ? [] : [keeper - count])),
  )
  return clusters.map(({ keeper, dropped, first }) => {
    const [example, ...others] = first.map((ordinal) => documents.get(ordinal)!)
    const own = documents.get(keeper)
    return {
      dropped,
      kept: own ? describe(own) : indexed.get(keeper - count)!,
      isIndexed: own === undefined,
      example: describe(example!),
      diff: own && own.text !== example!.text ? diffTexts(own.text, example!.text) : [],
      others: others.map(({ id, url }) => url || id),
    }
  })
}

function describe({ id, url, lang, text }: Document): ClusterDocument {
  return { id, url, lang, length: text.length }
}

/** Documents of a map phase by ordinal. */
async function readRows(
  plan: Plan,
  source: string,
  firsts: readonly number[],
  ordinals: readonly number[],
): Promise<Map<number, Document>> {
  const phase = phaseOf(plan, source)
  const found = new Map<number, Document>()
  const sorted = [...new Set(ordinals)].toSorted((a, b) => a - b)
  for (let task = 0; task < phase.tasks; task++) {
    const wanted = sorted.filter((each) => each >= firsts[task]! && each < firsts[task + 1]!)
    if (wanted.length === 0) continue
    let first = firsts[task]!
    for (const manifest of readFinishedParts(plan, phase, task)) {
      const path = partFile(plan, phase, task, manifest, 'rows')
      const end = first + rowsOf(manifest)
      const rows = wanted.flatMap((each) => (each >= first && each < end ? [each - first] : []))
      if (path) await forEachRow(path, rows, (document, row) => found.set(first + row, document))
      first = end
    }
  }
  return found
}

async function forEachRow(
  path: string,
  rows: readonly number[],
  visit: (document: Document, row: number) => void,
): Promise<void> {
  if (rows.length === 0) return
  let first = 0
  for await (const batch of readBatches(path)) {
    const own = rows.filter((row) => row >= first && row < first + batch.rows)
    const documents = own.length > 0 ? readDocuments(batch) : []
    for (const row of own) visit(documents[row - first]!, row)
    first += batch.rows
    if (first > rows.at(-1)!) return
  }
}

/** Id and URL of documents of earlier runs, by number in the indexes laid end to end. */
async function readIndexed(
  plan: Plan,
  { recall }: ResolvePhase,
  numbers: readonly number[],
): Promise<Map<number, ClusterDocument>> {
  const found = new Map<number, ClusterDocument>()
  if (numbers.length === 0 || recall === undefined) return found
  let first = 0
  for (const { path, rows } of phaseOf(plan, recall, 'recall').shards) {
    const own = numbers.flatMap((each) =>
      each >= first && each < first + rows ? [each - first] : [],
    )
    const base = first
    await forEachRow(
      path,
      own.toSorted((a, b) => a - b),
      ({ id, url }, row) => found.set(base + row, { id, url, lang: '', length: 0 }),
    )
    first += rows
  }
  return found
}

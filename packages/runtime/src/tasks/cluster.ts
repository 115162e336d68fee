// For a stage that verifies: the links of all partitions become clusters, written as one label per
// document, the least ordinal of its cluster, or `alone`. A cluster larger than
// `maxClusterDocuments` is cut into pieces of that size in document order, each labelled by its own
// first document: what one settle call holds is bounded whatever the data are.
// Memory: 16 bytes per document.
import { readFile } from 'node:fs/promises'
import { PipelineError, maxClusterDocuments } from '@shardmill/core'
import { UnionFind } from '../exchange/union-find.ts'
import type { ClusterPhase } from '../phases.ts'
import { phaseOf, type Plan } from '../plan.ts'
import {
  commitPart,
  firstOrdinals,
  partFile,
  prepareTaskFolder,
  readFinishedParts,
} from '../state.ts'
import { taskFolder, writePartFile } from '../state.ts'
import type { TaskHooks } from './hooks.ts'
import { replayVerdicts, type DocumentVerdict } from './verdicts.ts'

/** Label of a document that is in no cluster. */
export const alone = 0xffff_ffff

export async function runCluster(plan: Plan, phase: ClusterPhase, hooks: TaskHooks): Promise<void> {
  const folder = taskFolder(plan, phase, 0)
  prepareTaskFolder(folder)
  const firsts = firstOrdinals(plan, phaseOf(plan, phase.source))
  const recall = phase.recall === undefined ? undefined : phaseOf(plan, phase.recall, 'recall')
  // Documents of earlier runs are numbered behind those of this one.
  for (const { rows } of recall?.shards ?? []) firsts.push(firsts.at(-1)! + rows)
  const sets = new UnionFind(firsts.at(-1)!)
  const refuse = (): never => {
    throw new PipelineError(`${phase.stage.label}: a stage that verifies may only link in reduce`)
  }
  const verdict: DocumentVerdict = {
    link: (a, b) => sets.union(a, b),
    drop: refuse,
    stands: refuse,
  }
  const group = phaseOf(plan, phase.group)
  for (let partition = 0; partition < group.tasks; partition++) {
    hooks.beat()
    const manifest = readFinishedParts(plan, group, partition)[0]!
    replayVerdicts(await readFile(partFile(plan, group, partition, manifest, 'verdicts')!), verdict)
  }
  const labels = clusterLabels(sets, firsts.at(-1)!, maxClusterDocuments)
  const files = [
    writePartFile(folder, 0, 'labels', new Uint8Array(labels.buffer), labels.length),
    // Spares every gather task from reading all manifests of the map phase.
    writePartFile(folder, 0, 'header', Buffer.from(JSON.stringify({ firsts }))),
  ]
  commitPart(folder, { key: phase.key, part: 0, cursor: 0, isFinal: true, files })
}

/** One label per document: the first member of its cluster, or of its piece of a large one. */
export function clusterLabels(sets: UnionFind, count: number, maxDocuments: number): Uint32Array {
  const labels = new Uint32Array(count)
  // Both at the index of a cluster's root: members seen so far, first member of the current piece.
  const seen = new Uint32Array(count)
  const piece = new Uint32Array(count)
  for (let ordinal = 0; ordinal < count; ordinal++) {
    const root = sets.find(ordinal)
    if (seen[root]!++ % maxDocuments === 0) piece[root] = ordinal
    labels[ordinal] = piece[root]!
  }
  for (let ordinal = 0; ordinal < count; ordinal++) {
    if (seen[sets.find(ordinal)] === 1) labels[ordinal] = alone
  }
  return labels
}

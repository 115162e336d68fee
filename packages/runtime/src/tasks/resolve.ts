// Turns the verdicts of all partitions into one word per document (see verdicts.ts). Links become
// clusters by union-find over ordinals; the least ordinal of a cluster is kept and stands for all.
// A document that any verdict drops is dropped. Memory: 4 bytes per document, 8 with links.
import { readFile } from 'node:fs/promises'
import { PipelineError, type Verdict } from '@shardmill/core'
import { UnionFind } from '../exchange/union-find.ts'
import type { ResolvePhase } from '../phases.ts'
import { phaseOf, type Plan } from '../plan.ts'
import { pickClusters } from '../report/clusters.ts'
import { commitPart, firstOrdinals, partFile, readFinishedParts } from '../state.ts'
import { writePartFile } from '../state.ts'
import { openTask } from './corpus-pass.ts'
import type { TaskHooks } from './hooks.ts'
import { droppedBit, replayVerdicts } from './verdicts.ts'

export async function runResolve(plan: Plan, phase: ResolvePhase, hooks: TaskHooks): Promise<void> {
  const { folder, pass } = await openTask(plan, phase, 0, hooks)
  const firsts = firstOrdinals(plan, phaseOf(plan, phase.source))
  const documentCount = firsts.at(-1)!
  const words = new Uint32Array(documentCount)
  let clusters: UnionFind | undefined
  const verdict: Verdict = {
    drop: (ordinal, keeper) => void (words[ordinal] = (droppedBit | (keeper & 0x7fff_ffff)) >>> 0),
    stands: (ordinal, copies) => {
      if (words[ordinal]! < droppedBit) words[ordinal] = copies
    },
    link: (a, b) => (clusters ??= new UnionFind(documentCount)).union(a, b),
    mark() {
      throw new PipelineError(`${phase.stage.label}: \`decide\` may not mark`)
    },
  }
  const group = phaseOf(plan, phase.group)
  for (let partition = 0; partition < group.tasks; partition++) {
    hooks.beat()
    const manifest = readFinishedParts(plan, group, partition)[0]!
    replayVerdicts(await readFile(partFile(plan, group, partition, manifest, 'verdicts')!), verdict)
  }
  pass.decide?.(documentCount, verdict)
  if (clusters) resolveClusters(clusters, words)
  const files = [
    writePartFile(folder, 0, 'verdicts', new Uint8Array(words.buffer), documentCount),
    // Spares every task of the next phase from reading all manifests of the last.
    writePartFile(
      folder,
      0,
      'header',
      Buffer.from(JSON.stringify({ reason: pass.reason, firsts, clusters: pickClusters(words) })),
    ),
  ]
  commitPart(folder, { key: phase.key, part: 0, cursor: 0, isFinal: true, files })
}

function resolveClusters(clusters: UnionFind, words: Uint32Array): void {
  const sizes = new Map<number, number>()
  for (let ordinal = 0; ordinal < words.length; ordinal++) {
    const root = clusters.find(ordinal)
    if (root === ordinal) continue
    sizes.set(root, (sizes.get(root) ?? 1) + 1)
    words[ordinal] = (droppedBit | (root & 0x7fff_ffff)) >>> 0
  }
  for (const [root, size] of sizes) if (words[root]! < droppedBit) words[root] = size
}

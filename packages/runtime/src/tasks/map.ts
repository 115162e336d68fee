// A map task: items of one stretch of input (or the rows of one task of the phase before) through
// the phase's stages, committed in parts. A part ends after 64 MB of rows and records or 60 s, so a kill costs
// at most one part; where a part ends has no effect on the final shards.
import { messageOf, type Document } from '@shardmill/core'
import { isDocument } from '@shardmill/stages/read/format'
import type { MapPhase } from '../phases.ts'
import type { Plan } from '../plan.ts'
import { commitPart, prepareTaskFolder, readParts, rowsOf, taskFolder } from '../state.ts'
import { addTo, countDocument, offerSample } from '../stats.ts'
import { openPass } from './corpus-pass.ts'
import { cutMarks } from './cut-marks.ts'
import { readGuilty, type Guilt } from './guilty.ts'
import type { TaskHooks } from './hooks.ts'
import { PartWriter } from './part-writer.ts'
import { relieveHeap } from './relieve-heap.ts'
import { StageChain } from './stage-chain.ts'
import { readSource, type SourceItem } from './source.ts'
import { readVerdicts } from './verdicts.ts'

const partBytes = 64 << 20
const partMs = 60_000
/** In careful mode a part ends sooner: a worker may die again, and little should be done twice. */
const carefulPartMs = 1000

export async function runMap(
  plan: Plan,
  phase: MapPhase,
  index: number,
  hooks: TaskHooks,
): Promise<void> {
  const folder = taskFolder(plan, phase, index)
  prepareTaskFolder(folder)
  const parts = readParts(plan, phase, index)
  const guilty = readGuilty(folder)
  const chain = await StageChain.open(plan, phase, folder, hooks)
  const maxMs = hooks.isCareful ? carefulPartMs : partMs
  const resumeAt = parts.at(-1)?.cursor ?? 0
  let part = parts.length
  let cursor = 0
  let rows = parts.reduce((sum, manifest) => sum + rowsOf(manifest), 0)
  const pass = phase.corpus && (await openPass(plan, phase.corpus, chain.context))
  const verdicts = await openVerdicts(plan, phase, index, chain)
  const openPart = (): PartWriter =>
    new PartWriter(plan, folder, part, pass && { pass, firstRow: rows })
  let writer = openPart()
  let startedAt = performance.now()
  const commit = (isFinal: boolean): void => {
    const { files, sections } = writer.finish(chain.takeStats(), chain.takeNotes())
    const manifest = { key: phase.key, part, cursor, isFinal, files, ...(sections && { sections }) }
    commitPart(folder, manifest)
    rows += rowsOf(manifest)
    part++
  }
  try {
    for await (const batch of readSource(plan, phase, index, chain.context)) {
      hooks.signal.throwIfAborted()
      const skip = Math.min(batch.length, Math.max(0, resumeAt - cursor))
      const items = skip === 0 ? batch : batch.slice(skip)
      cursor += skip
      if (items.length === 0) continue
      for (const slice of hooks.isCareful ? items.map((item) => [item]) : [items]) {
        await processSlice(slice, cursor, guilty, chain, verdicts, writer, phase, hooks)
        cursor += slice.length
        if (hooks.isCareful) hooks.announce(cursor, 'read')
        if (writer.byteLength >= partBytes || performance.now() - startedAt >= maxMs) {
          commit(false)
          writer = openPart()
          startedAt = performance.now()
        }
      }
      chain.report()
      relieveHeap(sizeOf(items))
      // Lets signals and messages of the parent in.
      await new Promise(setImmediate)
    }
    hooks.signal.throwIfAborted()
    commit(true)
  } finally {
    writer.close()
    await chain.close()
  }
}

/** What the corpus stage before this phase has decided about its rows. */
async function openVerdicts(
  plan: Plan,
  phase: MapPhase,
  index: number,
  chain: StageChain,
): Promise<((document: Document, row: number) => void) | undefined> {
  if (!phase.verdicts) return undefined
  const { label } = phase.verdicts.stage
  const verdicts = await readVerdicts(plan, phase.verdicts.phase, index)
  const { marks } = verdicts
  if (!marks) return (document, row) => verdicts.apply(document, row)
  const pass = await openPass(plan, phase.verdicts.stage, chain.context)
  return (document, row) => {
    verdicts.apply(document, row)
    const own = document.isKept ? marks.of(row) : undefined
    if (!own) return
    try {
      chain.stageStats(label)
      cutMarks(document, own, pass, label, chain.stats)
    } catch (error) {
      document.quarantined = { stage: label, error: messageOf(error) }
    }
  }
}

/** Bytes of payload, or characters of text. */
function sizeOf(items: readonly SourceItem[]): number {
  let size = 0
  for (const item of items) {
    if (isDocument(item)) size += item.content?.length ?? item.text.length
  }
  return size
}

async function processSlice(
  items: readonly SourceItem[],
  first: number,
  guilty: ReadonlyMap<number, Guilt>,
  chain: StageChain,
  verdicts: ((document: Document, row: number) => void) | undefined,
  writer: PartWriter,
  phase: MapPhase,
  hooks: TaskHooks,
): Promise<void> {
  const { stats } = chain
  const documents: Document[] = []
  const known = new Map<Document, Guilt>()
  for (const [i, item] of items.entries()) {
    if (phase.source === undefined) stats.read.items++
    if (!isDocument(item)) {
      addTo(stats.read.skipped, item.skipped)
      const places = (stats.skippedAt[item.skipped] ??= [])
      if (places.length < 5) places.push(item.where)
      continue
    }
    if (phase.source === undefined) {
      stats.read.documents++
      stats.read.bytes += item.content?.length ?? item.text.length
    }
    verdicts?.(item, first + i)
    const guilt = guilty.get(first + i)
    if (guilt) known.set(item, guilt)
    documents.push(item)
  }
  const announce = (stage: string): void => hooks.announce(first, stage)
  await chain.process(documents, known, hooks.isCareful ? announce : undefined)
  for (const document of documents) {
    if (document.isKept) {
      try {
        writer.keep(document)
        if (phase.isLast) countDocument(stats, document)
        continue
      } catch (error) {
        document.quarantined = { stage: phase.corpus?.label ?? 'write', error: messageOf(error) }
        chain.countLateQuarantine(document.quarantined.stage)
      }
    }
    countDocument(stats, document)
    const { dropped, quarantined } = document
    if (quarantined) {
      writer.quarantine(document)
      offerSample(stats, `quarantine/${quarantined.stage}`, document)
    } else if (dropped) {
      writer.drop(document)
      offerSample(stats, `${dropped.stage}/${dropped.reason}`, document)
    }
  }
}

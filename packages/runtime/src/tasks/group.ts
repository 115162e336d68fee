// One partition of a corpus stage: the records of all map tasks whose key falls into it, grouped by
// key and given to the stage. Memory: at most 64 MB of records and a fifth of that for sorting them; a
// larger partition is split by key on disk first.
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { RecordGroup } from '@shardmill/core'
import { forEachGroup } from '../exchange/group-records.ts'
import { PieceWriter } from '../exchange/split-records.ts'
import type { GroupPhase, Phase } from '../phases.ts'
import { phaseOf, type Plan } from '../plan.ts'
import { commitPart, firstOrdinals, partFile, readFinishedParts, sectionOf } from '../state.ts'
import { readCensus } from './census.ts'
import { openTask } from './corpus-pass.ts'
import type { TaskHooks } from './hooks.ts'
import { VerdictList } from './verdicts.ts'
import { readWordsInto } from './word-file.ts'

/** Most words of records that are grouped at once; a split aims at four fifths of it. */
const tableWords = 16 << 20
const blockWords = 1 << 20

export async function runGroup(
  plan: Plan,
  phase: GroupPhase,
  index: number,
  hooks: TaskHooks,
  maxWords = tableWords,
): Promise<void> {
  const { folder, context, pass } = await openTask(plan, phase, index, hooks)
  const firsts = firstOrdinals(plan, phaseOf(plan, phase.source))
  const verdicts = new VerdictList()
  if (pass.reduce && pass.recordWords > 0) {
    const stride = pass.recordWords + 1
    const census = await readCensus(plan, phaseOf(plan, phase.source), hooks)
    const group = (words: Uint32Array): void => {
      hooks.beat()
      const table = { count: words.length / stride, stride, words }
      const reduce = (records: RecordGroup): void => {
        hooks.beat()
        pass.reduce!(records, verdicts, census)
      }
      forEachGroup(table, pass.keyWords, reduce, firsts.at(-1))
    }
    const sections = listSections(plan, phase, index, stride, firsts)
    const total = sections.reduce((sum, { words }) => sum + words, 0)
    if (total <= maxWords) {
      const words = tableOf(total)
      let at = 0
      for (const section of sections) {
        const part = words.subarray(at, (at += section.words))
        await readSection(section, 0, part, stride, hooks)
      }
      group(words)
    } else {
      const job = { sections, stride, pieces: Math.ceil((total / maxWords) * 1.25) }
      await groupPieces(job, context.scratch, hooks, group)
    }
  }
  const { files, sections } = verdicts.write(folder, firsts)
  const manifest = { key: phase.key, part: 0, cursor: 0, isFinal: true, files }
  commitPart(folder, { ...manifest, ...(sections && { sections }) })
}

/** The records of one map task for one partition. */
interface Section {
  readonly path: string
  /** First word of it in the file. */
  readonly first: number
  readonly words: number
  /** Ordinal of the task's first document. */
  readonly ordinal: number
}

function listSections(
  plan: Plan,
  phase: GroupPhase,
  partition: number,
  stride: number,
  firsts: readonly number[],
): Section[] {
  const sections: Section[] = []
  const add = (source: Phase, task: number, ordinal: number): void => {
    for (const manifest of readFinishedParts(plan, source, task)) {
      const path = partFile(plan, source, task, manifest, 'records')
      const { first, count } = sectionOf(manifest, partition)
      if (!path || count === 0) continue
      sections.push({ path, first: first * stride, words: count * stride, ordinal })
    }
  }
  const source = phaseOf(plan, phase.source)
  for (let task = 0; task < source.tasks; task++) add(source, task, firsts[task]!)
  if (phase.recall === undefined) return sections
  const recall = phaseOf(plan, phase.recall, 'recall')
  let ordinal = firsts.at(-1)!
  for (const [task, { rows }] of recall.shards.entries()) {
    add(recall, task, ordinal)
    ordinal += rows
  }
  return sections
}

let table = new Uint32Array(0)

/** `words` words that earlier calls may have used: fresh pages of memory cost more than the reading. */
function tableOf(words: number): Uint32Array {
  if (table.length < words) table = new Uint32Array(words)
  return table.subarray(0, words)
}

/** Reads records of a section from its word `from` on; row numbers become ordinals. */
async function readSection(
  { path, first, ordinal }: Section,
  from: number,
  into: Uint32Array,
  stride: number,
  hooks: TaskHooks,
): Promise<void> {
  hooks.beat()
  hooks.signal.throwIfAborted()
  await readWordsInto(into, path, first + from)
  for (let i = stride - 1; i < into.length; i += stride) into[i]! += ordinal
}

async function groupPieces(
  { sections, stride, pieces }: { sections: readonly Section[]; stride: number; pieces: number },
  scratch: string,
  hooks: TaskHooks,
  group: (words: Uint32Array) => void,
): Promise<void> {
  const folder = join(scratch, 'pieces')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  const writer = new PieceWriter(folder, pieces, stride)
  try {
    const step = Math.max(1, Math.floor(blockWords / stride)) * stride
    for (const section of sections) {
      for (let from = 0; from < section.words; from += step) {
        const block = tableOf(Math.min(step, section.words - from))
        await readSection(section, from, block, stride, hooks)
        writer.add(block)
      }
    }
    for (const { path, words } of writer.finish()) {
      const piece = tableOf(words)
      await readWordsInto(piece, path, 0)
      group(piece)
      rmSync(path)
    }
  } finally {
    writer.close()
  }
}

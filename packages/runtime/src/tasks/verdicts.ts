// Verdicts of corpus stages. While a stage compares documents they are triples of 32-bit words
// (kind, a, b) in a file per partition; after `resolve` they are one word per document: 0 keeps it,
// a small number says for how many copies it stands, the top bit drops it. Marks do not pass through
// `resolve`: they lie ordered by map task from the start (exchange/mark-list.ts).
import { readFile } from 'node:fs/promises'
import type { Document, Verdict } from '@shardmill/core'
import { DocumentMarks, MarkList } from '../exchange/mark-list.ts'
import type { Phase } from '../phases.ts'
import { phaseOf, type Plan } from '../plan.ts'
import { partFile, readFinishedParts, sectionOf } from '../state.ts'
import { writePartFile, type PartFile } from '../state.ts'
import { readStretches, readWords, type Stretch } from './word-file.ts'

export const droppedBit = 0x8000_0000

const kinds = { drop: 0, link: 1, stands: 2 } as const

/** What reduce and settle tasks may say of whole documents. */
export type DocumentVerdict = Omit<Verdict, 'mark'>

/** Collects verdicts as triples, and marks. */
export class VerdictList implements Verdict {
  readonly #marks = new MarkList()
  #words = new Uint32Array(3 * 256)
  #used = 0

  get count(): number {
    return this.#used / 3
  }

  drop(ordinal: number, keeper: number): void {
    this.#push(kinds.drop, ordinal, keeper)
  }

  link(a: number, b: number): void {
    this.#push(kinds.link, a, b)
  }

  stands(ordinal: number, copies: number): void {
    this.#push(kinds.stands, ordinal, copies)
  }

  mark(ordinal: number, from: number, to: number): void {
    this.#marks.push(ordinal, from, to)
  }

  /** Writes the verdicts, and marks by map task where there are any. */
  write(folder: string, firsts: readonly number[]): { files: PartFile[]; sections?: number[] } {
    const bytes = new Uint8Array(this.#words.buffer, 0, this.#used * 4)
    const files = [writePartFile(folder, 0, 'verdicts', bytes, this.count)]
    if (this.#marks.count === 0) return { files }
    const { words, sections } = this.#marks.byTask(firsts)
    const marks = new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
    files.push(writePartFile(folder, 0, 'marks', marks, this.#marks.count))
    return { files, sections }
  }

  #push(kind: number, a: number, b: number): void {
    if (this.#used + 3 > this.#words.length) {
      const larger = new Uint32Array(this.#words.length * 2)
      larger.set(this.#words)
      this.#words = larger
    }
    this.#words[this.#used++] = kind
    this.#words[this.#used++] = a
    this.#words[this.#used++] = b
  }
}

/** Passes the triples of a file to `verdict`, in the order in which they were given. */
export function replayVerdicts(bytes: Buffer, verdict: DocumentVerdict): void {
  const words = new Uint32Array(
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
  )
  for (let at = 0; at < words.length; at += 3) {
    const [kind, a, b] = [words[at]!, words[at + 1]!, words[at + 2]!]
    if (kind === kinds.drop) verdict.drop(a, b)
    else if (kind === kinds.link) verdict.link(a, b)
    else verdict.stands(a, b)
  }
}

export interface TaskVerdicts {
  /** Drops a document that lost; notes on a keeper how many it stands for. */
  apply(document: Document, row: number): void
  /** Stretches of documents that are to be cut out. */
  readonly marks: DocumentMarks | undefined
}

/** The verdicts on the rows of one map task. */
export async function readVerdicts(
  plan: Plan,
  phaseId: string,
  index: number,
): Promise<TaskVerdicts> {
  const phase = phaseOf(plan, phaseId, 'resolve')
  const manifest = readFinishedParts(plan, phase, 0)[0]!
  const header = await readFile(partFile(plan, phase, 0, manifest, 'header')!, 'utf8')
  const { reason, firsts } = JSON.parse(header) as { reason: string; firsts: number[] }
  const count = firsts[index + 1]! - firsts[index]!
  const words = await readWords(
    partFile(plan, phase, 0, manifest, 'verdicts')!,
    firsts[index]!,
    count,
  )
  const stage = phase.stage.label
  return {
    marks: await readMarks(plan, phaseOf(plan, phase.group), index),
    apply(document, row) {
      const word = words[row]!
      if (word >= droppedBit) {
        const isIndexed = word - droppedBit >= firsts.at(-1)!
        document.dropped = { stage, reason: isIndexed ? `${reason}-of-earlier-run` : reason }
      } else if (word > 1) document.meta.duplicates = word
    },
  }
}

/** What the tasks of `phase` marked in the rows of one map task; undefined when nothing is marked. */
export async function readMarks(
  plan: Plan,
  phase: Phase,
  index: number,
): Promise<DocumentMarks | undefined> {
  const stretches: Stretch[] = []
  for (let task = 0; task < phase.tasks; task++) {
    const manifest = readFinishedParts(plan, phase, task)[0]!
    const path = partFile(plan, phase, task, manifest, 'marks')
    const { first, count } = sectionOf(manifest, index)
    if (path === undefined || count === 0) continue
    stretches.push({ path, first: first * 3, count: count * 3 })
  }
  if (stretches.length === 0) return undefined
  return new DocumentMarks(await readStretches(stretches))
}

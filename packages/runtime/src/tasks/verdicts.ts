// Verdicts of corpus stages. While a stage compares documents they are triples of 32-bit words
// (kind, a, b) in a file per partition; after `resolve` they are one word per document: 0 keeps it,
// a small number says for how many copies it stands, the top bit drops it.
import { open, readFile } from 'node:fs/promises'
import type { Document, Verdict } from '@shardmill/core'
import { phaseOf, type Plan, type ResolvePhase } from '../plan.ts'
import { partFile, readFinishedParts } from '../state.ts'

export const droppedBit = 0x8000_0000

const kinds = { drop: 0, link: 1, stands: 2 } as const

/** Collects verdicts as triples. */
export class VerdictList implements Verdict {
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

  bytes(): Uint8Array {
    return new Uint8Array(this.#words.buffer, 0, this.#used * 4)
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
export function replayVerdicts(bytes: Buffer, verdict: Verdict): void {
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
  /** Marks a document that lost; notes on a keeper how many it stands for. */
  apply(document: Document, row: number): void
}

/** The verdicts on the rows of one map task. */
export async function readVerdicts(
  plan: Plan,
  phaseId: string,
  index: number,
): Promise<TaskVerdicts> {
  const phase = phaseOf(plan, phaseId) as ResolvePhase
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
    apply(document, row) {
      const word = words[row]!
      if (word >= droppedBit) document.dropped = { stage, reason }
      else if (word > 1) document.meta.duplicates = word
    },
  }
}

/** `count` 32-bit words of a file from word `first` on. */
export async function readWords(path: string, first: number, count: number): Promise<Uint32Array> {
  const words = new Uint32Array(count)
  const bytes = new Uint8Array(words.buffer)
  const handle = await open(path, 'r')
  try {
    for (let at = 0; at < bytes.length;) {
      const { bytesRead } = await handle.read(bytes, at, bytes.length - at, first * 4 + at)
      if (bytesRead === 0) throw new Error(`${path}: ends before word ${first + count}`)
      at += bytesRead
    }
  } finally {
    await handle.close()
  }
  return words
}

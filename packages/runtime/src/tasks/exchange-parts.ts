// The parts of a task that does nothing but feed an exchange: one file each, ordered by partition.
// A task that was killed goes on behind its last committed part.
import type { Phase } from '../phases.ts'
import type { Plan } from '../plan.ts'
import { commitPart, readParts, writePartFile } from '../state.ts'

export class ExchangeParts {
  /** Rows that committed parts have taken. */
  readonly resumeAt: number
  readonly #key: string
  readonly #folder: string
  readonly #role: 'records' | 'members'
  #part: number

  constructor(
    plan: Plan,
    phase: Phase,
    index: number,
    folder: string,
    role: 'records' | 'members',
  ) {
    const parts = readParts(plan, phase, index)
    this.resumeAt = parts.at(-1)?.cursor ?? 0
    this.#part = parts.length
    this.#key = phase.key
    this.#folder = folder
    this.#role = role
  }

  /** Commits what rows up to `cursor` gave: `count` records, or words of members. */
  commit(
    { words, sections }: { words: Uint32Array; sections: number[] },
    count: number,
    cursor: number,
    isFinal: boolean,
  ): void {
    const part = this.#part++
    const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
    const files = [writePartFile(this.#folder, part, this.#role, bytes, count)]
    commitPart(this.#folder, { key: this.#key, part, cursor, isFinal, files, sections })
  }
}

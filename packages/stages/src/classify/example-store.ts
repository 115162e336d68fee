// Training examples as n-gram rows, read once and kept for all epochs: texts themselves are let go.
// Memory: 5 bytes per distinct n-gram of a text, about 2 bytes per byte of English and 4 of Chinese;
// both arrays double when full, so twice that for a moment.
import { coin, hashText } from '@shardmill/core/hash'
import { createFeatureReader, type FeatureReader, type FeatureSettings } from './features.ts'

export interface Example {
  readonly text: string
  readonly label: string
  /** Examples of one group (a site) fall into the same split. */
  readonly group?: string | undefined
}

export const splits = ['train', 'validation', 'test'] as const
export type Split = (typeof splits)[number]

export interface SplitShares {
  readonly validation: number
  readonly test: number
}

export class ExampleStore {
  rows = new Uint32Array(1 << 16)
  counts = new Uint8Array(1 << 16)
  /** Example i has the entries starts[i] .. starts[i + 1]. */
  readonly starts: number[] = [0]
  readonly labels: string[] = []
  readonly splits: Split[] = []
  /** Number of each example's group, -1 for none. */
  readonly groups: number[] = []
  readonly #tosses: number[] = []
  readonly #groupNumbers = new Map<string, number>()
  readonly #reader: FeatureReader
  readonly #shares: SplitShares
  readonly #seed: number
  readonly #rowBits: number

  constructor(settings: FeatureSettings, shares: SplitShares, seed: number) {
    this.#reader = createFeatureReader(settings)
    this.#rowBits = settings.rowBits
    this.#shares = shares
    this.#seed = seed
  }

  get count(): number {
    return this.labels.length
  }

  /** Adds an example; its split is a coin of its group, or of its text, so that copies stay together. */
  add({ text, label, group }: Example): void {
    const count = this.#reader.read(text)
    const from = this.starts.at(-1)!
    if (from + count > this.rows.length) {
      const size = Math.max(this.rows.length * 2, from + count)
      const [rows, counts] = [new Uint32Array(size), new Uint8Array(size)]
      rows.set(this.rows)
      counts.set(this.counts)
      this.rows = rows
      this.counts = counts
    }
    const { rows, counts } = this.#reader
    for (let i = 0; i < count; i++) {
      this.rows[from + i] = rows[i]!
      this.counts[from + i] = Math.min(255, counts[i]!)
    }
    this.starts.push(from + count)
    this.labels.push(label)
    const toss = coin(this.#seed, group === undefined ? hashText(text) : `group ${group}`)
    this.#tosses.push(toss)
    this.groups.push(this.#groupNumber(group))
    const { validation, test } = this.#shares
    this.splits.push(toss < test ? 'test' : toss < test + validation ? 'validation' : 'train')
  }

  /**
   * Numbers the rows that occur from 0 in order of reading and answers the row of each number, so that
   * training needs room for those alone. Nothing can be added afterwards.
   */
  renumber(): Uint32Array {
    const numbers = new Int32Array(2 ** this.#rowBits).fill(-1)
    const rowOf: number[] = []
    for (let i = 0; i < this.starts.at(-1)!; i++) {
      const row = this.rows[i]!
      if (numbers[row]! < 0) {
        numbers[row] = rowOf.length
        rowOf.push(row)
      }
      this.rows[i] = numbers[row]!
    }
    return Uint32Array.from(rowOf)
  }

  /** One of `count` folds, by a coin of the text or group that its split does not depend on. */
  foldCoin(example: number, count: number): number {
    return Math.floor(this.#tosses[example]! * 2 ** 20) % count
  }

  #groupNumber(group: string | undefined): number {
    if (group === undefined) return -1
    const known = this.#groupNumbers.get(group) ?? this.#groupNumbers.size
    this.#groupNumbers.set(group, known)
    return known
  }

  /** Indices of the examples of one split, in order of reading. */
  of(split: Split): Uint32Array {
    return Uint32Array.from(this.splits.flatMap((each, i) => (each === split ? [i] : [])))
  }
}

// Map side of the exchange: fixed-width records of 32-bit words collected in one growing typed
// array and written partition after partition, in emission order within each. One file with P
// sections, not P files: shared file systems and object stores die on small files.
// Memory: 4 x (recordWords + 1) bytes per record of one part, twice while sorting.
import { mix32 } from '@shardmill/core/random'

export class RecordBuffer {
  readonly #stride: number
  #words: Uint32Array
  #count = 0

  /** Records of `recordWords` words; the row number is stored behind them. */
  constructor(recordWords: number) {
    this.#stride = recordWords + 1
    this.#words = new Uint32Array(this.#stride * 1024)
  }

  get count(): number {
    return this.#count
  }

  get byteLength(): number {
    return this.#count * this.#stride * 4
  }

  push(row: number, record: readonly number[]): void {
    const at = this.#count * this.#stride
    if (at + this.#stride > this.#words.length) {
      const larger = new Uint32Array(this.#words.length * 2)
      larger.set(this.#words)
      this.#words = larger
    }
    for (let i = 0; i < this.#stride - 1; i++) this.#words[at + i] = record[i]!
    this.#words[at + this.#stride - 1] = row
    this.#count++
  }

  /** All records ordered by partition, and how many each has. */
  partitioned(partitions: number): { words: Uint32Array; sections: number[] } {
    const stride = this.#stride
    const sections = Array.from({ length: partitions }, () => 0)
    for (let i = 0; i < this.#count; i++) {
      sections[partitionOf(this.#words[i * stride]!, partitions)]!++
    }
    const next = new Float64Array(partitions)
    for (let p = 1; p < partitions; p++) next[p] = next[p - 1]! + sections[p - 1]!
    const source = this.#words
    const words = new Uint32Array(this.#count * stride)
    for (let i = 0; i < this.#count; i++) {
      const from = i * stride
      let target = next[partitionOf(source[from]!, partitions)]!++ * stride
      for (let at = from; at < from + stride; at++) words[target++] = source[at]!
    }
    return { words, sections }
  }

  clear(): void {
    this.#count = 0
  }
}

/** The partition of a record by its first key word, even when keys are small numbers. */
export function partitionOf(firstKeyWord: number, partitions: number): number {
  return Math.floor((mix32(firstKeyWord) / 0x1_0000_0000) * partitions)
}

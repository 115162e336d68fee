// What all exporters share. An exporter takes token sequences (documents, or rows of a packed shard)
// and writes files that a trainer's own loader opens. All of them are headers around raw tokens, so
// they run at disk speed; memory is one file part or less.

export interface ExportOptions {
  /** Ids are below it; decides between 2 and 4 bytes per token. */
  readonly vocabSize: number
}

export interface Exporter {
  /** Adds one sequence. Empty ones are left out. */
  add(ids: ArrayLike<number>): void
  /** Finishes all files; before, nothing carries its final name. */
  commit(): ExportSummary
  /** Without a commit, removes what was written. */
  close(): void
}

export interface ExportSummary {
  readonly sequences: number
  readonly tokens: number
  readonly files: readonly string[]
}

/** Two bytes per token where that is enough, else four. */
export function isSmall({ vocabSize }: ExportOptions): boolean {
  return vocabSize <= 0x10000
}

/** Ids as the narrow or wide array that is written. All supported machines are little-endian. */
export function narrow(ids: ArrayLike<number>, small: boolean): Uint16Array | Uint32Array {
  return small ? Uint16Array.from(ids) : Uint32Array.from(ids)
}

/** A list of numbers that may become very long, for index files. */
export class NumberList {
  #values = new Float64Array(1024)
  length = 0

  push(value: number): void {
    if (this.length === this.#values.length) {
      const larger = new Float64Array(this.length * 2)
      larger.set(this.#values)
      this.#values = larger
    }
    this.#values[this.length++] = value
  }

  /** The values as 64-bit whole numbers. */
  toBigInts(): BigInt64Array {
    const values = new BigInt64Array(this.length)
    for (let i = 0; i < this.length; i++) values[i] = BigInt(this.#values[i]!)
    return values
  }

  toInt32(): Int32Array {
    return Int32Array.from(this.#values.subarray(0, this.length))
  }
}

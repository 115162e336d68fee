// A sorted run of n-grams on disk: for each how many words it shares with the one before, the rest of
// its words, and its count. About 6 bytes per 5-gram of English.
import { NumberReader, NumberWriter } from './byte-file.ts'
import type { NgramStream } from './ngram-stream.ts'

/** Writes all of `stream`; returns how many n-grams there were. */
export function writeRun(path: string, stream: NgramStream): number {
  const writer = new NumberWriter(path)
  const { key } = stream
  const before = new Uint32Array(key.length)
  let count = 0
  try {
    while (stream.next()) {
      let shared = 0
      while (shared < key.length && key[shared] === before[shared]) shared++
      // The shared length and a small count go into one byte; n-grams have at most 5 words here.
      const small = stream.count < smallCounts ? stream.count : 0
      writer.write(shared * smallCounts + small)
      for (let i = shared; i < key.length; i++) writer.write(key[i]!)
      if (small === 0) writer.write(stream.count)
      before.set(key)
      count++
    }
  } finally {
    writer.close()
  }
  return count
}

const smallCounts = 16

/** Reads a run back. */
export class RunReader implements NgramStream {
  readonly key: Uint32Array
  count = 0
  readonly #reader: NumberReader

  constructor(path: string, order: number) {
    this.#reader = new NumberReader(path)
    this.key = new Uint32Array(order)
  }

  next(): boolean {
    const reader = this.#reader
    if (!reader.hasMore) return false
    const head = reader.read()
    const { key } = this
    for (let i = Math.floor(head / smallCounts); i < key.length; i++) key[i] = reader.read()
    const small = head % smallCounts
    this.count = small === 0 ? reader.read() : small
    return true
  }

  close(): void {
    this.#reader.close()
  }
}

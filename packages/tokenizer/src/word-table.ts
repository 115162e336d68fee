// Counts pieces of text without making a string of any. The table is WebAssembly (assembly/): text is
// copied into its memory block by block. Where the pre-tokeniser is one of the patterns it is cut there
// too; else it is cut here, and the borders of up to a thousand pieces go over in one call.
//
// Memory: at most 44 bytes per distinct word (slots are a half to a quarter full) plus its bytes;
// while it grows, half as much again. Counts are doubles: exact up to 2^53.
import { InputError } from '@shardmill/core/errors'
import type { Split } from './pretokenize/index.ts'
import type { Pattern } from './pretokenize/patterns.ts'
import { TrainingMemory, type TrainingKernel } from './training-memory.ts'

/** Distinct words and how often each was seen. Word i is `bytes[offsets[i], offsets[i + 1])`. */
export interface WordTable {
  readonly size: number
  readonly bytes: Uint8Array
  readonly offsets: Uint32Array
  readonly counts: Float64Array
  /** Where they are, and where they are trained on. */
  readonly memory: TrainingMemory
}

/** The words in a training memory. The arrays are views, another after each growth. */
class MemoryWords implements WordTable {
  readonly memory: TrainingMemory
  readonly size: number
  #views: Pick<WordTable, 'bytes' | 'offsets' | 'counts'>

  constructor(memory: TrainingMemory, size: number) {
    this.memory = memory
    this.size = size
    this.#views = this.#look()
  }

  get bytes(): Uint8Array {
    return this.#fresh().bytes
  }

  get offsets(): Uint32Array {
    return this.#fresh().offsets
  }

  get counts(): Float64Array {
    return this.#fresh().counts
  }

  #fresh(): Pick<WordTable, 'bytes' | 'offsets' | 'counts'> {
    // Growth empties the views of before; offsets have one entry at least.
    if (this.#views.offsets.length === 0) this.#views = this.#look()
    return this.#views
  }

  #look(): Pick<WordTable, 'bytes' | 'offsets' | 'counts'> {
    const { buffer, kernel } = this.memory
    const offsets = new Uint32Array(buffer, kernel.offsetsAddress() >>> 0, this.size + 1)
    return {
      bytes: new Uint8Array(buffer, kernel.arenaAddress() >>> 0, offsets[this.size]),
      offsets,
      counts: new Float64Array(buffer, kernel.countsAddress() >>> 0, this.size),
    }
  }
}

/** Words from elsewhere, copied into a memory of their own. */
export function holdWords(
  size: number,
  bytes: Uint8Array,
  offsets: Uint32Array,
  counts: Float64Array,
): WordTable {
  const memory = new TrainingMemory()
  memory.call((kernel) => kernel.openTable(size, offsets[size]!))
  const words = new MemoryWords(memory, size)
  words.offsets.set(offsets.subarray(0, size + 1))
  words.counts.set(counts.subarray(0, size))
  new Uint8Array(memory.buffer, memory.kernel.arenaAddress() >>> 0).set(
    bytes.subarray(0, offsets[size]),
  )
  return new MemoryWords(memory, size)
}

/** Spans that the table takes in one call, as in assembly/word-table.ts. */
const spansPerCall = 1024
/** Text in the table's memory at a time; a longer piece makes it larger. */
const windowBytes = 1 << 18
/** A longer piece of text without a border does not fit. */
export const maxPieceBytes = 512 << 20

export class WordCounter {
  readonly #memory = new TrainingMemory()
  readonly #kernel: TrainingKernel = this.#memory.kernel
  readonly #onFull: () => void
  #spans = new Int32Array(0)
  /** The text whose bytes `[#windowStart, #windowEnd)` are in the kernel's memory. */
  #text: Uint8Array | undefined
  #windowStart = 0
  #windowEnd = 0

  /** When a word more would need more than `limitBytes`, `onFull` must `clear` the table. */
  constructor(limitBytes = 2 ** 30, onFull: () => void = refuse) {
    this.#kernel.create(limitBytes)
    this.#onFull = onFull
  }

  /** Takes the scanner of a pattern, for `scanText`. */
  useScanner(pattern: Pattern): void {
    const { rules } = pattern
    const kinds = ['none', 'lower-case', 'any-case', 'suffix'] as const
    const address = this.#kernel.useRules(
      kinds.indexOf(rules.contractions),
      Math.min(rules.maxDigits, 0x7fff_ffff),
      rules.spaceBeforeDigits,
      rules.keepsNewlines,
      rules.keepsSlash,
      rules.splitsCase,
      rules.cutsFirst,
    )
    pattern.flags(new Uint8Array(this.#memory.buffer, address, 0x110000))
  }

  /** Number of distinct words. */
  get size(): number {
    return this.#kernel.wordCount()
  }

  /** Bytes held by the table's arrays. */
  get memoryBytes(): number {
    return this.#kernel.tableBytes()
  }

  /**
   * Adds `weight` to the count of every piece of valid UTF-8 `bytes[from, to)`. Call it part by part
   * with the same `bytes`, but not after changing them in place: parts of them are kept.
   */
  addText(split: Split, bytes: Uint8Array, from: number, to: number, weight = 1): void {
    for (let at = from; ;) {
      const spans = this.#spanView()
      const count = split(bytes, at, to, spans)
      if (count === 0) return
      at = spans[2 * count - 1]!
      this.#addSpans(bytes, spans[0]!, at, count, weight)
    }
  }

  /**
   * As `addText`, with the pattern of `useScanner`, and faster; `isLines` makes every line a text of
   * its own. Answers how many texts that were. At most 512 MB in one text.
   */
  scanText(bytes: Uint8Array, from: number, to: number, isLines: boolean, weight = 1): number {
    const kernel = this.#kernel
    const before = kernel.lineCount()
    if (bytes !== this.#text || from < this.#windowStart || to > this.#windowEnd) {
      this.#moveWindow(bytes, from, to)
    }
    const end = to - this.#windowStart
    for (let at = from - this.#windowStart; at < end;) {
      at = kernel.addText(at, end, isLines, weight)
      if (at < end) this.#onFull()
    }
    return kernel.lineCount() - before
  }

  /** As `addText`, but cuts pieces further at every byte that `marks` (from 0 at `from`) has set. */
  addMarkedText(
    split: Split,
    bytes: Uint8Array,
    from: number,
    to: number,
    marks: Uint8Array,
    weight = 1,
  ): void {
    const uncut = new Int32Array(spansPerCall * 2)
    for (let at = from, count; (count = split(bytes, at, to, uncut)) > 0;) {
      for (let i = 0; i < count; i++) {
        let start = uncut[2 * i]!
        const end = uncut[2 * i + 1]!
        for (let p = start + 1; p < end; p++) {
          if (marks[p - from] === 0) continue
          this.add(bytes, start, p, weight)
          start = p
        }
        this.add(bytes, start, end, weight)
      }
      at = uncut[2 * count - 1]!
    }
  }

  /** Adds `weight` to the count of the word `bytes[start, end)`. */
  add(bytes: Uint8Array, start: number, end: number, weight: number): void {
    const spans = this.#spanView()
    spans[0] = start
    spans[1] = end
    this.#addSpans(bytes, start, end, 1, weight)
  }

  /** The words so far, in the order they were first seen. Views: invalid after the next `add`. */
  table(): WordTable {
    return new MemoryWords(this.#memory, this.#kernel.wordCount())
  }

  /** The words, for training: what only counting needs is freed, and no more can be added. */
  finish(): WordTable {
    this.#kernel.closeTable()
    return this.table()
  }

  /** Forgets all words but keeps the memory. */
  clear(): void {
    this.#kernel.clear()
  }

  #addSpans(bytes: Uint8Array, start: number, end: number, count: number, weight: number): void {
    if (bytes !== this.#text || start < this.#windowStart || end > this.#windowEnd) {
      if (count > 1 && end - start > maxPieceBytes) return this.#addEach(bytes, count, weight)
      this.#moveWindow(bytes, start, end)
    }
    let added = 0
    while ((added = this.#kernel.addSpans(added, count, this.#windowStart, weight)) < count) {
      this.#onFull()
    }
  }

  /** For pieces that do not fit into the window together. */
  #addEach(bytes: Uint8Array, count: number, weight: number): void {
    const spans = this.#spanView().slice(0, 2 * count)
    for (let i = 0; i < spans.length; i += 2) this.add(bytes, spans[i]!, spans[i + 1]!, weight)
  }

  /** Copies text from `start` on, at least to `end`. */
  #moveWindow(bytes: Uint8Array, start: number, end: number): void {
    const length = Math.max(end - start, Math.min(windowBytes, bytes.length - start))
    if (end - start > maxPieceBytes) {
      throw new InputError(`tokenizer: ${end - start} bytes of text without a border`, {
        hint: `the pre-tokeniser must find one within ${maxPieceBytes} bytes`,
      })
    }
    const kernel = this.#kernel
    const address = kernel.textBuffer(Math.max(length, windowBytes))
    new Uint8Array(this.#memory.buffer, address, length).set(bytes.subarray(start, start + length))
    this.#text = bytes
    this.#windowStart = start
    this.#windowEnd = start + length
  }

  /** Where borders go; another view after the memory has grown, which empties the one before. */
  #spanView(): Int32Array {
    if (this.#spans.length === 0) {
      const address = this.#kernel.spansAddress()
      this.#spans = new Int32Array(this.#memory.buffer, address, spansPerCall * 2)
    }
    return this.#spans
  }
}

function refuse(): void {
  throw new InputError('tokenizer: more distinct words than a table of 1 GB holds')
}

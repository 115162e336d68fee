// Counted words on disk, for corpora whose distinct words do not fit into memory and for tasks that
// can be taken up again. A run file holds the words of one full table, grouped by 32 parts of a hash;
// merging takes one part of all runs at a time, so it needs 1/32 of the words in memory.
//
// When even the merged words are too many, the rarest are left out: the lowest count is raised until
// the rest fits, and the loss is reported. That bounds the error of every pair's count by the
// occurrences dropped.
//
// Format, little-endian: 33 offsets (f64), then records of count (f64), length (u32), bytes.
import { closeSync, fstatSync, openSync, readSync, renameSync, writeSync } from 'node:fs'
import { holdWords, WordCounter, type WordTable } from './word-table.ts'

const parts = 32
const headerBytes = (parts + 1) * 8

/** Writes a table as one run file; the file appears under its name only when it is complete. */
export function writeRun(path: string, table: WordTable): void {
  const { size, bytes, offsets, counts } = table
  const partOf = new Uint8Array(size)
  const sizes = new Float64Array(parts)
  for (let word = 0; word < size; word++) {
    const part = hashPart(bytes, offsets[word]!, offsets[word + 1]!)
    partOf[word] = part
    sizes[part]! += 12 + offsets[word + 1]! - offsets[word]!
  }
  const header = Buffer.alloc(headerBytes)
  let at = headerBytes
  for (let part = 0; part <= parts; part++) {
    header.writeDoubleLE(at, part * 8)
    at += sizes[part] ?? 0
  }
  // One pass per part would be simpler; a list of words by part reads the table once in order.
  const order = sortByPart(partOf)
  const temporary = `${path}.part`
  const file = openSync(temporary, 'w')
  try {
    writeSync(file, header)
    let buffer = Buffer.allocUnsafe(1 << 20)
    let filled = 0
    for (const word of order) {
      const start = offsets[word]!
      const length = offsets[word + 1]! - start
      if (filled + 12 + length > buffer.length) {
        writeSync(file, buffer, 0, filled)
        filled = 0
        if (12 + length > buffer.length) buffer = Buffer.allocUnsafe(12 + length)
      }
      buffer.writeDoubleLE(counts[word]!, filled)
      buffer.writeUInt32LE(length, filled + 8)
      buffer.set(bytes.subarray(start, start + length), filled + 12)
      filled += 12 + length
    }
    writeSync(file, buffer, 0, filled)
  } finally {
    closeSync(file)
  }
  renameSync(temporary, path)
}

export interface MergedWords {
  readonly words: WordTable
  /** Distinct words before any were left out. */
  readonly distinct: number
  /** Words counted less often than this were left out; 0 when none was. */
  readonly lowestCount: number
  readonly droppedWords: number
  readonly droppedOccurrences: number
}

/** Sums run files. The words kept need at most about `budgetBytes` in training. */
export function mergeRuns(paths: readonly string[], budgetBytes: number): MergedWords {
  const bill = new Bill()
  const collected = new Collector()
  let distinct = 0
  const counter = new WordCounter()
  for (let part = 0; part < parts; part++) {
    counter.clear()
    for (const path of paths) readPart(path, part, counter)
    const table = counter.table()
    distinct += table.size
    for (let word = 0; word < table.size; word++) {
      bill.add(table.counts[word]!, table.offsets[word + 1]! - table.offsets[word]!)
    }
    // The threshold can only rise, so what is below it now can be left out at once.
    const lowest = bill.lowestCount(budgetBytes)
    collected.dropBelow(lowest)
    collected.add(table, lowest)
  }
  const lowestCount = bill.lowestCount(budgetBytes)
  collected.dropBelow(lowestCount)
  return {
    words: collected.table(),
    distinct,
    lowestCount,
    droppedWords: distinct - collected.size,
    droppedOccurrences: bill.total - collected.total,
  }
}

/** What training costs per word: its symbols in cells and lists of places, and the table itself. */
function trainingBytes(length: number): number {
  return 14 * length + 24
}

/** Cost of the words of each count. */
class Bill {
  total = 0
  readonly #costs = new Map<number, number>()
  #sum = 0
  #lowest = 0

  add(count: number, length: number): void {
    this.total += count
    const cost = trainingBytes(length)
    this.#costs.set(count, (this.#costs.get(count) ?? 0) + cost)
    if (count >= this.#lowest) this.#sum += cost
  }

  /** The least count such that all words counted that often or more fit into the budget. */
  lowestCount(budgetBytes: number): number {
    if (this.#sum <= budgetBytes) return this.#lowest
    for (const count of [...this.#costs.keys()].toSorted((a, b) => a - b)) {
      if (count < this.#lowest) continue
      this.#lowest = count
      if (this.#sum <= budgetBytes) return count
      this.#sum -= this.#costs.get(count)!
    }
    this.#lowest = Infinity
    return this.#lowest
  }
}

/** Grows a word table part by part. */
class Collector {
  size = 0
  total = 0
  #bytes = new Uint8Array(1 << 16)
  #offsets = new Uint32Array(1 << 12)
  #counts = new Float64Array(1 << 12)

  add(table: WordTable, lowest: number): void {
    for (let word = 0; word < table.size; word++) {
      if (table.counts[word]! < lowest) continue
      this.#push(table.bytes, table.offsets[word]!, table.offsets[word + 1]!, table.counts[word]!)
    }
  }

  dropBelow(lowest: number): void {
    const size = this.size
    const counts = this.#counts
    let at = 0
    while (at < size && counts[at]! >= lowest) at++
    if (at === size) return
    const offsets = this.#offsets
    let start = offsets[at]!
    this.size = at
    for (let word = at; word < size; word++) {
      const end = offsets[word + 1]!
      const count = counts[word]!
      if (count < lowest) this.total -= count
      else {
        const to = this.#offsets[this.size]!
        this.#bytes.copyWithin(to, start, end)
        counts[this.size++] = count
        offsets[this.size] = to + end - start
      }
      start = end
    }
  }

  table(): WordTable {
    return holdWords(this.size, this.#bytes, this.#offsets, this.#counts)
  }

  #push(bytes: Uint8Array, start: number, end: number, count: number): void {
    const at = this.#offsets[this.size]!
    if (this.size + 2 > this.#offsets.length) {
      const length = Math.ceil(this.#offsets.length * 1.5)
      this.#offsets = enlarged(this.#offsets, new Uint32Array(length))
      this.#counts = enlarged(this.#counts, new Float64Array(length))
    }
    const total = at + end - start
    if (total > this.#bytes.length) {
      this.#bytes = enlarged(this.#bytes, new Uint8Array(Math.ceil(total * 1.5)))
    }
    this.#bytes.set(bytes.subarray(start, end), at)
    this.#counts[this.size++] = count
    this.#offsets[this.size] = total
    this.total += count
  }
}

function readPart(path: string, part: number, counter: WordCounter): void {
  const file = openSync(path, 'r')
  try {
    const header = Buffer.alloc(headerBytes)
    readSync(file, header, 0, headerBytes, 0)
    const start = header.readDoubleLE(part * 8)
    const end = header.readDoubleLE(part * 8 + 8)
    if (end > fstatSync(file).size) throw new Error(`${path}: the run file is cut off`)
    const bytes = Buffer.allocUnsafe(end - start)
    for (let at = 0; at < bytes.length;) {
      at += readSync(file, bytes, at, bytes.length - at, start + at)
    }
    for (let at = 0; at < bytes.length;) {
      const from = at + 12
      const to = from + bytes.readUInt32LE(at + 8)
      counter.add(bytes, from, to, bytes.readDoubleLE(at))
      at = to
    }
  } finally {
    closeSync(file)
  }
}

function hashPart(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5 | 0
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193)
  // The low bits choose a slot in the tables; the part comes from the high ones.
  return Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) >>> 27
}

function sortByPart(partOf: Uint8Array): Uint32Array {
  const starts = new Uint32Array(parts + 1)
  for (const part of partOf) starts[part + 1]!++
  for (let part = 0; part < parts; part++) starts[part + 1]! += starts[part]!
  const order = new Uint32Array(partOf.length)
  for (let word = 0; word < partOf.length; word++) order[starts[partOf[word]!]!++] = word
  return order
}

function enlarged<T extends { set(from: T): void }>(old: T, larger: T): T {
  larger.set(old)
  return larger
}

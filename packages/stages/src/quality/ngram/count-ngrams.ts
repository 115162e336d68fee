// Counts the n-grams of a corpus of any size within given memory: sentences are collected into a
// block, a full block is sorted and written as a run, and the runs are merged at the end (64 at a
// time). A corpus that fits into one block touches no disk. Only the highest order is counted; the
// lower ones follow from it. Memory: 12 bytes per token of a block, and a counter per word and order
// while it is sorted.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { writeRun, RunReader } from './ngram-run.ts'
import { BlockStream, MergedStream, type NgramStream } from './ngram-stream.ts'
import { sortNgrams } from './sort-ngrams.ts'
import { endId, startId } from './vocabulary.ts'

/** Most runs that are merged at once: 64 buffers of 256 KB. */
const maxRuns = 64

/** In front of <s>, so that every word has as many before it as an n-gram asks for. */
const padId = 0

export class NgramCounter {
  readonly #order: number
  readonly #folder: string
  readonly #maxTokens: () => number
  #tokens = new Uint32Array(1 << 10)
  #scratch: [Uint32Array, Uint32Array] = [new Uint32Array(0), new Uint32Array(0)]
  #length = 0
  #vocabularySize = 0
  /** Paths of the runs; those of a level hold about 64 times as much as those of the one below. */
  readonly #levels: string[][] = []
  #runCount = 0

  /** `maxTokens` says how many tokens a block may have now; runs are written to `folder`. */
  constructor(order: number, folder: string, maxTokens: () => number) {
    this.#order = order
    this.#folder = folder
    this.#maxTokens = maxTokens
  }

  /** Runs written so far. */
  get runCount(): number {
    return this.#runCount
  }

  /** Adds <s> ids[from, to) </s>. `vocabularySize` is above every id. */
  addSentence(ids: Uint32Array, from: number, to: number, vocabularySize: number): void {
    const pads = Math.max(0, this.#order - 2)
    const needed = this.#length + pads + 2 + to - from
    if (needed > this.#tokens.length) this.#makeRoom(needed, needed - this.#length)
    const tokens = this.#tokens
    let at = this.#length
    for (let i = 0; i < pads; i++) tokens[at++] = padId
    tokens[at++] = startId
    for (let i = from; i < to; i++) tokens[at++] = ids[i]!
    tokens[at++] = endId
    this.#length = at
    this.#vocabularySize = vocabularySize
  }

  /** The sorted n-grams of all sentences. Close it. */
  finish(): NgramStream {
    const last = this.#sortBlock()
    const runs = this.#levels.flat()
    if (runs.length === 0) return last
    if (runs.length > maxRuns) runs.splice(0, runs.length, this.#merge(runs))
    return new MergedStream(
      [last, ...runs.map((run) => new RunReader(run, this.#order))],
      this.#order,
    )
  }

  #makeRoom(needed: number, sentence: number): void {
    const limit = Math.max(this.#maxTokens(), sentence)
    if (needed > limit) {
      this.#spill()
      needed = sentence
    }
    if (needed <= this.#tokens.length) return
    const larger = new Uint32Array(Math.min(limit, Math.max(needed, 2 * this.#tokens.length)))
    larger.set(this.#tokens.subarray(0, this.#length))
    this.#tokens = larger
  }

  #sortBlock(): BlockStream {
    if (this.#scratch[0].length < this.#length) {
      this.#scratch = [new Uint32Array(this.#length), new Uint32Array(this.#length)]
    }
    const [positions, spare] = this.#scratch
    let count = 0
    for (let at = 0; at < this.#length; at++) {
      if (this.#tokens[at]! > startId) positions[count++] = at
    }
    sortNgrams(this.#tokens, this.#order, this.#vocabularySize, positions, count, spare)
    return new BlockStream(this.#tokens, positions.subarray(0, count), this.#order)
  }

  #spill(): void {
    const path = this.#newPath()
    writeRun(path, this.#sortBlock())
    this.#length = 0
    this.#addRun(0, path)
  }

  #addRun(level: number, path: string): void {
    const runs = (this.#levels[level] ??= [])
    runs.push(path)
    if (runs.length < maxRuns) return
    this.#levels[level] = []
    this.#addRun(level + 1, this.#merge(runs))
  }

  #newPath(): string {
    return join(this.#folder, `run-${this.#runCount++}`)
  }

  #merge(runs: readonly string[]): string {
    const path = this.#newPath()
    const stream = new MergedStream(
      runs.map((run) => new RunReader(run, this.#order)),
      this.#order,
    )
    writeRun(path, stream)
    stream.close()
    for (const run of runs) rmSync(run)
    return path
  }
}

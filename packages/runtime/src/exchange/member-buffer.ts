// Second exchange of a stage that verifies: described documents, grouped by cluster, or quotations,
// grouped by key. Entries have any length: (label, ordinal, n, n words), written partition after partition, in document order
// within each. Memory: the words of one task's members, twice while sorting by partition.
import type { Cluster } from '@shardmill/core'
import { partitionOf } from './record-buffer.ts'

const headWords = 3

export class MemberBuffer {
  #words = new Uint32Array(1024)
  #used = 0

  get wordCount(): number {
    return this.#used
  }

  push(label: number, ordinal: number, description: Uint32Array): void {
    const end = this.#used + headWords + description.length
    if (end > this.#words.length) {
      const larger = new Uint32Array(Math.max(end, this.#words.length * 2))
      larger.set(this.#words.subarray(0, this.#used))
      this.#words = larger
    }
    this.#words[this.#used] = label
    this.#words[this.#used + 1] = ordinal
    this.#words[this.#used + 2] = description.length
    this.#words.set(description, this.#used + headWords)
    this.#used = end
  }

  /** All entries ordered by partition, and the words that each partition has. */
  partitioned(partitions: number): { words: Uint32Array; sections: number[] } {
    const source = this.#words.subarray(0, this.#used)
    const sections = Array.from({ length: partitions }, () => 0)
    for (const at of entries(source)) {
      sections[partitionOf(source[at]!, partitions)]! += headWords + source[at + 2]!
    }
    const next = [0]
    for (const size of sections) next.push(next.at(-1)! + size)
    const words = new Uint32Array(this.#used)
    for (const at of entries(source)) {
      const partition = partitionOf(source[at]!, partitions)
      const entry = source.subarray(at, at + headWords + source[at + 2]!)
      words.set(entry, next[partition])
      next[partition]! += entry.length
    }
    return { words, sections }
  }
}

/** Calls `visit` for each cluster of two or more members in a partition, by ascending label. */
export function forEachCluster(
  words: Uint32Array,
  visit: (cluster: Cluster) => void,
  /** Documents from this ordinal on come from the index of an earlier run. */
  firstIndexed = Infinity,
): void {
  const places = Uint32Array.from(entries(words))
  // Entries came in document order, so their places break ties of equal labels.
  places.sort((a, b) => words[a]! - words[b]! || a - b)
  for (let from = 0; from < places.length;) {
    let to = from + 1
    while (to < places.length && words[places[to]!] === words[places[from]!]) to++
    if (to - from > 1) visit(clusterOf(words, places.subarray(from, to), firstIndexed))
    from = to
  }
}

function clusterOf(words: Uint32Array, places: Uint32Array, firstIndexed: number): Cluster {
  const ordinal = (member: number): number => words[places[member]! + 1]!
  return {
    count: places.length,
    ordinal,
    isIndexed: (member) => ordinal(member) >= firstIndexed,
    words(member) {
      const at = places[member]!
      return words.subarray(at + headWords, at + headWords + words[at + 2]!)
    },
  }
}

function* entries(words: Uint32Array): Generator<number> {
  for (let at = 0; at < words.length; at += headWords + words[at + 2]!) yield at
}

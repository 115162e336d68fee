// Reduce side of the exchange: finds the records of equal keys in one partition. Two stable 16-bit
// radix passes over the first key word order a permutation; inside runs of equal first words (rare
// for hashes) an insertion or library sort compares the other key words. Linear in the number of
// records; memory 8 bytes per record beside the records themselves.
import type { RecordGroup } from '@shardmill/core'

export interface RecordTable {
  readonly count: number
  /** Words per record, the document's ordinal last. */
  readonly stride: number
  readonly words: Uint32Array
}

/** Calls `visit` once for each key that two or more records share, records in ordinal order. */
export function forEachGroup(
  table: RecordTable,
  keyWords: number,
  visit: (group: RecordGroup) => void,
): void {
  const { count, stride, words } = table
  const order = orderByFirstWord(table)
  const compareKeys = (a: number, b: number): number => {
    for (let k = 1; k < keyWords; k++) {
      const difference = words[a * stride + k]! - words[b * stride + k]!
      if (difference !== 0) return difference
    }
    return 0
  }
  const group = new GroupView(table)
  for (let start = 0; start < count;) {
    const first = words[order[start]! * stride]!
    let end = start + 1
    while (end < count && words[order[end]! * stride] === first) end++
    if (end - start > 1) {
      const run = order.subarray(start, end)
      if (keyWords > 1) run.sort((a, b) => compareKeys(a, b) || a - b)
      for (let from = 0; from < run.length;) {
        let to = from + 1
        while (to < run.length && compareKeys(run[from]!, run[to]!) === 0) to++
        if (to - from > 1) visit(group.over(run.subarray(from, to)))
        from = to
      }
    }
    start = end
  }
}

function orderByFirstWord({ count, stride, words }: RecordTable): Uint32Array {
  let order = new Uint32Array(count)
  let other = new Uint32Array(count)
  for (let i = 0; i < count; i++) order[i] = i
  const starts = new Uint32Array(0x1_0000)
  for (const shift of [0, 16]) {
    starts.fill(0)
    for (let i = 0; i < count; i++) starts[(words[i * stride]! >>> shift) & 0xffff]!++
    let sum = 0
    for (let digit = 0; digit < 0x1_0000; digit++) {
      const size = starts[digit]!
      starts[digit] = sum
      sum += size
    }
    for (let i = 0; i < count; i++) {
      const record = order[i]!
      other[starts[(words[record * stride]! >>> shift) & 0xffff]!++] = record
    }
    ;[order, other] = [other, order]
  }
  return order
}

/** One object reused for all groups: valid only during the visit. */
class GroupView implements RecordGroup {
  count = 0
  readonly #table: RecordTable
  #members: Uint32Array = new Uint32Array(0)

  constructor(table: RecordTable) {
    this.#table = table
  }

  over(members: Uint32Array): this {
    this.#members = members
    this.count = members.length
    return this
  }

  word(record: number, index: number): number {
    return this.#table.words[this.#members[record]! * this.#table.stride + index]!
  }

  ordinal(record: number): number {
    return this.word(record, this.#table.stride - 1)
  }
}

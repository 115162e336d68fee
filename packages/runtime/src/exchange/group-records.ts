// Reduce side of the exchange: finds the records of equal keys in one partition. Most keys occur once,
// so a filter comes first: two bits per slot of a table of eight slots per record say whether a slot was
// met once or again, and only records of slots met again (with hashed keys one in eight of the lonely
// ones) are sorted. Three stable 11-bit radix passes over their first key words order a permutation; inside
// runs of equal first words a library sort compares the other key words. Linear in the number of
// records; memory 2 to 4 bytes per record beside the records themselves, 16 more per sorted one.
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
  /** Documents from this ordinal on come from the index of an earlier run. */
  firstIndexed = Infinity,
): void {
  const { stride, words } = table
  const { order, keys } = sortByKey(recordsMetAgain(table))
  const compareKeys = (a: number, b: number): number => {
    for (let k = 1; k < keyWords; k++) {
      const difference = words[a * stride + k]! - words[b * stride + k]!
      if (difference !== 0) return difference
    }
    return 0
  }
  /** Where the records of the key at `from` end. */
  const endOfKey = (from: number, end: number): number => {
    let to = from + 1
    while (to < end && compareKeys(order[from]!, order[to]!) === 0) to++
    return to
  }
  const group = new GroupView(table, order, firstIndexed)
  for (let start = 0; start < order.length;) {
    const first = keys[start]!
    let end = start + 1
    while (keys[end] === first) end++
    if (end - start > 1) {
      let to = endOfKey(start, end)
      // One key is the rule in a run, and then its records are in order as they stand.
      if (to < end) {
        order.subarray(start, end).sort((a, b) => compareKeys(a, b) || a - b)
        to = endOfKey(start, end)
      }
      for (let from = start; from < end; to = endOfKey(from, end)) {
        if (to - from > 1) visit(group.over(from, to))
        from = to
      }
    }
    start = end
  }
}

const slotsPerRecord = 8
/** 2^32 divided by the golden ratio: multiplicative hashing (Knuth, volume 3, 6.4). */
const golden = 0x9e37_79b1

interface Candidates {
  /** Records by number. */
  readonly order: Uint32Array
  /** The first key word of each. */
  readonly keys: Uint32Array
}

/** Records whose slot another record has too, in their order; all that share a key are among them. */
function recordsMetAgain({ count, stride, words }: RecordTable): Candidates {
  let bits = 6
  while (2 ** bits < count * slotsPerRecord) bits++
  const shift = 32 - bits
  // Four slots in a byte: bit 0 of each says met, bit 1 says met again.
  const met = new Uint8Array(2 ** (bits - 2))
  const end = count * stride
  let again = 0
  for (let at = 0; at < end; at += stride) {
    const slot = Math.imul(words[at]!, golden) >>> shift
    const bit = (slot & 3) * 2
    const byte = met[slot >> 2]!
    const isMet = (byte >> bit) & 1
    met[slot >> 2] = byte | ((1 + isMet) << bit)
    again += isMet
  }
  // The first of each slot was not counted: at most as many again.
  const [order, keys] = [new Uint32Array(2 * again), new Uint32Array(2 * again)]
  let used = 0
  for (let record = 0, at = 0; at < end; record++, at += stride) {
    const key = words[at]!
    const slot = Math.imul(key, golden) >>> shift
    if (((met[slot >> 2]! >> ((slot & 3) * 2)) & 2) === 0) continue
    order[used] = record
    keys[used++] = key
  }
  return { order: order.subarray(0, used), keys: keys.subarray(0, used) }
}

const digitBits = 11
const digits = 2 ** digitBits

/** The candidates by ascending first key word, those of equal words in their order. */
function sortByKey(candidates: Candidates): Candidates {
  const { length } = candidates.order
  let { order, keys } = candidates
  let otherOrder: Uint32Array = new Uint32Array(length)
  let otherKeys: Uint32Array = new Uint32Array(length)
  const starts = new Uint32Array(digits)
  for (let shift = 0; shift < 32; shift += digitBits) {
    starts.fill(0)
    for (let i = 0; i < length; i++) starts[(keys[i]! >>> shift) & (digits - 1)]!++
    let sum = 0
    for (let digit = 0; digit < digits; digit++) {
      const size = starts[digit]!
      starts[digit] = sum
      sum += size
    }
    for (let i = 0; i < length; i++) {
      const key = keys[i]!
      const target = starts[(key >>> shift) & (digits - 1)]!++
      otherOrder[target] = order[i]!
      otherKeys[target] = key
    }
    ;[order, keys, otherOrder, otherKeys] = [otherOrder, otherKeys, order, keys]
  }
  return { order, keys }
}

/** One object reused for all groups: valid only during the visit. */
class GroupView implements RecordGroup {
  count = 0
  #from = 0
  readonly #words: Uint32Array
  readonly #stride: number
  readonly #order: Uint32Array
  readonly #firstIndexed: number

  constructor({ words, stride }: RecordTable, order: Uint32Array, firstIndexed: number) {
    this.#words = words
    this.#stride = stride
    this.#order = order
    this.#firstIndexed = firstIndexed
  }

  over(from: number, to: number): this {
    this.#from = from
    this.count = to - from
    return this
  }

  word(record: number, index: number): number {
    return this.#words[this.#order[this.#from + record]! * this.#stride + index]!
  }

  ordinal(record: number): number {
    return this.word(record, this.#stride - 1)
  }

  isIndexed(record: number): boolean {
    return this.ordinal(record) >= this.#firstIndexed
  }
}

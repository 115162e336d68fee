// How much of a text repeats itself: the measures of Gopher (Rae et al. 2021, table A1) made well
// defined, so that one threshold means the same in every script.
//
// Only words and numbers are looked at: marks of punctuation, markup and table rules are no repetition
// of what is said. For an n-gram of words, occurrences are counted left to right without overlap, and only n-grams
// that occur at least twice count. A share is covered characters over the characters of all words, so it lies in [0, 1]:
//   topShare(n)        the largest share that one n-gram covers with all its occurrences
//   duplicateShare(n)  the share covered by later occurrences of any n-gram, found by a greedy scan
// Where datatrove differs: it joins the words of an n-gram with spaces the text may not have, counts
// overlapping occurrences and n-grams seen once, so that its value can pass 1 (的人x50 gives 3.43).
//
// How: an (n+1)-gram is a pair of overlapping n-grams, and it can repeat only where both do. So each
// level gives numbers to pairs of the numbers before, over the positions that still repeat; on normal
// text few are left after n = 4. Exact up to collisions of the 32-bit word hash.
// Cost: linear in words; about 30 ns per word for n = 2..10.
import { wordKind, type Words } from '@shardmill/core/words'

export interface Repetition {
  /** By n; index 0 and 1 unused. */
  readonly topShare: Float64Array
  readonly duplicateShare: Float64Array
}

// Scratch for the largest document so far: positions, n-gram numbers and an open-addressing table.
let capacity = 0
let positions = new Uint32Array(0)
let numbers = new Uint32Array(0)
let hashes = new Uint32Array(0)
let counts = new Uint32Array(0)
let marks = new Uint32Array(0)
let firstKeys = new Uint32Array(0)
let secondKeys = new Uint32Array(0)
let slots = new Uint32Array(0)
let prefix = new Float64Array(0)

/** Both shares of all n from 2 to `maxN`, over the words and numbers of one document. */
export function measureRepetition(words: Words, maxN = 10): Repetition {
  const { starts, ends, kinds } = words
  const topShare = new Float64Array(maxN + 1)
  const duplicateShare = new Float64Array(maxN + 1)
  reserve(words.count)
  let count = 0
  for (let i = 0; i < words.count; i++) {
    if (kinds[i] === wordKind.symbol) continue
    hashes[count] = words.hashes[i]!
    prefix[count + 1] = prefix[count]! + (ends[i]! - starts[i]!)
    count++
  }
  const total = prefix[count]!
  // Level 1: tokens that occur at least twice. `numbers[i]` is 0 where nothing repeats.
  for (let i = 0; i < count; i++) positions[i] = i
  let left = numberPairs(hashes, undefined, count)
  numbers[count] = 0
  for (let n = 2; n <= maxN && left > 1; n++) {
    left = numberPairs(numbers, numbers, left)
    let top = 0
    let duplicate = 0
    let resume = 0
    counts.fill(0, 0, left + 1)
    marks.fill(0, 0, left + 1)
    // `marks` holds where the last counted occurrence ends; then where the first one ends.
    for (let k = 0; k < left; k++) {
      const at = positions[k]!
      const number = numbers[at]!
      if (at < marks[number]!) continue
      marks[number] = at + n
      const times = ++counts[number]!
      if (times < 2) continue
      const covered = times * (prefix[at + n]! - prefix[at]!)
      if (covered > top) top = covered
    }
    marks.fill(0, 0, left + 1)
    for (let k = 0; k < left; k++) {
      const at = positions[k]!
      if (at < resume) continue
      const number = numbers[at]!
      const firstEnd = marks[number]!
      if (firstEnd === 0) marks[number] = at + n
      else if (at >= firstEnd) {
        duplicate += prefix[at + n]! - prefix[at]!
        resume = at + n
      }
    }
    topShare[n] = top / total
    duplicateShare[n] = duplicate / total
  }
  return { topShare, duplicateShare }
}

/**
 * Numbers the pairs (first[i], second[i + 1]) at the `kept` positions from 1 up, or the values first[i]
 * alone; then forgets pairs that occur once. Returns how many positions are left.
 */
function numberPairs(first: Uint32Array, second: Uint32Array | undefined, kept: number): number {
  let bits = 4
  while (1 << bits < kept * 2) bits++
  const mask = (1 << bits) - 1
  slots.fill(0, 0, mask + 1)
  let used = 0
  for (let k = 0; k < kept; k++) {
    const at = positions[k]!
    const a = first[at]!
    let b = 0
    if (second !== undefined) {
      b = second[at + 1]!
      if (b === 0) {
        marks[k] = 0
        continue
      }
    }
    let slot = Math.imul(a ^ Math.imul(b, 0x9e3779b1), 0x85ebca6b)
    slot = (slot ^ (slot >>> 15)) & mask
    let number = slots[slot]!
    while (number !== 0 && (firstKeys[number] !== a || secondKeys[number] !== b)) {
      slot = (slot + 1) & mask
      number = slots[slot]!
    }
    if (number === 0) {
      number = slots[slot] = ++used
      firstKeys[number] = a
      secondKeys[number] = b
      counts[number] = 0
    }
    counts[number]!++
    marks[k] = number
  }
  return renumber(kept)
}

/** Writes the new numbers over the old ones, 0 where the n-gram occurs once, and drops those. */
function renumber(kept: number): number {
  let left = 0
  let last = 0
  firstKeys.fill(0, 0, kept + 1)
  for (let k = 0; k < kept; k++) {
    const at = positions[k]!
    const number = marks[k]!
    if (number === 0 || counts[number]! < 2) {
      numbers[at] = 0
      continue
    }
    let compact = firstKeys[number]!
    if (compact === 0) compact = firstKeys[number] = ++last
    numbers[at] = compact
    positions[left++] = at
  }
  return left
}

function reserve(count: number): void {
  if (count < capacity) return
  capacity = Math.max(4096, 1 << Math.ceil(Math.log2(count + 2)))
  positions = new Uint32Array(capacity)
  numbers = new Uint32Array(capacity + 1)
  hashes = new Uint32Array(capacity)
  counts = new Uint32Array(capacity + 1)
  marks = new Uint32Array(capacity + 1)
  firstKeys = new Uint32Array(capacity + 1)
  secondKeys = new Uint32Array(capacity + 1)
  slots = new Uint32Array(capacity * 2)
  prefix = new Float64Array(capacity + 1)
}

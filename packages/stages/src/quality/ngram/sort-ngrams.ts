// Sorts the n-grams of a block of tokens by their context, read backwards from its last word, then
// by the word that follows: (w[n-1], …, w[1], w[n]). In this order everything that Kneser-Ney
// smoothing compares lies together (adjust-counts.ts), so it is the only sort of a training.
//
// From the most significant word to the least: the block is dealt into one bucket per last context
// word; a bucket is sorted by its next word, and so on. Large buckets are dealt again, middle ones
// packed as word and position into doubles (exact below 2^53) for the engine's own sort, small ones
// sorted by insertion. The words of an n-gram lie within 20 bytes, so a token costs about two reads from
// far memory, where counting sorts from the least significant word up cost two per word.
// Memory: two 32-bit positions per token, a counter per word and depth.

/** Up to so many are sorted by insertion. */
const smallBucket = 24
/** From so many per word of the vocabulary on, dealing into a bucket per word is quicker. */
const dealShare = 1 / 4

/**
 * Sorts `positions[0, count)`, which point to the last words of n-grams in `tokens`. `spare` is as
 * long as `positions`.
 */
export function sortNgrams(
  tokens: Uint32Array,
  order: number,
  vocabularySize: number,
  positions: Uint32Array,
  count: number,
  spare: Uint32Array,
): void {
  /** How far behind the last word the nth most significant word stands. */
  const backs = Array.from({ length: order }, (_, n) => (n + 1 === order ? 0 : n + 1))
  const dealAt = Math.max(1 << 12, vocabularySize * dealShare)
  const counters = backs.map(() => new Uint32Array(0))
  let packed = new Float64Array(1 << 10)

  const sort = (from: number, to: number, depth: number): void => {
    const size = to - from
    if (depth === order || size < 2) return
    if (size <= smallBucket) insert(from, to, depth)
    else if (size >= dealAt) deal(from, to, depth)
    else pack(from, to, depth)
  }

  const insert = (from: number, to: number, depth: number): void => {
    for (let i = from + 1; i < to; i++) {
      const at = positions[i]!
      let hole = i
      for (; hole > from; hole--) {
        const other = positions[hole - 1]!
        let difference = 0
        for (let n = depth; n < order && difference === 0; n++) {
          difference = tokens[other - backs[n]!]! - tokens[at - backs[n]!]!
        }
        if (difference <= 0) break
        positions[hole] = other
      }
      positions[hole] = at
    }
  }

  const pack = (from: number, to: number, depth: number): void => {
    const back = backs[depth]!
    const size = to - from
    const scale = 2 ** Math.ceil(Math.log2(size))
    if (size > packed.length) packed = new Float64Array(2 * size)
    const keys = packed.subarray(0, size)
    for (let i = 0; i < size; i++) {
      spare[from + i] = positions[from + i]!
      keys[i] = tokens[positions[from + i]! - back]! * scale + i
    }
    keys.sort()
    for (let i = 0; i < size; i++) {
      positions[from + i] = spare[from + (keys[i]! % scale)]!
    }
    sortRuns(from, to, depth)
  }

  const deal = (from: number, to: number, depth: number): void => {
    const back = backs[depth]!
    if (counters[depth]!.length === 0) counters[depth] = new Uint32Array(vocabularySize + 1)
    const offsets = counters[depth]!.fill(0)
    for (let i = from; i < to; i++) offsets[tokens[positions[i]! - back]! + 1]!++
    for (let word = 0; word < vocabularySize; word++) offsets[word + 1]! += offsets[word]!
    for (let i = from; i < to; i++) {
      const at = positions[i]!
      spare[from + offsets[tokens[at - back]!]!++] = at
    }
    positions.set(spare.subarray(from, to), from)
    sortRuns(from, to, depth)
  }

  /** Sorts what is equal up to `depth` by the next word. */
  const sortRuns = (from: number, to: number, depth: number): void => {
    if (depth + 1 === order) return
    const back = backs[depth]!
    let start = from
    let word = tokens[positions[from]! - back]!
    for (let i = from + 1; i <= to; i++) {
      const other = i === to ? -1 : tokens[positions[i]! - back]!
      if (other === word) continue
      if (i - start > 1) sort(start, i, depth + 1)
      start = i
      word = other
    }
  }

  sort(0, count, 0)
}

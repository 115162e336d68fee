// Which blocks of a page belong to its gold text. The words of all blocks are aligned with the words of
// the gold by their longest common subsequence, computed 32 cells at a time (Hyyrö 2004) with all
// rows kept, so that the alignment can be read back. A block's label is the share of its words that
// are aligned, or of its 4-word runs that the gold has in any order, whichever is larger.
// Short blocks are trusted only next to aligned ones: `Home` in a menu may take the place of a `home`
// in a sentence. Cost: page words x gold words / 32 steps and as many words of memory.

const maxCells = 3_000_000_000

/** Share of each block's words that belong to the gold, 0..1. */
export function labelBlocks(
  blocks: readonly (readonly string[])[],
  gold: readonly string[],
): Float32Array {
  const labels = new Float32Array(blocks.length)
  const words = blocks.flat()
  if (words.length === 0 || gold.length === 0) return labels
  const runs = runCounts(gold)
  const matched = words.length * gold.length > maxCells ? undefined : align(words, gold)
  /** Block of each gold word's partner. */
  const owner = new Int32Array(gold.length).fill(-1)
  if (matched) {
    let word = 0
    blocks.forEach((block, b) => {
      for (let i = 0; i < block.length; i++, word++) {
        const partner = matched[word] ?? -1
        if (partner >= 0) owner[partner] = b
      }
    })
  }
  let word = 0
  blocks.forEach((block, b) => {
    const start = word
    word += block.length
    if (block.length === 0) return
    let aligned = 0
    let first = -1
    let last = -1
    for (let i = start; i < word; i++) {
      const partner = matched?.[i] ?? -1
      if (partner < 0) continue
      aligned++
      if (first < 0) first = partner
      last = partner
    }
    let share = aligned / block.length
    if (block.length < 5 && aligned > 0) {
      const before = first > 0 ? (owner[first - 1] ?? -1) : -1
      const after = last + 1 < gold.length ? (owner[last + 1] ?? -1) : -1
      const isNear = (other: number): boolean =>
        other >= 0 && other !== b && Math.abs(other - b) <= 4
      if (!isNear(before) && !isNear(after)) share = 0
    }
    labels[b] = Math.max(share, block.length >= 8 ? runShare(block, runs) : 0)
  })
  return labels
}

const width = 4

function runCounts(words: readonly string[]): ReadonlySet<string> {
  const runs = new Set<string>()
  for (let i = 0; i + width <= words.length; i++) runs.add(words.slice(i, i + width).join(' '))
  return runs
}

function runShare(words: readonly string[], runs: ReadonlySet<string>): number {
  let found = 0
  const count = words.length - width + 1
  for (let i = 0; i < count; i++) if (runs.has(words.slice(i, i + width).join(' '))) found++
  return found / count
}

/** For every word of `a` the index of its partner in `b`, or -1. */
export function align(a: readonly string[], b: readonly string[]): Int32Array {
  const lanes = Math.ceil(b.length / 32)
  const masks = new Map<string, Uint32Array>()
  b.forEach((word, j) => {
    let mask = masks.get(word)
    if (!mask) masks.set(word, (mask = new Uint32Array(lanes)))
    mask[j >>> 5] = (mask[j >>> 5] ?? 0) | (1 << (j & 31))
  })
  // rows[i] bit j is 0 where the length grows from column j to j + 1 in row i.
  const rows = new Uint32Array((a.length + 1) * lanes)
  rows.fill(0xffff_ffff, 0, lanes)
  for (let i = 0; i < a.length; i++) {
    const mask = masks.get(a[i] ?? '')
    const from = i * lanes
    const to = from + lanes
    if (!mask) {
      rows.copyWithin(to, from, to)
      continue
    }
    let carry = 0
    for (let k = 0; k < lanes; k++) {
      const row = rows[from + k] as number
      const both = (row & (mask[k] as number)) >>> 0
      const sum = row + both + carry
      carry = sum > 0xffff_ffff ? 1 : 0
      rows[to + k] = (sum >>> 0) | (row & ~(mask[k] as number))
    }
  }
  const grows = (i: number, j: number): boolean =>
    (((rows[i * lanes + (j >>> 5)] ?? 0) >>> (j & 31)) & 1) === 0
  const partner = new Int32Array(a.length).fill(-1)
  let i = a.length
  let j = b.length
  while (i > 0 && j > 0) {
    if (!grows(i, j - 1)) j--
    else if (grows(i - 1, j - 1)) i--
    else partner[--i] = --j
  }
  return partner
}

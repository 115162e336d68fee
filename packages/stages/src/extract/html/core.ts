// The core of a page: the element that the first model likes best as a whole, and how each block stands to
// it. Readability's top candidate (Arc90, 2009), but found by the sum of opinions over all blocks inside,
// each less what it takes to be in doubt, so that it grows as long as what it gains is liked better
// than not. Teasers outside of it may look like paragraphs; inside, a short line belongs to the text.
// Cost: two passes over the nodes.
import { blockWeight, type Blocks } from './blocks.ts'
import { log2 } from './log2.ts'
import type { OpinionSums } from './opinion-sums.ts'
import type { Page } from './scan.ts'
import { scratch } from './scratch.ts'

export const coreFeatureNames = [
  'inCore',
  'fromCore',
  'coreLevel',
  'coreGain',
  'coreMean',
  'corePlace',
  'coreWords',
] as const

/** An opinion that counts for nothing: the sum grows with surer blocks. */
const doubt = 0.4

export interface Core {
  /** Its blocks. */
  readonly from: number
  readonly to: number
  /** For every element how many levels above the core the two part; 0 inside. */
  readonly levels: Uint16Array
  /** The same for text outside of all elements. */
  readonly outside: number
  readonly gainShare: number
  readonly mean: number
  readonly logWords: number
}

const gainOf = scratch(Float64Array)

/** Finds the core of a page; valid until the next call. */
export function findCore(
  page: Page,
  blocks: Blocks,
  opinions: Float32Array,
  { words, mass }: OpinionSums,
): Core {
  const { count, begun, blockOf } = blocks
  const gain = gainOf(count + 1)
  gain[0] = 0
  let liked = 0
  for (let block = 0; block < count; block++) {
    const plus = ((opinions[block] as number) - doubt) * blockWeight(blocks, block)
    gain[block + 1] = (gain[block] as number) + plus
    if (plus > 0) liked += plus
  }
  // The best block element; of two with the same blocks the inner one, which comes later.
  let core = -1
  let best = -Infinity
  let from = 0
  let to = count
  for (let node = 0; node < page.count; node++) {
    if (page.tag[node] === 0 || blockOf[node] !== node) continue
    const start = begun[node] as number
    const stop = begun[page.end[node] as number] ?? count
    if (stop <= start) continue
    const sum = (gain[stop] as number) - (gain[start] as number)
    if (sum < best || (sum === best && stop - start > to - from)) continue
    best = sum
    core = node
    from = start
    to = stop
  }
  const coreWords = (words[to] as number) - (words[from] as number)
  return {
    from,
    to,
    ...levelsFrom(page, core),
    gainShare: Math.max(0, best) / Math.max(1, liked),
    mean: ((mass[to] as number) - (mass[from] as number)) / Math.max(1, coreWords),
    logWords: log2(1 + coreWords),
  }
}

/** Writes how a block stands to the core, at `column` of its row. */
export function writeCore(
  { from, to, levels, outside, gainShare, mean, logWords }: Core,
  { container }: Blocks,
  block: number,
  rows: Float32Array,
  column: number,
): void {
  const isInside = block >= from && block < to
  const node = container[block] as number
  let at = column
  rows[at++] = isInside ? 1 : 0
  rows[at++] = isInside ? 0 : block < from ? block - from : block - to + 1
  rows[at++] = node < 0 ? outside : (levels[node] as number)
  rows[at++] = gainShare
  rows[at++] = mean
  rows[at++] = isInside ? (block - from) / (to - from) : -1
  rows[at++] = logWords
}

const levelsOf = scratch(Uint16Array)
const aboveOf = scratch(Uint8Array)

function levelsFrom(
  { count, parent }: Page,
  core: number,
): { readonly levels: Uint16Array; readonly outside: number } {
  const levels = levelsOf(count)
  const isAbove = aboveOf(count).fill(0, 0, count)
  let height = 0
  for (let node = core; node >= 0; node = parent[node] as number) {
    isAbove[node] = 1
    levels[node] = height++
  }
  for (let node = 0; node < count; node++) {
    if (isAbove[node] === 1) continue
    const up = parent[node] as number
    levels[node] = up < 0 ? height : (levels[up] as number)
  }
  return { levels, outside: height }
}

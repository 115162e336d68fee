// The core of a page: the element that the first model likes best as a whole, and how each block stands to
// it. Readability's top candidate (Arc90, 2009), but found by the sum of opinions over all blocks inside,
// each less what it takes to be in doubt, so that it grows as long as what it gains is liked better
// than not. Teasers outside of it may look like paragraphs; inside, a short line belongs to the text.
// Cost: two passes over the nodes.
import { blockWeight, type Blocks } from './blocks.ts'
import { log2 } from './log2.ts'
import type { Page } from './scan.ts'

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

/** Writes the core features of every block into `rows`, from column `column` of each row of `width` columns. */
export function fillCore(
  page: Page,
  blocks: Blocks,
  opinions: Float32Array,
  rows: Float32Array,
  width: number,
  column: number,
): void {
  const { count, begun, blockOf, container } = blocks
  const gain = new Float64Array(count + 1)
  const mass = new Float64Array(count + 1)
  const size = new Float64Array(count + 1)
  let liked = 0
  for (let block = 0; block < count; block++) {
    const p = opinions[block] as number
    const weight = blockWeight(blocks, block)
    const plus = (p - doubt) * weight
    gain[block + 1] = (gain[block] as number) + plus
    mass[block + 1] = (mass[block] as number) + p * weight
    size[block + 1] = (size[block] as number) + weight
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
  const levels = levelsFrom(page, core)
  const gainShare = Math.max(0, best) / Math.max(1, liked)
  const coreWords = (size[to] as number) - (size[from] as number)
  const mean = ((mass[to] as number) - (mass[from] as number)) / Math.max(1, coreWords)
  for (let block = 0; block < count; block++) {
    const isInside = block >= from && block < to
    let at = block * width + column
    rows[at++] = isInside ? 1 : 0
    rows[at++] = isInside ? 0 : block < from ? block - from : block - to + 1
    const node = container[block] as number
    rows[at++] = node < 0 ? levels.outside : (levels.of[node] as number)
    rows[at++] = gainShare
    rows[at++] = mean
    rows[at++] = isInside ? (block - from) / (to - from) : -1
    rows[at++] = log2(1 + coreWords)
  }
}

/** For every element, and for text outside of all: how many levels above the core the two part; 0 inside. */
function levelsFrom(
  { count, parent }: Page,
  core: number,
): { readonly of: Uint16Array; readonly outside: number } {
  const levels = new Uint16Array(count)
  const isAbove = new Uint8Array(count)
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
  return { of: levels, outside: height }
}

// Second look: the first model's opinion of a block's neighbours and of the elements around it. A
// paragraph among kept paragraphs stays, a stray link list between them goes. Stacking after
// Cohen & Carvalho 2005 (stacked sequential learning). Neighbours and levels are pieces (row-pieces.ts).
import type { Blocks } from './blocks.ts'
import type { OpinionSums } from './opinion-sums.ts'
import type { Piece } from './row-pieces.ts'
import type { Page } from './scan.ts'
import { peak, slidingPeaks } from './sliding-peaks.ts'
import { firstWider, widerElements } from './wider-elements.ts'

/** Neighbours on either side. */
const reach = 4
const levels = 5
const levelNames = ['Mean', 'Max', 'KeptShare'] as const

export const contextFeatureNames: readonly string[] = [
  'p',
  ...Array.from({ length: reach }, (_, i) => `p${i - reach}`),
  ...Array.from({ length: reach }, (_, i) => `p${i + 1}`),
  ...Array.from({ length: levels }, (_, i) =>
    levelNames.map((name) => `level${i + 1}${name}`),
  ).flat(),
  'pageMean',
  'keptShare',
  'keptBefore',
  'keptAfter',
  'sinceKept',
  'untilKept',
  'window5',
  'window15',
  'keptWords',
]
const levelColumn = 1 + 2 * reach
const levelNumbers = levels * levelNames.length
const restColumn = levelColumn + levelNumbers

/** From sources `first` (opinions, from the block's own on) and `first + 1`; a later piece overwrites an earlier. */
export const contextPieces = (column: number, first: number): readonly Piece[] => [
  { column, length: reach, source: first, offset: 0 },
  { column: column + 1, length: reach, source: first, offset: -reach },
  { column: column + 1 + reach, length: reach, source: first, offset: 1 },
  { column: column + levelColumn, length: levelNumbers, source: first + 1, offset: 0 },
]

/** Where the context features of a page come from, and their pieces in `numbers`. */
export interface Context {
  readonly page: Page
  readonly blocks: Blocks
  readonly sums: OpinionSums
  readonly wider: Int32Array
  readonly peaks: Float32Array
  readonly opinions: Float32Array
  readonly kept: Kept
  readonly around: Around
  readonly numbers: Float32Array
  /** Opinions by block. */
  readonly opinionsAt: number
  /** Levels around the block at hand, as they look from outside of their first element. */
  readonly levelsAt: number
  readonly end: number
}

/** The nearest wider element of the block at hand. */
interface Around {
  node: number
  start: number
  stop: number
}

/** The blocks before and after the one at hand that the first model surely keeps. */
interface Kept {
  last: number
  next: number
}

/** Gathers what the context features need; their pieces are put into `numbers` from `start` on. */
export function contextOf(
  page: Page,
  blocks: Blocks,
  opinions: Float32Array,
  sums: OpinionSums,
  numbers: Float32Array,
  start: number,
): Context {
  const { count } = blocks
  // Blocks that would stand outside of the page.
  const opinionsAt = start + reach
  numbers.fill(-1, start, opinionsAt)
  numbers.set(opinions, opinionsAt)
  numbers.fill(-1, opinionsAt + count, opinionsAt + count + reach)
  const levelPiece = opinionsAt + count + reach
  return {
    page,
    blocks,
    sums,
    wider: widerElements(page, blocks),
    peaks: slidingPeaks(opinions, count),
    opinions,
    kept: { last: -farAway, next: -1 },
    around: { node: -2, start: 0, stop: 0 },
    numbers,
    opinionsAt,
    levelsAt: levelPiece,
    end: levelPiece + levelNumbers,
  }
}

/** Makes the piece of the levels that of a block. */
export function lookAround(context: Context, block: number): void {
  const { page, blocks, wider, around } = context
  const node = firstWider(page, blocks, wider, block)
  if (node === around.node) return
  around.node = node
  measureLevels(context, node)
}

function measureLevels(
  {
    page: { end },
    blocks: { count, begun },
    wider,
    peaks,
    sums,
    around,
    numbers,
    levelsAt,
  }: Context,
  first: number,
): void {
  const { words, mass, totalMass } = sums
  let node = first
  let from = 0
  let to = 0
  let largest = 0
  let at = levelsAt
  for (let level = 0; level < levels; level++) {
    const wideFrom = node < 0 ? 0 : (begun[node] as number)
    const wideTo = node < 0 ? count : (begun[end[node] as number] as number)
    if (level === 0) {
      around.start = wideFrom
      around.stop = wideTo
    } else {
      // Only the new part is searched, and no more than `peakReach` blocks on either side.
      const before = peak(peaks, count, Math.max(wideFrom, from - peakReach), from)
      const after = peak(peaks, count, to, Math.min(wideTo, to + peakReach))
      if (before > largest) largest = before
      if (after > largest) largest = after
    }
    from = wideFrom
    to = wideTo
    const inside = (mass[to] as number) - (mass[from] as number)
    numbers[at++] = inside / Math.max(1, (words[to] as number) - (words[from] as number))
    numbers[at++] = largest
    numbers[at++] = inside / totalMass
    if (node >= 0) node = wider[node] as number
  }
}

/** How far from a block or an element the largest opinion is looked for. */
const peakReach = 64

/** Completes a copy of the pieces, at `column` of the row of a block; blocks come in order. */
export function finishContext(context: Context, block: number, column: number): void {
  const { blocks, sums, peaks, around, kept, numbers } = context
  const { count } = blocks
  const { mass, plain, totalMass, pageMean, logMass } = sums
  const start = Math.max(around.start, block - peakReach)
  const inside = peak(peaks, count, start, Math.min(around.stop, block + 1 + peakReach))
  let at = column + levelColumn + 1
  for (let level = 0; level < levels; level++, at += levelNames.length)
    if (inside > (numbers[at] as number)) numbers[at] = inside
  const before = mass[block] as number
  const after = mass[block + 1] as number
  at = column + restColumn
  numbers[at++] = pageMean
  numbers[at++] = (after - before) / totalMass
  numbers[at++] = before / totalMass
  numbers[at++] = (totalMass - after) / totalMass
  numbers[at++] = Math.min(farAway, block - kept.last)
  if (kept.next <= block) findNextKept(context, block)
  numbers[at++] = Math.min(farAway, kept.next - block)
  numbers[at++] = windowMean(plain, block, 5, count)
  numbers[at++] = windowMean(plain, block, 15, count)
  numbers[at++] = logMass
}

/** Farther is not counted. */
const farAway = 100

function findNextKept({ opinions, blocks: { count }, kept }: Context, block: number): void {
  if ((opinions[block] as number) > 0.6) kept.last = block
  let next = block + 1
  while (next < count && (opinions[next] as number) <= 0.6) next++
  kept.next = next < count ? next : count + farAway
}

function windowMean(sums: Float64Array, block: number, span: number, count: number): number {
  const from = Math.max(0, block - span)
  const to = Math.min(count, block + span + 1)
  return ((sums[to] as number) - (sums[from] as number)) / (to - from)
}

// Second look: the first model's opinion of a block's neighbours and of the elements around it. A
// paragraph among kept paragraphs stays, a stray link list between them goes. Stacking after
// Cohen & Carvalho 2005 (stacked sequential learning).
import { blockWeight, type Blocks } from './blocks.ts'
import type { Page } from './scan.ts'
import { peak, slidingPeaks } from './sliding-peaks.ts'
import { firstWider, widerElements } from './wider-elements.ts'

const offsets = [-4, -3, -2, -1, 1, 2, 3, 4] as const
const levels = 5

export const contextFeatureNames: readonly string[] = [
  'p',
  ...offsets.map((offset) => `p${offset}`),
  ...Array.from({ length: levels }, (_, i) => [
    `level${i + 1}Mean`,
    `level${i + 1}Max`,
    `level${i + 1}KeptShare`,
  ]).flat(),
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

/**
 * Writes the context features of every block into `rows`, from column `column` of each row of
 * `width` columns. `first` has the first model's probabilities.
 */
export function fillContextFeatures(
  page: Page,
  blocks: Blocks,
  first: Float32Array,
  rows: Float32Array,
  width: number,
  column: number,
): void {
  const { count } = blocks
  const words = new Float64Array(count + 1)
  const mass = new Float64Array(count + 1)
  const plain = new Float64Array(count + 1)
  for (let block = 0; block < count; block++) {
    const size = blockWeight(blocks, block)
    words[block + 1] = (words[block] ?? 0) + size
    mass[block + 1] = (mass[block] ?? 0) + size * (first[block] ?? 0)
    plain[block + 1] = (plain[block] ?? 0) + (first[block] ?? 0)
  }
  const sinceKept = new Float32Array(count)
  const untilKept = new Float32Array(count)
  for (let block = 0, last = -100; block < count; block++) {
    sinceKept[block] = Math.min(100, block - last)
    if ((first[block] ?? 0) > 0.6) last = block
  }
  for (let block = count - 1, next = count + 100; block >= 0; block--) {
    untilKept[block] = Math.min(100, next - block)
    if ((first[block] ?? 0) > 0.6) next = block
  }
  const sums: Sums = { words, mass, plain, sinceKept, untilKept }
  const wider = widerElements(page, blocks)
  const peaks = slidingPeaks(first, count)
  const around: Around = {
    node: -2,
    start: 0,
    stop: 0,
    means: new Float64Array(levels),
    shares: new Float64Array(levels),
    outside: new Float64Array(levels),
  }
  for (let block = 0; block < count; block++) {
    const node = firstWider(page, blocks, wider, block)
    if (node !== around.node) lookAround(around, node, page, blocks, wider, peaks, sums)
    fillRow(block, count, first, sums, around, peaks, rows, block * width + column)
  }
}

/** By block, or over the blocks before each. */
interface Sums {
  /** Words, of long blocks 200 and one, and how many of them are kept by opinion. */
  readonly words: Float64Array
  readonly mass: Float64Array
  readonly plain: Float64Array
  readonly sinceKept: Float32Array
  readonly untilKept: Float32Array
}

function fillRow(
  block: number,
  count: number,
  first: Float32Array,
  { words, mass, plain, sinceKept, untilKept }: Sums,
  { start, stop, means, shares, outside }: Around,
  peaks: Float32Array,
  rows: Float32Array,
  column: number,
): void {
  const allMass = mass[count] as number
  const totalMass = Math.max(1e-6, allMass)
  let at = column
  rows[at++] = first[block] as number
  for (let i = 0; i < offsets.length; i++) {
    const other = block + (offsets[i] as number)
    rows[at++] = other < 0 || other >= count ? -1 : (first[other] as number)
  }
  const reachStart = Math.max(start, block - peakReach)
  const inside = peak(peaks, count, reachStart, Math.min(stop, block + 1 + peakReach))
  for (let level = 0; level < levels; level++) {
    const beyond = outside[level] as number
    rows[at++] = means[level] as number
    rows[at++] = beyond > inside ? beyond : inside
    rows[at++] = shares[level] as number
  }
  rows[at++] = allMass / Math.max(1, words[count] as number)
  rows[at++] = ((mass[block + 1] as number) - (mass[block] as number)) / totalMass
  rows[at++] = (mass[block] as number) / totalMass
  rows[at++] = (totalMass - (mass[block + 1] as number)) / totalMass
  rows[at++] = sinceKept[block] as number
  rows[at++] = untilKept[block] as number
  rows[at++] = windowMean(plain, block, 5, count)
  rows[at++] = windowMean(plain, block, 15, count)
  rows[at++] = Math.log2(1 + allMass)
}

/** What all blocks share whose first wider element is the same. */
interface Around {
  node: number
  /** Its blocks. */
  start: number
  stop: number
  readonly means: Float64Array
  readonly shares: Float64Array
  /** Largest opinion beyond the first element. */
  readonly outside: Float64Array
}

function lookAround(
  around: Around,
  first: number,
  { end }: Page,
  { count, begun }: Blocks,
  wider: Int32Array,
  peaks: Float32Array,
  { words, mass }: Sums,
): void {
  const { means, shares, outside } = around
  const totalMass = Math.max(1e-6, mass[count] as number)
  let node = first
  let from = 0
  let to = 0
  let largest = 0
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
    outside[level] = largest
    from = wideFrom
    to = wideTo
    const inside = (mass[to] as number) - (mass[from] as number)
    means[level] = inside / Math.max(1, (words[to] as number) - (words[from] as number))
    shares[level] = inside / totalMass
    if (node >= 0) node = wider[node] as number
  }
  around.node = first
}

/** How far from a block or an element the largest opinion is looked for. */
const peakReach = 64
function windowMean(sums: Float64Array, block: number, reach: number, count: number): number {
  const from = Math.max(0, block - reach)
  const to = Math.min(count, block + reach + 1)
  return ((sums[to] ?? 0) - (sums[from] ?? 0)) / (to - from)
}

// Second look: the first model's opinion of a block's neighbours and of the elements around it. A
// paragraph among kept paragraphs stays, a stray link list between them goes. Stacking after
// Cohen & Carvalho 2005 (stacked sequential learning).
import type { Blocks } from './blocks.ts'
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
  const { count, begun } = blocks
  const words = new Float64Array(count + 1)
  const mass = new Float64Array(count + 1)
  const plain = new Float64Array(count + 1)
  for (let block = 0; block < count; block++) {
    const size = Math.min(200, blocks.words[block] ?? 0) + 1
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
  const totalMass = Math.max(1e-6, mass[count] as number)
  const pageMean = (mass[count] as number) / Math.max(1, words[count] as number)
  const keptWords = Math.log2(1 + (mass[count] as number))
  const wider = widerElements(page, blocks)
  const peaks = slidingPeaks(first, count)
  // What all blocks share whose first wider element is the same, and how far that one reaches.
  let nearest = -2
  let start = 0
  let stop = 0
  const means = new Float64Array(levels)
  const shares = new Float64Array(levels)
  const outside = new Float64Array(levels)
  const measureLevels = (): void => {
    let node = nearest
    let from = 0
    let to = 0
    for (let level = 0; level < levels; level++) {
      const wideFrom = node < 0 ? 0 : (begun[node] as number)
      const wideTo = node < 0 ? count : (begun[page.end[node] as number] as number)
      if (level === 0) {
        start = wideFrom
        stop = wideTo
      } else {
        // Only the new part is searched, and no more than `peakReach` blocks on either side.
        outside[level] = Math.max(
          outside[level - 1] as number,
          peak(peaks, count, Math.max(wideFrom, from - peakReach), from),
          peak(peaks, count, to, Math.min(wideTo, to + peakReach)),
        )
      }
      from = wideFrom
      to = wideTo
      const inside = (mass[to] as number) - (mass[from] as number)
      means[level] = inside / Math.max(1, (words[to] as number) - (words[from] as number))
      shares[level] = inside / totalMass
      if (node >= 0) node = wider[node] as number
    }
  }
  for (let block = 0; block < count; block++) {
    let at = block * width + column
    rows[at++] = first[block] as number
    for (const offset of offsets) {
      const other = block + offset
      rows[at++] = other < 0 || other >= count ? -1 : (first[other] as number)
    }
    const node = firstWider(page, blocks, wider, block)
    if (node !== nearest) {
      nearest = node
      measureLevels()
    }
    const inside = peak(
      peaks,
      count,
      Math.max(start, block - peakReach),
      Math.min(stop, block + 1 + peakReach),
    )
    for (let level = 0; level < levels; level++) {
      const beyond = outside[level] as number
      rows[at++] = means[level] as number
      rows[at++] = beyond > inside ? beyond : inside
      rows[at++] = shares[level] as number
    }
    rows[at++] = pageMean
    rows[at++] = ((mass[block + 1] as number) - (mass[block] as number)) / totalMass
    rows[at++] = (mass[block] as number) / totalMass
    rows[at++] = (totalMass - (mass[block + 1] as number)) / totalMass
    rows[at++] = sinceKept[block] as number
    rows[at++] = untilKept[block] as number
    rows[at++] = windowMean(plain, block, 5, count)
    rows[at++] = windowMean(plain, block, 15, count)
    rows[at++] = keptWords
  }
}

/** How far from a block or an element the largest opinion is looked for. */
const peakReach = 64
function windowMean(sums: Float64Array, block: number, reach: number, count: number): number {
  const from = Math.max(0, block - reach)
  const to = Math.min(count, block + reach + 1)
  return ((sums[to] ?? 0) - (sums[from] ?? 0)) / (to - from)
}

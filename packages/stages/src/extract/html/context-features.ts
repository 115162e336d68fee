// Second look: the first model's opinion of a block's neighbours and of the elements around it. A
// paragraph among kept paragraphs stays, a stray link list between them goes. Stacking after
// Cohen & Carvalho 2005 (stacked sequential learning).
import type { Blocks } from './blocks.ts'
import type { Page } from './scan.ts'

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
  const totalMass = Math.max(1e-6, mass[count] ?? 0)
  const totalWords = Math.max(1, words[count] ?? 0)
  // The largest opinion inside an element, for the elements that matter: per start and end.
  for (let block = 0; block < count; block++) {
    let at = block * width + column
    rows[at++] = first[block] ?? 0
    for (const offset of offsets) {
      const other = block + offset
      rows[at++] = other < 0 || other >= count ? -1 : (first[other] ?? 0)
    }
    let from = block
    let to = block + 1
    let node = blocks.container[block] ?? -1
    let largest = first[block] ?? 0
    for (let level = 0; level < levels; level++) {
      let start = 0
      let stop = count
      while (node >= 0) {
        const nodeStart = begun[node] ?? 0
        const nodeStop = begun[page.end[node] ?? 0] ?? count
        if (nodeStart < from || nodeStop > to) {
          start = nodeStart
          stop = nodeStop
          break
        }
        node = page.parent[node] ?? -1
      }
      // Only the new part is searched, and no more than 64 blocks on either side.
      for (let b = Math.max(start, from - 64); b < from; b++)
        largest = Math.max(largest, first[b] ?? 0)
      for (let b = to; b < Math.min(stop, to + 64); b++) largest = Math.max(largest, first[b] ?? 0)
      from = start
      to = stop
      const inside = (mass[to] ?? 0) - (mass[from] ?? 0)
      rows[at++] = inside / Math.max(1, (words[to] ?? 0) - (words[from] ?? 0))
      rows[at++] = largest
      rows[at++] = inside / totalMass
    }
    rows[at++] = (mass[count] ?? 0) / totalWords
    rows[at++] = ((mass[block + 1] ?? 0) - (mass[block] ?? 0)) / totalMass
    rows[at++] = (mass[block] ?? 0) / totalMass
    rows[at++] = (totalMass - (mass[block + 1] ?? 0)) / totalMass
    rows[at++] = sinceKept[block] ?? 0
    rows[at++] = untilKept[block] ?? 0
    rows[at++] = windowMean(plain, block, 5, count)
    rows[at++] = windowMean(plain, block, 15, count)
    rows[at++] = Math.log2(1 + (mass[count] ?? 0))
  }
}

function windowMean(sums: Float64Array, block: number, reach: number, count: number): number {
  const from = Math.max(0, block - reach)
  const to = Math.min(count, block + reach + 1)
  return ((sums[to] ?? 0) - (sums[from] ?? 0)) / (to - from)
}

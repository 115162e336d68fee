// What the elements around a block hold, each of which holds more blocks than the one before (Readability
// sums over two of them). All but the block's place is the same for all blocks inside, so it is
// computed once per element and copied.
import type { BlockLengths } from './block-lengths.ts'
import type { Blocks } from './blocks.ts'
import { kindOfTag, type ElementFacts } from './element-facts.ts'
import { log2 } from './log2.ts'
import type { Page } from './scan.ts'
import { scratch } from './scratch.ts'
import type { Topic } from './topic.ts'
import { firstWider, widerElements } from './wider-elements.ts'

export const levels = 4
const names = [
  'Blocks',
  'Chars',
  'LinkDensity',
  'CharsPerBlock',
  'Share',
  'Stops',
  'LongShare',
  'Place',
  'Twins',
  'Kind',
  'Weight',
  'TitleShare',
  'Topic',
] as const
export const levelFeatureNames: readonly string[] = Array.from({ length: levels }, (_, i) =>
  names.map((name) => `level${i + 1}${name}`),
).flat()

export const levelColumns = levelFeatureNames.length

/** The surroundings of the block that `find` was last called for. */
export interface Levels {
  /** The elements, from the inside; -1 is the page. */
  readonly around: Int32Array
  /** First block and how many blocks each holds. */
  readonly from: Int32Array
  readonly inside: Int32Array
  /** Returns where the features of all levels stand in `numbers`, except the block's place in each. */
  find(block: number): number
}

/** Column of the block's place, which is its own, at the first level, and how far on the next one's is. */
export const placeAt = names.indexOf('Place')
export const levelStride = names.length

/** Most numbers that are needed: two elements may hold the same blocks, and one more is the page. */
export const levelNumbers = (blocks: number): number => 2 * (blocks + 1) * levelColumns

const knownOf = scratch(Int32Array)

/** Puts what it computes into `numbers` from `start` on. */
export function levelFeatures(
  page: Page,
  blocks: Blocks,
  { firstTwin, twins }: ElementFacts,
  { sums }: BlockLengths,
  topic: Topic,
  numbers: Float32Array,
  start: number,
): Levels {
  const { count, begun } = blocks
  const wider = widerElements(page, blocks)
  const totalChars = Math.max(1, sums.chars[count] as number)
  const fromOf = (node: number): number => (node < 0 ? 0 : (begun[node] as number))
  const toOf = (node: number): number =>
    node < 0 ? count : (begun[page.end[node] as number] as number)
  /** Where the levels from an element on stand, or 0; the last one is the page. */
  const known = knownOf(page.count + 1).fill(0, 0, page.count + 1)
  let next = start

  /** Its own features, then what the levels from the next wider element on begin with. */
  const levelsFrom = (node: number): number => {
    const key = node < 0 ? page.count : node
    if (known[key] !== 0) return known[key] as number
    const above = node < 0 ? -1 : levelsFrom(wider[node] as number)
    const at = next
    next += levelColumns
    known[key] = at
    measure(node, at)
    for (let level = 1; level < levels; level++) {
      const from = above < 0 ? at : above + (level - 1) * names.length
      numbers.copyWithin(at + level * names.length, from, from + names.length)
    }
    return at
  }

  const measure = (node: number, column: number): void => {
    const from = fromOf(node)
    const to = toOf(node)
    const over = (sum: Float64Array): number => (sum[to] as number) - (sum[from] as number)
    const inside = to - from
    const insideChars = Math.max(1, over(sums.chars))
    let at = column
    numbers[at++] = log2(inside)
    numbers[at++] = log2(insideChars)
    numbers[at++] = over(sums.linkChars) / insideChars
    numbers[at++] = insideChars / inside
    numbers[at++] = insideChars / totalChars
    numbers[at++] = over(sums.stops) / inside
    numbers[at++] = over(sums.longChars) / insideChars
    numbers[at++] = 0
    numbers[at++] = node < 0 ? 0 : Math.min(50, twins[firstTwin[node] as number] as number)
    numbers[at++] = node < 0 ? 0 : (kindOfTag[page.tag[node] as number] as number)
    numbers[at++] = node < 0 ? 0 : (page.weight[node] as number)
    numbers[at++] = node < 0 ? 0 : (topic.best[node] as number)
    numbers[at++] = (100 * over(sums.hits)) / (insideChars + 100)
  }

  const around = new Int32Array(levels).fill(-2)
  const from = new Int32Array(levels)
  const inside = new Int32Array(levels)
  let place = 0
  const find = (block: number): number => {
    let node = firstWider(page, blocks, wider, block)
    if (node === around[0]) return place
    place = levelsFrom(node)
    for (let level = 0; level < levels; level++) {
      around[level] = node
      from[level] = fromOf(node)
      inside[level] = toOf(node) - fromOf(node)
      if (node >= 0) node = wider[node] as number
    }
    return place
  }
  return { around, from, inside, find }
}

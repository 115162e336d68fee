// Parts of a text that stay or go together: a heading with what it heads, a term with its definition, the
// lines of a code block, the cells of a data table, the items of a list. The model judges each block by
// itself and is unsure of short ones, so amid text they get the benefit of the doubt.
// Cost: one pass over the nodes, two over the blocks.
import type { Analysis } from './analyse-page.ts'
import type { Blocks } from './blocks.ts'
import type { Classified } from './classify-blocks.ts'
import { tableJudge } from './place.ts'
import type { Page } from './scan.ts'
import { headingLevel, tagNumber } from './tags.ts'

const PRE = tagNumber('pre')
const TABLE = tagNumber('table')
const DT = tagNumber('dt')
const UL = tagNumber('ul')
const OL = tagNumber('ol')
const notInCode = new Set(['ul', 'h1', 'h2', 'h3', 'nav', 'footer', 'form', 'aside'].map(tagNumber))

/** Adds to `keep` what belongs to it, and takes out broken parts; `threshold` is the one it was made with. */
export function keepParts(
  analysis: Analysis,
  { probabilities, type }: Pick<Classified, 'probabilities' | 'type'>,
  keep: Uint8Array,
  threshold: number,
): void {
  keepHeadings(analysis, probabilities, keep)
  keepWhole(analysis, probabilities, keep, threshold)
  if (type === 'article') keepLists(analysis, probabilities, keep, threshold)
}

/** A heading goes with the text it heads when in doubt, and a term with its definition. */
function keepHeadings(
  { page, blocks }: Analysis,
  probabilities: Float32Array,
  keep: Uint8Array,
): void {
  for (let block = blocks.count - 2; block >= 0; block--) {
    const container = blocks.container[block] ?? -1
    const level = headingLevel[page.tag[container] ?? 0] ?? 0
    const isTerm = page.tag[container] === DT
    if (level < 2 && !isTerm) continue
    const parent = page.parent[container] ?? -1
    const next = blocks.container[block + 1] ?? -1
    const isBeside = next > container && next < (page.end[parent] ?? 0)
    const p = probabilities[block] ?? 0
    if (isBeside && keep[block + 1] === 1 && p > (isTerm ? 0.15 : 0.25)) keep[block] = 1
  }
}

/**
 * The lines of one <pre> and the cells of one table stay together, amid text also when in doubt; a column
 * of line numbers goes.
 */
function keepWhole(
  { page, blocks }: Analysis,
  probabilities: Float32Array,
  keep: Uint8Array,
  threshold: number,
): void {
  const isDataTable = tableJudge(page, blocks)
  const before = keptBefore(keep)
  for (let block = 0; block < blocks.count;) {
    const whole = wholeAround(page, blocks.container[block] ?? -1, isDataTable)
    const stop = whole < 0 ? block + 1 : (blocks.begun[page.end[whole] ?? 0] ?? 0)
    if (whole < 0 || stop <= block) {
      block++
      continue
    }
    let chars = 0
    let digits = 0
    let mass = 0
    for (let each = block; each < stop; each++) {
      const size = blocks.chars[each] ?? 0
      chars += size
      digits += blocks.digits[each] ?? 0
      mass += size * (probabilities[each] ?? 0)
    }
    const isGutter = page.tag[whole] === PRE && digits === chars
    const least = standsInText(page, blocks, before, whole) ? threshold / 2 : threshold
    keep.fill(mass >= chars * least && !isGutter ? 1 : 0, block, stop)
    block = stop
  }
}

/**
 * A list of which some items stay stays whole, if it is no list of links: the last item of three is no
 * worse than the first. Where it is doubted as a whole its items are judged one by one.
 */
function keepLists(
  { page, blocks }: Analysis,
  probabilities: Float32Array,
  keep: Uint8Array,
  threshold: number,
): void {
  const { begun } = blocks
  const before = keptBefore(keep)
  let sums: CharSums | undefined
  for (let node = 0; node < page.count; node++) {
    if (page.tag[node] !== UL && page.tag[node] !== OL) continue
    const from = begun[node] ?? 0
    const to = begun[page.end[node] ?? 0] ?? from
    const kept = (before[to] ?? 0) - (before[from] ?? 0)
    if (kept === 0 || kept === to - from || !standsInText(page, blocks, before, node)) continue
    const { chars, linked, liked } = (sums ??= charSums(blocks, probabilities))
    const inside = (sum: Float64Array): number => (sum[to] ?? 0) - (sum[from] ?? 0)
    const isText = inside(linked) < 0.3 * inside(chars)
    if (isText && inside(liked) >= 0.8 * threshold * inside(chars)) keep.fill(1, from, to)
  }
}

/** Characters of the blocks before each: all, those of links, and those that are expected to be content. */
interface CharSums {
  readonly chars: Float64Array
  readonly linked: Float64Array
  readonly liked: Float64Array
}

function charSums({ count, chars, linkChars }: Blocks, probabilities: Float32Array): CharSums {
  const sums = {
    chars: new Float64Array(count + 1),
    linked: new Float64Array(count + 1),
    liked: new Float64Array(count + 1),
  }
  for (let block = 0; block < count; block++) {
    const size = chars[block] ?? 0
    sums.chars[block + 1] = (sums.chars[block] ?? 0) + size
    sums.linked[block + 1] = (sums.linked[block] ?? 0) + (linkChars[block] ?? 0)
    sums.liked[block + 1] = (sums.liked[block] ?? 0) + size * (probabilities[block] ?? 0)
  }
  return sums
}

/** How many blocks are kept before each, and in all. */
function keptBefore(keep: Uint8Array): Int32Array {
  const before = new Int32Array(keep.length + 1)
  for (let block = 0; block < keep.length; block++)
    before[block + 1] = (before[block] ?? 0) + (keep[block] ?? 0)
  return before
}

/** Whether something kept stands beside the element, in the one around it. */
function standsInText(page: Page, { begun }: Blocks, before: Int32Array, node: number): boolean {
  const around = page.parent[node] ?? -1
  const keptIn = (element: number): number =>
    (before[begun[page.end[element] ?? 0] ?? 0] ?? 0) - (before[begun[element] ?? 0] ?? 0)
  return around >= 0 && keptIn(around) > keptIn(node)
}

/** The code or data table that the element belongs to, or -1. */
function wholeAround(page: Page, from: number, isDataTable: (table: number) => boolean): number {
  for (let node = from, step = 0; node >= 0 && step < 8; node = page.parent[node] ?? -1, step++) {
    const number = page.tag[node]
    if (number === PRE) return isCode(page, node) ? node : -1
    if (number === TABLE) return isDataTable(node) ? node : -1
  }
  return -1
}

/** An unclosed <pre> swallows the rest of the page, with lists and headings: that is no code. */
function isCode({ tag, end }: Page, pre: number): boolean {
  const stop = end[pre] ?? pre
  for (let node = pre + 1; node < stop; node++) if (notInCode.has(tag[node] ?? 0)) return false
  return true
}

// Parts of a text that stay or go together: a heading with what it heads, a term with its definition, the
// lines of a code block, the cells of a data table, the items of a list. The model judges each block by
// itself and is unsure of short ones, so amid text they get the benefit of the doubt. So does any block of an
// article that stands in the element of its text, or between two blocks that stay.
// Cost: one pass over the nodes, two over the blocks.
import type { Analysis } from './analyse-page.ts'
import type { Blocks } from './blocks.ts'
import type { Classified } from './classify-blocks.ts'
import { tableJudge } from './place.ts'
import type { Page } from './scan.ts'
import { headingLevel, tagNumber } from './tags.ts'

const BODY = tagNumber('body')
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
  if (type === 'article') {
    keepInText(analysis, probabilities, keep)
    keepBetween(analysis, probabilities, keep)
  }
  keepHeadings(analysis, probabilities, keep)
  keepWhole(analysis, probabilities, keep, threshold)
  if (type === 'article') keepLists(analysis, probabilities, keep, threshold)
}

/** What stands in the element of the text, the smallest with more than half of the words kept so far. */
function keepInText(
  { page, blocks }: Analysis,
  probabilities: Float32Array,
  keep: Uint8Array,
): void {
  const { count, words, begun } = blocks
  const before = new Float64Array(count + 1)
  for (let block = 0; block < count; block++) {
    const mass = keep[block] === 1 ? (probabilities[block] ?? 0) * (words[block] ?? 0) : 0
    before[block + 1] = (before[block] ?? 0) + mass
  }
  const half = (before[count] ?? 0) / 2
  let text = -1
  for (let node = 0; node < page.count;) {
    const stop = page.end[node] ?? page.count
    const inside = (before[begun[stop] ?? count] ?? 0) - (before[begun[node] ?? 0] ?? 0)
    if (inside > half) text = node
    node = inside > half ? node + 1 : stop
  }
  if (text < 0 || page.tag[text] === BODY) return
  const stop = begun[page.end[text] ?? page.count] ?? count
  for (let block = begun[text] ?? 0; block < stop; block++)
    if ((probabilities[block] ?? 0) >= likely) keep[block] = 1
}

/** In its element the text is more likely than not, and a little: so are bylines. */
const likely = 0.55

/** Captions, short answers, lines of dialogue: what stands beside kept blocks, before it and after it. */
function keepBetween(
  { page, blocks }: Analysis,
  probabilities: Float32Array,
  keep: Uint8Array,
): void {
  const { count, container } = blocks
  const parentOf = (block: number): number => page.parent[container[block] ?? -1] ?? -1
  let last = -1
  let next = -1
  for (let block = 0; block < count; block++) {
    if (keep[block] === 1) {
      last = block
      continue
    }
    if (last < 0 || (probabilities[block] ?? 0) < doubtful) continue
    if (next < block) next = keep.indexOf(1, block)
    if (next < 0) return
    if (parentOf(last) === parentOf(block) && parentOf(next) === parentOf(block)) {
      keep[block] = 1
      last = block
    }
  }
}

/** Less probable blocks are no part of the text they stand in: related links, advertisements. */
const doubtful = 0.3

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
 * The lines of one <pre> and the cells of one table stay together; amid text code stays whatever the model
 * thinks of it, and a table when in doubt. A column of line numbers goes.
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
    const isPre = page.tag[whole] === PRE
    const isGutter = isPre && digits === chars
    const isInText = standsInText(page, blocks, before, whole, isPre ? codeLevels : tableLevels)
    const amidText = isPre ? 0 : threshold / 2
    const least = isInText ? amidText : threshold
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
    if (kept === 0 || kept === to - from || !standsInText(page, blocks, before, node, 1)) continue
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

/** Highlighters wrap code in a figure, a table, its rows and cells; wide tables get an element that scrolls. */
const codeLevels = 6
const tableLevels = 2

/** Whether something kept stands beside the element, in one of so many around it. */
function standsInText(
  page: Page,
  { begun }: Blocks,
  before: Int32Array,
  node: number,
  levels: number,
): boolean {
  const keptIn = (element: number): number =>
    (before[begun[page.end[element] ?? 0] ?? 0] ?? 0) - (before[begun[element] ?? 0] ?? 0)
  const own = keptIn(node)
  let around = page.parent[node] ?? -1
  for (let level = 0; level < levels && around >= 0 && page.tag[around] !== BODY; level++) {
    if (keptIn(around) > own) return true
    around = page.parent[around] ?? -1
  }
  return false
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

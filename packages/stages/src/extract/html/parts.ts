// Parts of a text that stay or go together: a heading with what it heads, a term with its definition, the
// lines of a code block, the cells of a data table. The model judges each block by itself and is unsure of
// short ones, so amid text they get the benefit of the doubt.
// Cost: one pass over the nodes, two over the blocks.
import type { Analysis } from './analyse-page.ts'
import type { Blocks } from './blocks.ts'
import { tableJudge } from './place.ts'
import type { Page } from './scan.ts'
import { headingLevel, tagNumber } from './tags.ts'

const BODY = tagNumber('body')
const PRE = tagNumber('pre')
const TABLE = tagNumber('table')
const DT = tagNumber('dt')
const notInCode = new Set(['ul', 'h1', 'h2', 'h3', 'nav', 'footer', 'form', 'aside'].map(tagNumber))

/** Adds to `keep` what belongs to it, and takes out broken parts; `threshold` is the one it was made with. */
export function keepParts(
  analysis: Analysis,
  probabilities: Float32Array,
  keep: Uint8Array,
  threshold: number,
): void {
  keepHeadings(analysis, probabilities, keep)
  keepWhole(analysis, probabilities, keep, threshold)
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

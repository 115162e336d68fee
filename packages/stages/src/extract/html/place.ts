// Where a block stands in the structure that output keeps: heading, list item, table cell, quotation or
// preformatted text. Both renderers ask this once per kept block; cost: one walk up the tree.
import type { Blocks } from './blocks.ts'
import type { Page } from './scan.ts'
import { headingLevel, tagNumber } from './tags.ts'

export interface Place {
  /** Heading level 1-6, or 0. */
  readonly heading: number
  /** Nodes, or -1. */
  readonly pre: number
  readonly item: number
  readonly list: number
  readonly row: number
  readonly cell: number
  readonly table: number
  /** How many lists and quotations are around it. */
  readonly listDepth: number
  readonly quoteDepth: number
  readonly isTerm: boolean
}

const T = {
  pre: tagNumber('pre'),
  li: tagNumber('li'),
  ul: tagNumber('ul'),
  ol: tagNumber('ol'),
  tr: tagNumber('tr'),
  td: tagNumber('td'),
  th: tagNumber('th'),
  table: tagNumber('table'),
  blockquote: tagNumber('blockquote'),
  dt: tagNumber('dt'),
  dd: tagNumber('dd'),
} as const

/**
 * Tells where the blocks of a container are; `isDataTable` decides which tables count. Items of one list
 * are in the same place but for themselves: 100,000 of them below 256 levels need one walk, not each.
 */
export function placeFinder(
  page: Page,
  isDataTable: (table: number) => boolean,
): (container: number) => Place {
  const { tag, parent } = page
  let item = -1
  let ofItem: Place | undefined
  return (container) => {
    if (tag[container] !== T.li) return climb(page, container, isDataTable)
    const isSibling = parent[item] === parent[container]
    ofItem =
      ofItem && isSibling ? { ...ofItem, item: container } : climb(page, container, isDataTable)
    item = container
    return ofItem
  }
}

/** One walk up the tree. */
function climb(page: Page, container: number, isDataTable: (table: number) => boolean): Place {
  let level = 0
  let pre = -1
  let item = -1
  let list = -1
  let row = -1
  let cell = -1
  let table = -1
  let listDepth = 0
  let quoteDepth = 0
  let isTerm = false
  let rowSeen = -1
  let cellSeen = -1
  for (let node = container; node >= 0; node = page.parent[node] ?? -1) {
    const number = page.tag[node] ?? 0
    if (level === 0) level = headingLevel[number] ?? 0
    if (number === T.pre) pre = node
    else if (number === T.li) {
      if (item < 0) item = node
    } else if (number === T.ul || number === T.ol) {
      listDepth++
      if (list < 0) list = node
    } else if (number === T.blockquote) quoteDepth++
    else if (number === T.dt || number === T.dd) isTerm = true
    else if (number === T.td || number === T.th) {
      if (cellSeen < 0) cellSeen = node
    } else if (number === T.tr) {
      if (rowSeen < 0) rowSeen = node
    } else if (number === T.table) {
      if (table < 0 && rowSeen >= 0 && cellSeen >= 0 && isDataTable(node)) {
        table = node
        row = rowSeen
        cell = cellSeen
      }
      rowSeen = -1
      cellSeen = -1
    }
  }
  return { heading: level, pre, item, list, row, cell, table, listDepth, quoteDepth, isTerm }
}

/** Remembers for each table whether it holds data or only arranges the page. */
export function tableJudge(page: Page, blocks: Blocks): (table: number) => boolean {
  const known = new Map<number, boolean>()
  return (table) => {
    let isData = known.get(table)
    if (isData === undefined) {
      isData = holdsData(page, blocks, table)
      known.set(table, isData)
    }
    return isData
  }
}

/**
 * Two columns or more, no table inside, and cells that are rather labels than paragraphs. Forums lay out
 * a post as a row of two cells: a cell that holds most of the table's many blocks is a part of a page.
 */
function holdsData(page: Page, { begun, chars }: Blocks, table: number): boolean {
  const stop = page.end[table] ?? table
  const from = begun[table] ?? 0
  const to = begun[stop] ?? from
  let rows = 0
  let cells = 0
  let pres = 0
  let largest = 0
  for (let node = table + 1; node < stop; node++) {
    const number = page.tag[node]
    if (number === T.table) return false
    if (number === T.tr) rows++
    else if (number === T.td || number === T.th) {
      cells++
      largest = Math.max(largest, (begun[page.end[node] ?? 0] ?? 0) - (begun[node] ?? 0))
    } else if (number === T.pre) pres++
  }
  if (rows === 0 || cells < rows * 2 || pres > 0) return false
  if (largest >= minPageBlocks && largest * 2 > to - from) return false
  let sum = 0
  for (let block = from; block < to; block++) sum += chars[block] ?? 0
  return sum < cells * 160 && to - from < cells * 6
}

/** A cell of a data table may be a short list; navigation boxes and posts have more lines. */
const minPageBlocks = 6

/** True when no block of the item stands before this one. */
export function startsItem(blocks: Blocks, item: number, block: number): boolean {
  return item >= 0 && (blocks.begun[item] ?? 0) === block
}

/** Numbers the items of ordered lists from 1; 0 in bulleted ones. Counts on from the item before. */
export function itemCounter(page: Page): (list: number, item: number) => number {
  const last = new Map<number, { item: number; ordinal: number }>()
  return (list, item) => {
    if (list < 0 || page.tag[list] !== T.ol) return 0
    const known = last.get(list)
    let node = known ? (page.end[known.item] ?? item + 1) : list + 1
    let ordinal = known?.ordinal ?? 0
    for (; node <= item; node = page.end[node] ?? item + 1) if (page.tag[node] === T.li) ordinal++
    last.set(list, { item, ordinal })
    return ordinal
  }
}

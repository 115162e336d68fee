// Where a block stands in the structure that output keeps: heading, list item, table cell, quotation or
// preformatted text. Both renderers ask this once per kept block; cost: one step per element above them.
import type { Blocks } from './blocks.ts'
import type { Page } from './scan.ts'
import { tagNumber } from './tags.ts'

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
const heading = new Uint8Array(256)
for (let level = 1; level <= 6; level++) heading[tagNumber(`h${level}`)] = level

/** A place, and the table around it as far as it is known, which is an element of the page's layout as likely as not. */
interface Inside extends Place {
  readonly nearTable: number
  readonly nearRow: number
  readonly nearCell: number
}

const root: Inside = {
  heading: 0,
  pre: -1,
  item: -1,
  list: -1,
  row: -1,
  cell: -1,
  table: -1,
  listDepth: 0,
  quoteDepth: 0,
  isTerm: false,
  nearTable: -1,
  nearRow: -1,
  nearCell: -1,
}

/**
 * Tells where the blocks of a container are; `isDataTable` decides which tables count. An element's place is
 * its parent's and one step more; those of elements around a container are kept, so that climbing stops soon.
 */
export function placeFinder(
  { tag, parent }: Page,
  isDataTable: (table: number) => boolean,
): (container: number) => Place {
  const known = new Map<number, Inside>()
  const climbed: number[] = []
  const placeIn = (from: number): Inside => {
    let place: Inside | undefined
    for (let node = from; node >= 0 && !place; node = parent[node] ?? -1) {
      place = known.get(node)
      if (!place) climbed.push(node)
    }
    place ??= root
    for (let node = climbed.pop(); node !== undefined; node = climbed.pop()) {
      place = step(place, node, tag[node] ?? 0, isDataTable)
      known.set(node, place)
    }
    return place
  }
  return (container) =>
    container < 0
      ? root
      : step(placeIn(parent[container] ?? -1), container, tag[container] ?? 0, isDataTable)
}

/** The place inside of an element, from that of the element itself. */
function step(
  place: Inside,
  node: number,
  number: number,
  isDataTable: (table: number) => boolean,
): Inside {
  const level = heading[number] ?? 0
  if (level > 0) return { ...place, heading: level }
  switch (number) {
    case T.pre:
      return place.pre < 0 ? { ...place, pre: node } : place
    case T.li:
      return { ...place, item: node }
    case T.ul:
    case T.ol:
      return { ...place, list: node, listDepth: place.listDepth + 1 }
    case T.blockquote:
      return { ...place, quoteDepth: place.quoteDepth + 1 }
    case T.dt:
    case T.dd:
      return { ...place, isTerm: true }
    case T.table:
      return { ...place, nearTable: node, nearRow: -1, nearCell: -1 }
    case T.tr:
      return inTable(place, place.nearRow < 0 ? node : place.nearRow, place.nearCell, isDataTable)
    case T.td:
    case T.th:
      return inTable(place, place.nearRow, node, isDataTable)
    default:
      return place
  }
}

/** The outermost row and the innermost cell of a data table count; of other tables nothing does. */
function inTable(
  place: Inside,
  nearRow: number,
  nearCell: number,
  isDataTable: (table: number) => boolean,
): Inside {
  const { nearTable } = place
  const inside = { ...place, nearRow, nearCell }
  const isData = nearTable >= 0 && nearRow >= 0 && nearCell >= 0 && isDataTable(nearTable)
  return isData ? { ...inside, table: nearTable, row: nearRow, cell: nearCell } : inside
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

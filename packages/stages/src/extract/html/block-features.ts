// What a block, its neighbours and the elements around it look like, as one row of numbers per block.
// Sums over an element come from prefix sums over the blocks, since a subtree is a range of them, so
// the cost is linear in blocks. Lengths are logarithms; shares lie in 0..1.
// The features gather what earlier extractors found useful: link density and neighbours
// (Kohlschütter 2010), sums over ancestors (Readability), class words and text statistics (Dragnet,
// Peters & Lecocq 2013; Web2Text, Vogels et al. 2018).
import { blockLengths, type BlockLengths } from './block-lengths.ts'
import { latinLength, latinWords, type Blocks } from './blocks.ts'
import { elementFacts, kindOfTag, type ElementFacts } from './element-facts.ts'
import { elementFeatureNames, elementNumbers, elementPieces } from './element-pieces.ts'
import {
  levelColumns,
  levelFeatureNames,
  levelFeatures,
  levelNumbers,
  levels,
  levelStride,
  placeAt,
  type Levels,
} from './level-features.ts'
import { log2 } from './log2.ts'
import { phraseKinds } from './phrases.ts'
import type { CopyPieces, Piece, RowMemory } from './row-pieces.ts'
import type { Page } from './scan.ts'
import { blockOfTitle } from './title-overlap.ts'
import type { Topic } from './topic.ts'

/** Phrases that often begin a part of the page: blocks since the last one are a feature. */
const sincePhrases = [
  'share',
  'comment',
  'related',
  'copyright',
  'navigation',
  'legal',
  'byline',
  'tags',
] as const
const sinceBits = sincePhrases.map((kind) => phraseKinds.indexOf(kind))
/** Phrases of the heading that a block stands under. */
const headingPhrases = ['comment', 'related', 'account', 'shop', 'contact', 'tags'] as const
const headingBits = headingPhrases.map((kind) => phraseKinds.indexOf(kind))

const neighbours = [-3, -2, -1, 1, 2, 3] as const
/** Neighbours before the first block and behind the last one. */
const margin = 3
const neighbourNames = ['LogChars', 'LinkDensity', 'Stops', 'Kind'] as const
const pairNames = ['SameContainer', 'SharedDepth'] as const
const neighbourColumns = neighbourNames.length + pairNames.length

export const blockFeatureNames: readonly string[] = [
  'logChars',
  'logWords',
  'charsPerWord',
  'linkDensity',
  'links',
  'digitShare',
  'upperShare',
  'commas',
  'stops',
  'stopsPerWord',
  'emphasisShare',
  'hiddenShare',
  'separators',
  'ending',
  'afterBreak',
  'heading',
  'kind',
  'depth',
  'titleOverlap',
  'titleShare',
  'descriptionShare',
  'duplicates',
  ...elementFeatureNames,
  'position',
  'charPosition',
  'sinceH1',
  'untilEnd',
  'sinceHeading',
  'headingLevelBefore',
  'sinceTitle',
  ...sincePhrases.map((kind) => `since:${kind}`),
  ...headingPhrases.map((kind) => `under:${kind}`),
  ...levelFeatureNames,
  ...neighbours.flatMap((offset) =>
    [...neighbourNames, ...pairNames].map((name) => `next${offset}${name}`),
  ),
]

const columnOf = (name: string): number => blockFeatureNames.indexOf(name)
const elementsAt = columnOf(elementFeatureNames[0] ?? '')
const positionAt = columnOf('position')
const underAt = columnOf(`under:${headingPhrases[0]}`)
const levelsAt = columnOf(levelFeatureNames[0] ?? '')
const neighboursAt = levelsAt + levelColumns

/** What is copied into each row: elements, phrases of the heading, levels, neighbours and a tail that all rows share. */
export const blockPieces = (tailLength: number): readonly Piece[] => [
  { column: elementsAt, length: elementFeatureNames.length, source: 0, offset: 0 },
  { column: underAt, length: headingPhrases.length, source: 1, offset: 0 },
  { column: levelsAt, length: levelColumns, source: 2, offset: 0 },
  ...neighbours.map((offset, i) => ({
    column: neighboursAt + i * neighbourColumns,
    length: neighbourNames.length,
    source: 3,
    offset: offset * neighbourNames.length,
  })),
  { column: blockFeatureNames.length, length: tailLength, source: 4, offset: 0 },
]

/** Most numbers that the pieces of so many blocks need. */
export const pieceNumbers = (blocks: number, tailLength: number): number =>
  tailLength +
  headingPhrases.length +
  elementNumbers +
  (blocks + 2 * margin) * neighbourNames.length +
  levelNumbers(blocks)

/**
 * Writes a row of `width` numbers for every block, from `memory.rowsAt` on. What follows `blockFeatureNames`
 * and `tail` is left for the caller. `copy` is the memory's copier of `blockPieces`.
 */
export function fillBlockFeatures(
  page: Page,
  blocks: Blocks,
  twins: Int32Array,
  phrases: Int32Array,
  titleWords: ReadonlySet<string>,
  overlaps: Float32Array,
  topic: Topic,
  tail: Float32Array,
  width: number,
  memory: RowMemory,
  copy: CopyPieces,
): void {
  const { count } = blocks
  const tree = elementFacts(page, blocks)
  const lengths = blockLengths(blocks, topic.hits)
  const { sums } = lengths
  const out = memory.numbers
  const tailAt = memory.piecesAt
  const headingAt = tailAt + tail.length
  const elementAt = headingAt + headingPhrases.length
  const linesAt = elementAt + elementNumbers + margin * neighbourNames.length
  const restAt = linesAt + (count + margin) * neighbourNames.length
  out.set(tail, tailAt)
  out.fill(0, headingAt, elementAt)
  fillLines(page, blocks, lengths, out, linesAt)
  const elementPiece = elementPieces(page, tree, out, elementAt)
  const around = levelFeatures(page, blocks, tree, lengths, topic, out, restAt)
  const marks: Marks = {
    firstH1: firstHeading(blocks, tree, 1),
    title: blockOfTitle(blocks, overlaps, titleWords),
    lastHeading: -1,
    lastPhrase: new Int32Array(sinceBits.length).fill(-1000),
  }
  const copyRows = (from: number, to: number): void => {
    for (let block = from; block < to; block++) {
      const row = memory.rowsAt + block * width
      const container = blocks.container[block] ?? 0
      const phraseBits = phrases[block] as number
      if ((tree.heading[container] as number) > 0) markHeading(phraseBits, out, headingAt)
      const levelPiece = around.find(block)
      const line = linesAt + block * neighbourNames.length
      copy(row, elementPiece(container, phraseBits), headingAt, levelPiece, line, tailAt)
      fillPlaces(around, block, out, row + levelsAt)
      fillPairs(page, blocks, around.around, block, out, row + neighboursAt + neighbourNames.length)
    }
  }
  // Three loops, which are compiled one by one, over rows that are still in the cache.
  for (let from = 0; from < count; from += together) {
    const to = Math.min(count, from + together)
    const first = memory.rowsAt + from * width
    copyRows(from, to)
    fillTexts(page, blocks, tree, lengths, topic, overlaps, twins, from, to, out, first, width)
    fillPositions(blocks, tree, sums, phrases, marks, from, to, out, first + positionAt, width)
  }
}

/** Rows that are filled at a time. */
const together = 64

/** What the heading that the next blocks stand under says. */
function markHeading(phraseBits: number, out: Float32Array, headingAt: number): void {
  for (let i = 0; i < headingBits.length; i++)
    out[headingAt + i] = (phraseBits >> (headingBits[i] as number)) & 1
}

function firstHeading({ count, container }: Blocks, tree: ElementFacts, level: number): number {
  for (let block = 0; block < count; block++)
    if (tree.heading[container[block] ?? 0] === level) return block
  return -1
}

/** What a block says and its element is. */
function fillTexts(
  page: Page,
  blocks: Blocks,
  tree: ElementFacts,
  lengths: BlockLengths,
  topic: Topic,
  overlaps: Float32Array,
  twins: Int32Array,
  from: number,
  to: number,
  out: Float32Array,
  first: number,
  width: number,
): void {
  for (let block = from, row = first; block < to; block++, row += width) {
    let at = row
    const container = blocks.container[block] ?? 0
    const chars = blocks.chars[block] ?? 0
    const words = Math.max(1, latinWords(blocks, block))
    out[at++] = lengths.logChars[block] ?? 0
    out[at++] = log2(1 + words)
    out[at++] = latinLength(blocks, block) / words
    out[at++] = (blocks.linkChars[block] ?? 0) / chars
    out[at++] = blocks.links[block] ?? 0
    out[at++] = (blocks.digits[block] ?? 0) / chars
    out[at++] = (blocks.upper[block] ?? 0) / chars
    out[at++] = blocks.commas[block] ?? 0
    out[at++] = blocks.stops[block] ?? 0
    out[at++] = (blocks.stops[block] ?? 0) / words
    out[at++] = (blocks.emphasisChars[block] ?? 0) / chars
    out[at++] = (blocks.hiddenChars[block] ?? 0) / chars
    out[at++] = blocks.separators[block] ?? 0
    out[at++] = endingOf(blocks.lastCode[block] ?? 0)
    out[at++] = blocks.afterBreak[block] ?? 0
    out[at++] = tree.heading[container] ?? 0
    out[at++] = kindOfTag[page.tag[container] ?? 0] ?? 0
    out[at++] = tree.depth[container] ?? 0
    out[at++] = overlaps[block] ?? 0
    out[at++] = topic.title[block] ?? 0
    out[at++] = topic.description[block] ?? 0
    out[at++] = Math.min(20, twins[block] ?? 1)
  }
}

/** Blocks from which others are counted, as far as the page is filled. */
interface Marks {
  readonly firstH1: number
  readonly title: number
  lastHeading: number
  readonly lastPhrase: Int32Array
}

/** Where a block stands in the page and behind what. */
function fillPositions(
  { count, container }: Blocks,
  tree: ElementFacts,
  sums: BlockLengths['sums'],
  phrases: Int32Array,
  marks: Marks,
  from: number,
  to: number,
  out: Float32Array,
  first: number,
  width: number,
): void {
  const { firstH1, title, lastPhrase } = marks
  const totalChars = Math.max(1, sums.chars[count] ?? 0)
  let { lastHeading } = marks
  for (let block = from, column = first; block < to; block++, column += width) {
    let at = column
    const phraseBits = phrases[block] ?? 0
    if ((tree.heading[container[block] ?? 0] ?? 0) > 0) lastHeading = block
    out[at++] = block / count
    out[at++] = (sums.chars[block] ?? 0) / totalChars
    out[at++] = firstH1 < 0 ? -1000 : Math.max(-200, Math.min(500, block - firstH1))
    out[at++] = Math.min(500, count - block)
    out[at++] = lastHeading < 0 ? 500 : Math.min(500, block - lastHeading)
    out[at++] = lastHeading < 0 ? 0 : (tree.heading[container[lastHeading] ?? 0] ?? 0)
    out[at++] = title < 0 ? -1000 : Math.max(-200, Math.min(500, block - title))
    for (let i = 0; i < sinceBits.length; i++) {
      out[at++] = Math.min(200, block - (lastPhrase[i] ?? 0))
      if ((phraseBits >> (sinceBits[i] ?? 0)) & 1) lastPhrase[i] = block
    }
  }
  marks.lastHeading = lastHeading
}

/** How each block looks to its neighbours; -1 for the blocks that would stand outside of the page. */
function fillLines(
  { tag }: Page,
  { count, container, stops }: Blocks,
  { logChars, linkShare }: BlockLengths,
  out: Float32Array,
  start: number,
): void {
  const size = neighbourNames.length
  out.fill(-1, start - margin * size, start)
  let at = start
  for (let block = 0; block < count; block++) {
    out[at++] = logChars[block] as number
    out[at++] = linkShare[block] as number
    out[at++] = stops[block] as number
    out[at++] = kindOfTag[tag[container[block] ?? 0] ?? 0] ?? 0
  }
  out.fill(-1, at, at + margin * size)
}

/** Where the block stands in the elements around it. */
function fillPlaces(
  { from, inside }: Levels,
  block: number,
  out: Float32Array,
  column: number,
): void {
  let start = -1
  let size = 0
  let place = 0
  for (let level = 0, at = column + placeAt; level < levels; level++, at += levelStride) {
    // A division takes longer than seeing that the page is all that is around.
    if (from[level] !== start || inside[level] !== size) {
      start = from[level] as number
      size = inside[level] as number
      place = (block - start) / size
    }
    out[at] = place
  }
}

/** Whether each neighbour has the same container, and which element around the block holds it too. */
function fillPairs(
  { end }: Page,
  { count, container }: Blocks,
  around: Int32Array,
  block: number,
  out: Float32Array,
  column: number,
): void {
  const own = container[block] as number
  let at = column
  for (let other = block - margin; other <= block + margin; other++) {
    if (other === block) continue
    if (other < 0 || other >= count) out[at] = out[at + 1] = -1
    else {
      const otherContainer = container[other] as number
      out[at] = otherContainer === own ? 1 : 0
      out[at + 1] = sharedLevel(around, end, otherContainer)
    }
    at += neighbourColumns
  }
}

/** How many widenings it takes until an element holds the other block too; `levels` when none does. */
function sharedLevel(ancestors: Int32Array, end: Int32Array, node: number): number {
  for (let level = 0; level < levels; level++) {
    const ancestor = ancestors[level] as number
    if (ancestor < 0 || (node >= ancestor && node < (end[ancestor] as number))) return level
  }
  return levels
}

/** How the block ends: 3 a full stop, 2 another mark, 1 a colon, 0 none. */
function endingOf(code: number): number {
  if (code === 46 || code === 0x3002) return 3
  if (
    code === 33 ||
    code === 63 ||
    code === 0xff01 ||
    code === 0xff1f ||
    code === 34 ||
    code === 0x201d ||
    code === 0x2026
  )
    return 2
  return code === 58 || code === 0xff1a ? 1 : 0
}

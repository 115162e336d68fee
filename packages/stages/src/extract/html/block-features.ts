// What a block, its neighbours and the elements around it look like, as one row of numbers per block.
// Sums over an element come from prefix sums over the blocks, since a subtree is a range of them, so
// the cost is linear in blocks. Lengths are logarithms; shares lie in 0..1.
// The features gather what earlier extractors found useful: link density and neighbours
// (Kohlschütter 2010), sums over ancestors (Readability), class words and text statistics (Dragnet,
// Peters & Lecocq 2013; Web2Text, Vogels et al. 2018).
import { latinLength, latinWords, type Blocks } from './blocks.ts'
import { attributeBit, hintGroups } from './hints.ts'
import { log2 } from './log2.ts'
import { phraseKinds } from './phrases.ts'
import type { Page } from './scan.ts'
import { tagNumber } from './tags.ts'
import { blockOfTitle } from './title-overlap.ts'
import type { Topic } from './topic.ts'

/** Elements whose presence above a block is a feature. */
const above = [
  'li',
  'table',
  'form',
  'nav',
  'header',
  'footer',
  'aside',
  'main',
  'article',
  'section',
  'blockquote',
  'pre',
  'figure',
  'dl',
  'button',
  'label',
  'details',
  'p',
  'noscript',
] as const
const aboveBit = new Int32Array(256)
above.forEach((name, i) => {
  aboveBit[tagNumber(name)] = 1 << i
})
const BODY = tagNumber('body')
const HTML = tagNumber('html')
const headingLevel = new Uint8Array(256)
for (let level = 1; level <= 6; level++) headingLevel[tagNumber(`h${level}`)] = level

/** Containers by what they usually hold, so that one split separates related ones. */
const kindOfTag = new Uint8Array(256)
;[
  ['td', 'th', 'caption'],
  ['a', 'button', 'label', 'summary'],
  ['li', 'dt', 'dd'],
  ['div', 'section', 'custom-element', 'body', 'center'],
  ['figcaption'],
  ['header', 'footer', 'nav', 'aside'],
  ['h1', 'h2', 'h3', 'h4', 'h5', 'h6'],
  ['article', 'main'],
  ['p', 'blockquote', 'pre'],
].forEach((names, i) => {
  for (const name of names) kindOfTag[name === 'custom-element' ? 2 : tagNumber(name)] = i + 1
})

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

const levels = 4
/** The widest elements that `fillLevels` found for the block at hand. */
const ancestorsFrom = new Int32Array(levels)
const neighbours = [-3, -2, -1, 1, 2, 3] as const

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
  ...above.map((name) => `above:${name}`),
  'isContent',
  'isBoilerplate',
  'isHidden',
  ...hintGroups.map((group) => `any:${group}`),
  'weightSum',
  'weightMin',
  'weightMax',
  'weightContainer',
  'weightParent',
  'weightGrandparent',
  ...phraseKinds.map((kind) => `phrase:${kind}`),
  'position',
  'charPosition',
  'sinceH1',
  'untilEnd',
  'sinceHeading',
  'headingLevelBefore',
  'sinceTitle',
  ...sincePhrases.map((kind) => `since:${kind}`),
  ...headingPhrases.map((kind) => `under:${kind}`),
  ...Array.from({ length: levels }, (_, i) =>
    [
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
    ].map((name) => `level${i + 1}${name}`),
  ).flat(),
  ...neighbours.flatMap((offset) =>
    ['LogChars', 'LinkDensity', 'Stops', 'Kind', 'SameContainer', 'SharedDepth'].map(
      (name) => `next${offset}${name}`,
    ),
  ),
]

/** Every cell is written for every page, so the memory is used again. */
let scratch = new Float32Array(0)

/** A row-major matrix: `count` rows of `blockFeatureNames.length` plus `extra` columns left for the caller; valid until the next page. */
export function blockFeatures(
  page: Page,
  blocks: Blocks,
  phrases: Int32Array,
  titleWords: ReadonlySet<string>,
  overlaps: Float32Array,
  topic: Topic,
  extra: number,
): Float32Array {
  const width = blockFeatureNames.length + extra
  const { count } = blocks
  if (scratch.length < count * width) scratch = new Float32Array(count * width * 2)
  const out = scratch.subarray(0, count * width)
  const tree = elementFacts(page, blocks)
  const sums = prefixSums(blocks, topic.hits)
  const totalChars = Math.max(1, sums.chars[count] ?? 0)
  const twins = hashCounts(blocks)
  let firstH1 = -1
  for (let block = 0; block < count && firstH1 < 0; block++) {
    if (tree.heading[blocks.container[block] ?? 0] === 1) firstH1 = block
  }
  const titleBlock = blockOfTitle(blocks, overlaps, titleWords)
  const lastPhrase = new Int32Array(sinceBits.length).fill(-1000)
  let lastHeading = -1
  let headingPhraseBits = 0
  for (let block = 0; block < count; block++) {
    let at = block * width
    const container = blocks.container[block] ?? 0
    const chars = blocks.chars[block] ?? 0
    const latinChars = latinLength(blocks, block)
    const words = Math.max(1, latinWords(blocks, block))
    const heading = tree.heading[container] ?? 0
    out[at++] = log2(1 + latinChars)
    out[at++] = log2(1 + words)
    out[at++] = latinChars / words
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
    out[at++] = heading
    out[at++] = kindOfTag[page.tag[container] ?? 0] ?? 0
    out[at++] = tree.depth[container] ?? 0
    out[at++] = overlaps[block] ?? 0
    out[at++] = topic.title[block] ?? 0
    out[at++] = topic.description[block] ?? 0
    out[at++] = Math.min(20, twins.get(blocks.hash[block] ?? 0) ?? 1)
    const aboveBits = tree.above[container] ?? 0
    for (let i = 0; i < above.length; i++) out[at++] = (aboveBits >> i) & 1
    const any = tree.any[container] ?? 0
    out[at++] = any & attributeBit.isContent ? 1 : 0
    out[at++] = any & attributeBit.isBoilerplate ? 1 : 0
    out[at++] = any & attributeBit.isHidden ? 1 : 0
    for (let i = 0; i < hintGroups.length; i++) out[at++] = (any >> i) & 1
    const parent = page.parent[container] ?? -1
    const grandparent = parent < 0 ? -1 : (page.parent[parent] ?? -1)
    out[at++] = tree.weightSum[container] ?? 0
    out[at++] = tree.weightMin[container] ?? 0
    out[at++] = tree.weightMax[container] ?? 0
    out[at++] = page.weight[container] ?? 0
    out[at++] = parent < 0 ? 0 : (page.weight[parent] ?? 0)
    out[at++] = grandparent < 0 ? 0 : (page.weight[grandparent] ?? 0)
    const phraseBits = phrases[block] ?? 0
    for (let i = 0; i < phraseKinds.length; i++) out[at++] = (phraseBits >> i) & 1
    out[at++] = block / count
    out[at++] = (sums.chars[block] ?? 0) / totalChars
    out[at++] = firstH1 < 0 ? -1000 : Math.max(-200, Math.min(500, block - firstH1))
    out[at++] = Math.min(500, count - block)
    if (heading > 0) {
      lastHeading = block
      headingPhraseBits = phraseBits
    }
    out[at++] = lastHeading < 0 ? 500 : Math.min(500, block - lastHeading)
    out[at++] = lastHeading < 0 ? 0 : (tree.heading[blocks.container[lastHeading] ?? 0] ?? 0)

    out[at++] = titleBlock < 0 ? -1000 : Math.max(-200, Math.min(500, block - titleBlock))
    for (let i = 0; i < sinceBits.length; i++) {
      out[at++] = Math.min(200, block - (lastPhrase[i] ?? 0))
      if ((phraseBits >> (sinceBits[i] ?? 0)) & 1) lastPhrase[i] = block
    }
    for (const bit of headingBits) out[at++] = (headingPhraseBits >> bit) & 1

    at = fillLevels(page, blocks, tree, sums, topic, block, out, at)
    fillNeighbours(page, blocks, block, out, at)
  }
  return out
}

/** What the elements around the block hold, which hold more and more blocks. Returns the next column. */
function fillLevels(
  page: Page,
  { count, begun, container }: Blocks,
  tree: ElementFacts,
  sums: PrefixSums,
  topic: Topic,
  block: number,
  out: Float32Array,
  column: number,
): number {
  const totalChars = Math.max(1, sums.chars[count] ?? 0)
  let at = column
  let from = block
  let to = block + 1
  let node = container[block] ?? 0
  for (let level = 0; level < levels; level++) {
    while (node >= 0) {
      const start = begun[node] ?? 0
      const stop = begun[page.end[node] ?? 0] ?? count
      if (start < from || stop > to) {
        from = start
        to = stop
        break
      }
      node = page.parent[node] ?? -1
    }
    ancestorsFrom[level] = node
    if (node < 0) {
      from = 0
      to = count
    }
    const inside = to - from
    const insideChars = Math.max(1, (sums.chars[to] ?? 0) - (sums.chars[from] ?? 0))
    out[at++] = log2(inside)
    out[at++] = log2(insideChars)
    out[at++] = ((sums.linkChars[to] ?? 0) - (sums.linkChars[from] ?? 0)) / insideChars
    out[at++] = insideChars / inside
    out[at++] = insideChars / totalChars
    out[at++] = ((sums.stops[to] ?? 0) - (sums.stops[from] ?? 0)) / inside
    out[at++] = ((sums.longChars[to] ?? 0) - (sums.longChars[from] ?? 0)) / insideChars
    out[at++] = (block - from) / inside
    out[at++] = node < 0 ? 0 : Math.min(50, tree.twins[node] ?? 0)
    out[at++] = node < 0 ? 0 : (kindOfTag[page.tag[node] ?? 0] ?? 0)
    out[at++] = node < 0 ? 0 : (page.weight[node] ?? 0)
    out[at++] = node < 0 ? 0 : (topic.best[node] ?? 0)
    out[at++] = (100 * ((sums.hits[to] ?? 0) - (sums.hits[from] ?? 0))) / (insideChars + 100)
  }
  return at
}

/** How the blocks beside this one look; after `fillLevels`. */
function fillNeighbours(
  page: Page,
  blocks: Blocks,
  block: number,
  out: Float32Array,
  column: number,
): void {
  const { count } = blocks
  const container = blocks.container[block] ?? 0
  let at = column
  for (const offset of neighbours) {
    const other = block + offset
    if (other < 0 || other >= count) {
      for (let i = 0; i < 6; i++) out[at++] = -1
      continue
    }
    const otherContainer = blocks.container[other] ?? 0
    out[at++] = log2(1 + latinLength(blocks, other))
    out[at++] = (blocks.linkChars[other] ?? 0) / Math.max(1, blocks.chars[other] ?? 0)
    out[at++] = blocks.stops[other] ?? 0
    out[at++] = kindOfTag[page.tag[otherContainer] ?? 0] ?? 0
    out[at++] = otherContainer === container ? 1 : 0
    out[at++] = sharedLevel(ancestorsFrom, page, otherContainer)
  }
}

/** How many widenings it takes until an element holds the other block too; `levels` when none does. */
function sharedLevel(ancestors: Int32Array, page: Page, node: number): number {
  for (let level = 0; level < levels; level++) {
    const ancestor = ancestors[level] ?? -1
    if (ancestor < 0 || (node >= ancestor && node < (page.end[ancestor] ?? 0))) return level
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

interface ElementFacts {
  readonly depth: Uint16Array
  readonly heading: Uint8Array
  readonly above: Int32Array
  readonly any: Int32Array
  readonly weightSum: Float32Array
  readonly weightMin: Float32Array
  readonly weightMax: Float32Array
  /** Siblings of the same tag and class. */
  readonly twins: Uint16Array
}

/** Facts that elements inherit from the elements above them, in one pass. */
function elementFacts(page: Page, blocks: Blocks): ElementFacts {
  const { count, tag, parent, bits, weight } = page
  const depth = new Uint16Array(count)
  const heading = new Uint8Array(count)
  const aboveBits = new Int32Array(count)
  const any = new Int32Array(count)
  const weightSum = new Float32Array(count)
  const weightMin = new Float32Array(count)
  const weightMax = new Float32Array(count)
  const twins = new Uint16Array(count)
  const { begun } = blocks
  let size = 256
  while (size < count) size *= 2
  const slots = new Int32Array(size * 2).fill(-1)
  const signatures = new Int32Array(count)
  const slotOf = new Int32Array(count)
  const totals = new Int32Array(size * 2)
  for (let node = 0; node < count; node++) {
    const number = tag[node] ?? 0
    const up = parent[node] ?? -1
    if (number === 0 || begun[node] === begun[page.end[node] ?? 0]) {
      slotOf[node] = -1
      continue
    }
    const isRoot = number === BODY || number === HTML
    const ownBits = isRoot ? 0 : (bits[node] ?? 0)
    const ownWeight = isRoot ? 0 : (weight[node] ?? 0)
    const ownHeading = headingLevel[number] ?? 0
    if (up < 0) {
      any[node] = ownBits
      aboveBits[node] = aboveBit[number] ?? 0
      heading[node] = ownHeading
      weightSum[node] = weightMin[node] = weightMax[node] = ownWeight
    } else {
      depth[node] = (depth[up] ?? 0) + 1
      any[node] = (any[up] ?? 0) | ownBits
      aboveBits[node] = (aboveBits[up] ?? 0) | (aboveBit[number] ?? 0)
      heading[node] = ownHeading === 0 ? (heading[up] ?? 0) : ownHeading
      weightSum[node] = (weightSum[up] ?? 0) + ownWeight
      weightMin[node] = Math.min(weightMin[up] ?? 0, ownWeight)
      weightMax[node] = Math.max(weightMax[up] ?? 0, ownWeight)
    }
    const signature =
      Math.imul(up * 31 + number, 0x9e3779b1) ^
      Math.imul(ownBits + Math.round(ownWeight * 1000), 0x85ebca6b)
    signatures[node] = signature
    let slot = (signature ^ (signature >>> 15)) & (size * 2 - 1)
    for (
      let owner = slots[slot] ?? -1;
      owner >= 0 && signatures[owner] !== signature;
      owner = slots[slot] ?? -1
    ) {
      slot = (slot + 1) & (size * 2 - 1)
    }
    slots[slot] = node
    slotOf[node] = slot
    totals[slot] = (totals[slot] ?? 0) + 1
  }
  for (let node = 0; node < count; node++) {
    const slot = slotOf[node] ?? -1
    if (slot >= 0) twins[node] = Math.min(60_000, totals[slot] ?? 0)
  }
  return {
    depth,
    heading,
    above: aboveBits,
    any,
    weightSum,
    weightMin,
    weightMax,
    twins,
  }
}

/** sums[i] is the sum over the blocks before block i; lengths in Latin letters. */
type PrefixSums = Readonly<
  Record<'chars' | 'linkChars' | 'stops' | 'longChars' | 'hits', Float64Array>
>

function prefixSums(blocks: Blocks, hits: Float32Array): PrefixSums {
  const chars = new Float64Array(blocks.count + 1)
  const linkChars = new Float64Array(blocks.count + 1)
  const stops = new Float64Array(blocks.count + 1)
  const longChars = new Float64Array(blocks.count + 1)
  const topic = new Float64Array(blocks.count + 1)
  for (let block = 0; block < blocks.count; block++) {
    const size = latinLength(blocks, block)
    const linkShare = (blocks.linkChars[block] ?? 0) / Math.max(1, blocks.chars[block] ?? 0)
    chars[block + 1] = (chars[block] ?? 0) + size
    linkChars[block + 1] = (linkChars[block] ?? 0) + linkShare * size
    stops[block + 1] = (stops[block] ?? 0) + (blocks.stops[block] ?? 0)
    const isLong = latinWords(blocks, block) >= 15 && linkShare * 3 < 1
    longChars[block + 1] = (longChars[block] ?? 0) + (isLong ? size : 0)
    topic[block + 1] = (topic[block] ?? 0) + (hits[block] ?? 0)
  }
  return { chars, linkChars, stops, longChars, hits: topic }
}

function hashCounts(blocks: Blocks): ReadonlyMap<number, number> {
  const counts = new Map<number, number>()
  for (let block = 0; block < blocks.count; block++) {
    const hash = blocks.hash[block] ?? 0
    counts.set(hash, (counts.get(hash) ?? 0) + 1)
  }
  return counts
}

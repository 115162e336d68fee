// What elements hand down to the blocks inside: depth, the nearest heading, which elements stand above, what
// their class words say. One pass in document order, where every parent comes before its children.
import type { Blocks } from './blocks.ts'
import type { Page } from './scan.ts'
import { headingLevel, tagNumber } from './tags.ts'

/** Elements whose presence above a block is a feature. */
export const above = [
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

/** Containers by what they usually hold, so that one split separates related ones. */
export const kindOfTag = new Uint8Array(256)
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

export interface ElementFacts {
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
export function elementFacts(page: Page, blocks: Blocks): ElementFacts {
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

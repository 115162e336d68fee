// What elements hand down to the blocks inside: depth, the nearest heading, which elements stand above, what
// their class words say. One pass in document order, where every parent comes before its children.
import type { Blocks } from './blocks.ts'
import type { Page } from './scan.ts'
import { scratch } from './scratch.ts'
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
  /** The first sibling of the same tag and class, maybe the element itself. */
  readonly firstTwin: Int32Array
  /** For first ones, how many there are. */
  readonly twins: Int32Array
}

const depthOf = scratch(Uint16Array)
const headingOf = scratch(Uint8Array)
const aboveOf = scratch(Int32Array)
const anyOf = scratch(Int32Array)
const weightSumOf = scratch(Float32Array)
const weightMinOf = scratch(Float32Array)
const weightMaxOf = scratch(Float32Array)
const firstTwinOf = scratch(Int32Array)
const twinsOf = scratch(Int32Array)
const signaturesOf = scratch(Int32Array)
const slotsOf = scratch(Int32Array)

/**
 * Facts that elements inherit from the elements above them, in one pass; only elements with blocks inside have
 * any. Valid until the next call.
 */
export function elementFacts(page: Page, blocks: Blocks): ElementFacts {
  const { count, tag, parent, end, bits, weight } = page
  const { begun } = blocks
  const depth = depthOf(count)
  const heading = headingOf(count)
  const aboveBits = aboveOf(count)
  const any = anyOf(count)
  const weightSum = weightSumOf(count)
  const weightMin = weightMinOf(count)
  const weightMax = weightMaxOf(count)
  const firstTwin = firstTwinOf(count)
  const twins = twinsOf(count)
  const signatures = signaturesOf(count)
  let size = 512
  while (size < 2 * count) size *= 2
  const slots = slotsOf(size).fill(-1, 0, size)
  for (let node = 0; node < count; node++) {
    const number = tag[node] as number
    if (number === 0 || begun[node] === begun[end[node] as number]) continue
    const up = parent[node] as number
    const isRoot = number === BODY || number === HTML
    const ownBits = isRoot ? 0 : (bits[node] as number)
    const ownWeight = isRoot ? 0 : (weight[node] as number)
    const ownHeading = headingLevel[number] as number
    if (up < 0) {
      depth[node] = 0
      any[node] = ownBits
      aboveBits[node] = aboveBit[number] as number
      heading[node] = ownHeading
      weightSum[node] = weightMin[node] = weightMax[node] = ownWeight
    } else {
      depth[node] = (depth[up] as number) + 1
      any[node] = (any[up] as number) | ownBits
      aboveBits[node] = (aboveBits[up] as number) | (aboveBit[number] as number)
      heading[node] = ownHeading === 0 ? (heading[up] as number) : ownHeading
      weightSum[node] = (weightSum[up] as number) + ownWeight
      weightMin[node] = Math.min(weightMin[up] as number, ownWeight)
      weightMax[node] = Math.max(weightMax[up] as number, ownWeight)
    }
    const signature =
      Math.imul(up * 31 + number, 0x9e3779b1) ^
      Math.imul(ownBits + Math.round(ownWeight * 1000), 0x85ebca6b)
    signatures[node] = signature
    let slot = (signature ^ (signature >>> 15)) & (size - 1)
    let owner = slots[slot] as number
    while (owner >= 0 && signatures[owner] !== signature) {
      slot = (slot + 1) & (size - 1)
      owner = slots[slot] as number
    }
    if (owner < 0) {
      owner = slots[slot] = node
      twins[node] = 0
    }
    firstTwin[node] = owner
    twins[owner] = (twins[owner] as number) + 1
  }
  return {
    depth,
    heading,
    above: aboveBits,
    any,
    weightSum,
    weightMin,
    weightMax,
    firstTwin,
    twins,
  }
}

// From probabilities to a choice of blocks. The choice maximises the word F1 that the probabilities
// promise: blocks are taken from the surest down while the expected F1 grows (Lewis 1995; Ye et al.
// 2012), so a page the model is unsure of gets a lower threshold than a clear article. Code blocks
// stay whole, and comment sections go as the user wants them. Cost: one sort of the blocks.
import type { Analysis } from './analyse-page.ts'
import { hintBit } from './hints.ts'
import type { PageType } from './page-features.ts'
import { tagNumber } from './tags.ts'

/** `auto` leaves comments to the model, which keeps the posts of forum pages. */
export type KeepComments = 'auto' | 'always' | 'never'

/** Least and largest threshold, and what is taken off the log odds before the expectation. */
export const choice = { least: 0.5, largest: 0.6, shift: 0 }

const PRE = tagNumber('pre')
const BODY = tagNumber('body')

/** 1 for every block of the main content. */
export function chooseBlocks(
  analysis: Analysis,
  probabilities: Float32Array,
  keepComments: KeepComments = 'auto',
  type: PageType = 'article',
): Uint8Array {
  const { blocks } = analysis
  const threshold = bestThreshold(blocks.words, probabilities)
  const keep = new Uint8Array(blocks.count)
  for (let block = 0; block < blocks.count; block++) {
    if ((probabilities[block] ?? 0) >= threshold) keep[block] = 1
  }
  keepWhole(analysis, probabilities, keep, threshold)
  if (keepComments !== 'auto' && type !== 'forum') {
    markComments(analysis, keep, keepComments === 'always')
  }
  return keep
}

/** Probability from which blocks are taken so that the expected F1 is largest. */
export function bestThreshold(words: Int32Array, probabilities: Float32Array): number {
  const count = probabilities.length
  const order = new Uint32Array(count)
  let expected = 0
  for (let block = 0; block < count; block++) {
    order[block] = block
    expected += shifted(probabilities[block] ?? 0) * (words[block] ?? 0)
  }
  order.sort((a, b) => (probabilities[b] ?? 0) - (probabilities[a] ?? 0))
  let right = 0
  let taken = 0
  let best = 0
  let threshold = 1
  for (const block of order) {
    const p = probabilities[block] ?? 0
    right += shifted(p) * (words[block] ?? 0)
    taken += words[block] ?? 0
    const f1 = (2 * right) / (taken + expected + 1e-9)
    if (f1 >= best) {
      best = f1
      threshold = p
    }
  }
  // Nothing convinces: the best there is stays, whatever its probability.
  const surest = count > 0 ? (probabilities[order[0] ?? 0] ?? 0) : 1
  return Math.min(surest * 0.8, Math.min(choice.largest, Math.max(choice.least, threshold)))
}

function shifted(p: number): number {
  if (choice.shift === 0) return p
  const odds = (p / (1 - Math.min(p, 0.9999))) * Math.exp(-choice.shift)
  return odds / (1 + odds)
}

/** The lines of one <pre> stay together; a column of line numbers beside code goes. */
function keepWhole(
  { page, blocks }: Analysis,
  probabilities: Float32Array,
  keep: Uint8Array,
  threshold: number,
): void {
  for (let block = 0; block < blocks.count;) {
    const pre = preAround(page.parent, page.tag, blocks.container[block] ?? -1)
    if (pre < 0) {
      block++
      continue
    }
    const stop = Math.max(block + 1, blocks.begun[page.end[pre] ?? 0] ?? 0)
    let chars = 0
    let digits = 0
    let mass = 0
    for (let each = block; each < stop; each++) {
      const size = blocks.chars[each] ?? 0
      chars += size
      digits += blocks.digits[each] ?? 0
      mass += size * (probabilities[each] ?? 0)
    }
    keep.fill(mass >= chars * threshold && digits < chars ? 1 : 0, block, stop)
    block = stop
  }
}

function preAround(parent: Int32Array, tag: Uint8Array, from: number): number {
  for (let node = from, step = 0; node >= 0 && step < 8; node = parent[node] ?? -1, step++) {
    if (tag[node] === PRE) return node
  }
  return -1
}

/** Keeps or drops whole sections whose class or id says `comment`, unless that is most of the page. */
function markComments({ page, blocks }: Analysis, keep: Uint8Array, isKept: boolean): void {
  for (let node = 0; node < page.count;) {
    const isComment = ((page.bits[node] ?? 0) & hintBit.comment) !== 0 && page.tag[node] !== BODY
    const from = blocks.begun[node] ?? 0
    const to = blocks.begun[page.end[node] ?? 0] ?? from
    if (!isComment || to - from > blocks.count * 0.7) {
      node++
      continue
    }
    for (let block = from; block < to; block++) {
      if (!isKept) keep[block] = 0
      else if ((blocks.words[block] ?? 0) >= 5) keep[block] = 1
    }
    node = page.end[node] ?? node + 1
  }
}

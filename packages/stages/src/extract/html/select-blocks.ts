// From probabilities to a choice of blocks: those above a threshold, with code blocks and data tables
// taken or left as a whole, and comment sections as the user wants them.
import type { Analysis } from './analyse-page.ts'
import { hintBit } from './hints.ts'
import type { PageType } from './page-features.ts'
import { tagNumber } from './tags.ts'

/** `auto` leaves comments to the model, which keeps the posts of forum pages. */
export type KeepComments = 'auto' | 'always' | 'never'

const threshold = 0.5
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
  const keep = new Uint8Array(blocks.count)
  let best = -1
  let kept = 0
  for (let block = 0; block < blocks.count; block++) {
    const p = probabilities[block] ?? 0
    if (p >= threshold) {
      keep[block] = 1
      kept++
    }
    if (best < 0 || p > (probabilities[best] ?? 0)) best = block
  }
  if (kept === 0 && best >= 0) {
    // Nothing convinces: the best there is, and what is nearly as good.
    const enough = (probabilities[best] ?? 0) * 0.7
    for (let block = 0; block < blocks.count; block++) {
      if ((probabilities[block] ?? 0) >= enough) keep[block] = 1
    }
  }
  keepWhole(analysis, probabilities, keep)
  if (keepComments !== 'auto' && type !== 'forum')
    markComments(analysis, keep, keepComments === 'always')
  return keep
}

/** The lines of one <pre> stay together. */
function keepWhole(
  { page, blocks }: Analysis,
  probabilities: Float32Array,
  keep: Uint8Array,
): void {
  for (let block = 0; block < blocks.count;) {
    const pre = ancestorOf(page.parent, page.tag, blocks.container[block] ?? -1)
    const stop = pre < 0 ? block + 1 : Math.max(block + 1, blocks.begun[page.end[pre] ?? 0] ?? 0)
    if (pre >= 0) {
      let chars = 0
      let mass = 0
      for (let each = block; each < stop; each++) {
        const size = blocks.chars[each] ?? 0
        chars += size
        mass += size * (probabilities[each] ?? 0)
      }
      keep.fill(
        mass >= chars * threshold && !isGutter(analysisDigits(blocks, block, stop), chars) ? 1 : 0,
        block,
        stop,
      )
    }
    block = stop
  }
}

function ancestorOf(parent: Int32Array, tag: Uint8Array, from: number): number {
  for (let node = from, step = 0; node >= 0 && step < 8; node = parent[node] ?? -1, step++) {
    if (tag[node] === PRE) return node
  }
  return -1
}

function analysisDigits(blocks: Analysis['blocks'], from: number, to: number): number {
  let digits = 0
  for (let block = from; block < to; block++) digits += blocks.digits[block] ?? 0
  return digits
}

/** Line numbers beside code: nothing but digits, 1 2 3 ... */
const isGutter = (digits: number, chars: number): boolean => digits === chars

/** Keeps or drops whole sections whose class or id says `comment`, unless that is most of the page. */
function markComments({ page, blocks }: Analysis, keep: Uint8Array, value: boolean): void {
  for (let node = 0; node < page.count;) {
    const isComment = ((page.bits[node] ?? 0) & hintBit.comment) !== 0 && page.tag[node] !== BODY
    const from = blocks.begun[node] ?? 0
    const to = blocks.begun[page.end[node] ?? 0] ?? from
    if (!isComment || to - from > blocks.count * 0.7) {
      node++
      continue
    }
    for (let block = from; block < to; block++) {
      if (value ? (blocks.words[block] ?? 0) >= 5 : true) keep[block] = value ? 1 : 0
    }
    node = page.end[node] ?? node + 1
  }
}

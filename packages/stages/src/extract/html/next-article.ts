// Sites that scroll on for ever print the next article below the one that was asked for, and every word
// of it reads like main content. It is told by its headline: the page's titles name the first <h1>, and
// a later one, of which they say nothing, starts an element of its own with text inside, after share
// links or comments. Sections headed by <h1> share an element with the text, so they stay.
// Cost: one pass over the blocks, two where there is a second <h1>.
import type { Analysis } from './analyse-page.ts'
import type { Blocks } from './blocks.ts'
import { partingOf } from './parting.ts'
import type { Page } from './scan.ts'
import { tagNumber } from './tags.ts'

const H1 = tagNumber('h1')

/** A headline says what the titles say (title-overlap.ts) at least this much, another one at most that much. */
const sameTitle = 0.5
const otherTitle = 0.2
/** Dropped blocks that part two articles. */
const gapBlocks = 4
/** A kicker or a label may stand above a headline. */
const aboveHeadline = 3
/** Kept words that make an article: two sentences. */
const leastWords = 30

/** Drops a second article and what comes after it. */
export function dropNextArticle({ page, blocks, overlaps }: Analysis, keep: Uint8Array): void {
  const { count, container } = blocks
  let headline = -1
  let lastKept = -1
  let wordsBefore: Int32Array | undefined
  for (let block = 0; block < count; block++) {
    if (page.tag[container[block] ?? 0] === H1) {
      const overlap = overlaps[block] ?? 0
      if (headline < 0) headline = overlap > sameTitle ? block : -1
      else if (overlap < otherTitle && lastKept > headline && block - lastKept > gapBlocks) {
        wordsBefore ??= keptWords(blocks, keep)
        const start = startOfNext(page, blocks, wordsBefore, headline, block)
        if (start >= 0) {
          keep.fill(0, start)
          return
        }
      }
    }
    if (keep[block] === 1) lastKept = block
  }
}

/** Where the article of the second headline starts, or -1 when it is none. */
function startOfNext(
  page: Page,
  blocks: Blocks,
  wordsBefore: Int32Array,
  headline: number,
  second: number,
): number {
  const parting = partingOf(page, blocks, headline, second)
  if (!parting || second - parting.rightStart > aboveHeadline) return -1
  const { leftStop, right, rightStart } = parting
  const rightStop = blocks.begun[page.end[right] ?? 0] ?? blocks.count
  const wordsIn = (from: number, to: number): number =>
    (wordsBefore[to] ?? 0) - (wordsBefore[from] ?? 0)
  const isArticle =
    wordsIn(headline + 1, leftStop) >= leastWords &&
    wordsIn(leftStop, rightStart) === 0 &&
    wordsIn(second + 1, rightStop) >= leastWords
  return isArticle ? rightStart : -1
}

/** Words of the kept blocks before each block, and of all. */
function keptWords({ count, words }: Blocks, keep: Uint8Array): Int32Array {
  const before = new Int32Array(count + 1)
  for (let block = 0; block < count; block++)
    before[block + 1] = (before[block] ?? 0) + (keep[block] === 1 ? (words[block] ?? 0) : 0)
  return before
}

// The same text twice on a page: once for wide screens and once for narrow ones, in a carousel that repeats
// its slides, in a summary above the text. One copy stays: the first, or one that the model is surer of.
// What repeats on purpose stays too: verses and clauses below one element, code, the steps of a manual
// for each of its languages, and what a post of a thread quotes. Cost: one pass over the kept blocks.
import { attributeOf } from './attribute-values.ts'
import type { Blocks } from './blocks.ts'
import type { PageType } from './page-features.ts'
import type { Page } from './scan.ts'
import { tagNumber } from './tags.ts'

/** Shorter texts are labels, and those repeat. */
const leastWords = 8
/** So much surer, or the order of the text is worth more. */
const margin = 0.1
const PRE = tagNumber('pre')
const BLOCKQUOTE = tagNumber('blockquote')

/** Drops all but one of the blocks with the same text. */
export function dropCopies(
  page: Page,
  blocks: Blocks,
  probabilities: Float32Array,
  type: PageType,
  keep: Uint8Array,
): void {
  if (type === 'documentation') return
  const { container, words, chars, hash } = blocks
  const parentOf = (block: number): number => page.parent[container[block] ?? -1] ?? -1
  const isMeant = meantTwice(page, type)
  const isSame = (a: number, b: number): boolean => words[a] === words[b] && chars[a] === chars[b]
  const seen = new Map<number, number>()
  for (const block of longBlocks(blocks, keep)) {
    const text = hash[block] ?? 0
    const other = seen.get(text)
    if (other === undefined || isMeant(container[other] ?? -1)) {
      seen.set(text, block)
    } else if (
      isSame(block, other) &&
      parentOf(other) !== parentOf(block) &&
      !isMeant(container[block] ?? -1)
    ) {
      const isSurer = (probabilities[block] ?? 0) > (probabilities[other] ?? 0) + margin
      keep[isSurer ? other : block] = 0
      if (isSurer) seen.set(text, block)
    }
  }
}

/** Kept blocks that are no labels. */
function longBlocks({ count, words }: Blocks, keep: Uint8Array): number[] {
  const long: number[] = []
  for (let block = 0; block < count; block++)
    if (keep[block] === 1 && (words[block] as number) >= leastWords) long.push(block)
  return long
}

/** Tells of an element whether it stands in code or, in threads, in a quotation; asks each element once. */
function meantTwice(page: Page, type: PageType): (node: number) => boolean {
  const isQuote = (node: number): boolean =>
    page.tag[node] === BLOCKQUOTE || /quot/i.test(attributeOf(page, node, 'class') ?? '')
  const known = new Map<number, boolean>()
  return (from) => {
    const climbed: number[] = []
    let node = from
    let isMeant = false
    for (; node >= 0 && !isMeant; node = page.parent[node] ?? -1) {
      const answer = known.get(node)
      if (answer !== undefined) {
        isMeant = answer
        break
      }
      climbed.push(node)
      isMeant = page.tag[node] === PRE || (type === 'forum' && isQuote(node))
    }
    for (const each of climbed) known.set(each, isMeant)
    return isMeant
  }
}

// Everything the models look at, computed once per page: the flat tree, its text blocks, what the
// head says, and which stock phrases the short blocks hold.
import { findBlocks, type Blocks } from './blocks.ts'
import { wordsOfTitle } from './block-features.ts'
import { readHead, type HeadFacts } from './metadata.ts'
import { findPhrases, maxPhraseChars } from './phrases.ts'
import { blockText } from './inline-text.ts'
import { scan, type Page } from './scan.ts'
import { tagNumber } from './tags.ts'

const NOSCRIPT = tagNumber('noscript')

export interface Analysis {
  readonly page: Page
  readonly blocks: Blocks
  readonly head: HeadFacts
  /** Phrase kinds of each block, as bits (phrases.ts). */
  readonly phrases: Int32Array
  readonly titleWords: ReadonlySet<string>
  readonly url: string
  /** Text of a block on one line, kept once made. */
  readonly textOf: (block: number) => string
}

/** Scans and analyses a page; `url` may be ''. The result is valid until the next call. */
export function analysePage(html: string, url: string): Analysis {
  const page = scan(html)
  const head = readHead(page)
  const blocks = shownBlocks(page)
  const texts: (string | undefined)[] = []
  const textOf = (block: number): string => (texts[block] ??= blockText(page, blocks, block))
  const phrases = new Int32Array(blocks.count)
  for (let block = 0; block < blocks.count; block++) {
    if ((blocks.chars[block] ?? 0) <= maxPhraseChars) phrases[block] = findPhrases(textOf(block))
  }
  const titleWords = wordsOfTitle(head.title, head.metas.get('og:title') ?? '', head.h1)
  return { page, blocks, head, phrases, titleWords, url, textOf }
}

/** A page whose <noscript> says more than the rest is one that scripts build: read what it says. */
function shownBlocks(page: Page): Blocks {
  const blocks = findBlocks(page)
  const most = noscriptChars(page)
  if (most <= minNoscriptChars) return blocks
  const chars = visibleChars(blocks)
  if (most <= chars) return blocks
  const all = findBlocks(page, true)
  const more = visibleChars(all) - chars
  return more > minNoscriptChars && more > chars ? all : findBlocks(page)
}

const minNoscriptChars = 300

/** Characters of text inside <noscript>, white space included: no fewer than are visible. */
function noscriptChars({ count, tag, end, from, to }: Page): number {
  let chars = 0
  for (let node = 0; node < count; node++) {
    if (tag[node] !== NOSCRIPT) continue
    const stop = end[node] ?? node + 1
    for (node++; node < stop; node++)
      if (tag[node] === 0) chars += (to[node] ?? 0) - (from[node] ?? 0)
    node--
  }
  return chars
}

function visibleChars(blocks: Blocks): number {
  let sum = 0
  for (let block = 0; block < blocks.count; block++) sum += blocks.chars[block] ?? 0
  return sum
}

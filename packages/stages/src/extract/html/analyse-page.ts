// Everything the models look at, computed once per page: the flat tree, its text blocks, what the
// head says, and which stock phrases the short blocks hold.
import { findBlocks, trait, type Blocks } from './blocks.ts'
import { equalBlocks, type EqualBlocks } from './equal-blocks.ts'
import { readHead, type HeadFacts } from './metadata.ts'
import { shortCodes } from './codes.ts'
import { fillLine, line } from './line-codes.ts'
import { findPhrases, findPhrasesIn, maxPhraseChars, needsText } from './phrases.ts'
import { blockText } from './inline-text.ts'
import { scan, type Page } from './scan.ts'
import { tagNumber } from './tags.ts'
import { looksOf, type Looks } from './looks.ts'
import { findTopic, type Topic } from './topic.ts'
import { titleHashes, titleOverlap, titleOverlapIn, wordsOfTitle } from './title-overlap.ts'

const NOSCRIPT = tagNumber('noscript')

export interface Analysis {
  readonly page: Page
  readonly blocks: Blocks
  readonly equal: EqualBlocks
  readonly head: HeadFacts
  /** Phrase kinds of each block, as bits (phrases.ts). */
  readonly phrases: Int32Array
  readonly titleWords: ReadonlySet<string>
  /** How much each block of at most `maxTitleWords` words says what the titles say. */
  readonly overlaps: Float32Array
  readonly topic: Topic
  readonly looks: Looks
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
  const titleWords = wordsOfTitle(head.title, head.metas.get('og:title') ?? '', head.h1)
  const { phrases, overlaps } = readShort(page, blocks, titleWords, textOf)
  const { title, h1, metas } = head
  const descriptions = [metas.get('description') ?? '', metas.get('og:description') ?? '']
  const topic = findTopic(page, blocks, [title, metas.get('og:title') ?? '', h1], descriptions)
  const looks = looksOf(page, blocks)
  const equal = equalBlocks(blocks)
  return { page, blocks, equal, head, phrases, titleWords, overlaps, topic, looks, url, textOf }
}

/** What short blocks say: their stock phrases and the words of the title. */
function readShort(
  page: Page,
  blocks: Blocks,
  titleWords: ReadonlySet<string>,
  textOf: Analysis['textOf'],
): Pick<Analysis, 'phrases' | 'overlaps'> {
  const hashes = titleHashes(titleWords)
  const phrases = new Int32Array(blocks.count)
  const overlaps = new Float32Array(blocks.count)
  for (let block = 0; block < blocks.count; block++) {
    const isShort = (blocks.chars[block] as number) <= maxPhraseChars
    const mayBeTitle =
      hashes.size > 0 &&
      (blocks.words[block] as number) <= maxTitleWords &&
      (blocks.chars[block] as number) <= maxTitleChars
    if (!isShort && !mayBeTitle) continue
    const isInPage = ((blocks.traits[block] as number) & isRewritten) === 0
    if (isInPage) readInPage(page, blocks.first[block] as number)
    else if (!readLine(page, blocks, block)) readText(textOf(block))
    if (isShort) {
      const found = findPhrasesIn(text.codes, text.from, text.to)
      phrases[block] =
        found === needsText
          ? findPhrases(isInPage ? page.html.slice(text.from, text.to) : textOf(block))
          : found
    }
    if (mayBeTitle) {
      const overlap = titleOverlapIn(text.codes, text.from, text.to, hashes)
      overlaps[block] = overlap < 0 ? titleOverlap(textOf(block), titleWords) : overlap
    }
  }
  return { phrases, overlaps }
}

/** Longer texts are no titles; data without a blank is one word. */
const maxTitleWords = 40
const maxTitleChars = 2000

/** What the text of a block that stands in the page as it is does not have; most have none of it. */
const isRewritten = trait.reference | trait.uneven | trait.odd | trait.foreign | trait.mixed

/** Where the characters of the block at hand lie: reading them there spares a string for each block. */
const text: { codes: Uint16Array; from: number; to: number } = { codes: line, from: 0, to: 0 }

function readInPage({ codes, from, to }: Page, node: number): void {
  text.codes = codes
  text.from = from[node] as number
  text.to = to[node] as number
  while (isBlank(codes[text.from] as number)) text.from++
  while (isBlank(codes[text.to - 1] as number)) text.to--
}

/** False for blocks that are more than text and inline elements. */
function readLine(page: Page, blocks: Blocks, block: number): boolean {
  text.codes = line
  text.from = 0
  text.to = fillLine(page, blocks, block)
  return text.to >= 0
}

function readText(source: string): void {
  text.codes = shortCodes(source)
  text.from = 0
  text.to = source.length
}

const isBlank = (code: number): boolean => code <= 32 || code === 0xa0

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

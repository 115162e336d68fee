// From probabilities to a choice of blocks. An article is one text, and the model knows its paragraphs: what
// it is less than fairly sure of stands beside it. Elsewhere, and where nothing on the page convinces, the
// choice maximises the word F1 that the probabilities promise: blocks are taken from the surest down while
// the expected F1 grows (Lewis 1995; Ye et al. 2012). Parts of a text stay together (parts.ts), copies and
// what stands below an article go, and comment sections go as the user wants them.
// Cost: one sort of the blocks.
import { keepBetween, keepInText } from './amid-text.ts'
import type { Analysis } from './analyse-page.ts'
import type { Blocks } from './blocks.ts'
import type { Classified } from './classify-blocks.ts'
import { dropCopies } from './copies.ts'
import { hintBit } from './hints.ts'
import { dropNextArticle } from './next-article.ts'
import { pageTypes } from './page-features.ts'
import { keepParts } from './parts.ts'
import { isStockLine } from './stock-lines.ts'
import { dropAuthorBox, dropStrayRuns } from './stray-runs.ts'
import { surestFirst } from './surest-first.ts'
import { headingLevel, tagNumber } from './tags.ts'
import { blockOfTitle } from './title-overlap.ts'

/** `auto` leaves comments to the model, which keeps the posts of forum pages. */
export type KeepComments = 'auto' | 'always' | 'never'
/** `auto` leaves the headline to the model: some corpora count it as content, others do not. */
export type KeepTitle = 'auto' | 'always' | 'never'

interface Wishes {
  readonly keepComments: KeepComments
  readonly keepTitle: KeepTitle
}

interface Choice {
  /** Bounds of the threshold. */
  readonly least: number
  readonly largest: number
  /** Where the bounds would keep less than this share of the expected words, they do not hold. */
  readonly leastShare: number
}

/**
 * An article has one body, and what lies beside it is not content; threads are many short posts; listings,
 * collections, service pages and manuals are made of many parts, and leaving some out costs more; products
 * lie between. Tuned on out-of-fold predictions (bench/extract-folds.mjs); pages in between mix.
 */
export const choices: Record<'article' | 'product' | 'thread' | 'open', Choice> = {
  article: { least: 0.77, largest: 0.77, leastShare: 0.3 },
  product: { least: 0.3, largest: 0.5, leastShare: 0.3 },
  thread: { least: 0.4, largest: 0.5, leastShare: 0 },
  open: { least: 0.15, largest: 0.45, leastShare: 0.5 },
}
const groupOf = pageTypes.map((type) => {
  if (type === 'forum') return 'thread'
  return type === 'article' || type === 'product' ? type : 'open'
})

/** Page types are sharpened first, so that a page of no clear type counts as an article. */
function choiceFor(types: Float32Array, blocks: Blocks): Choice {
  const shares = { article: 1e-9, product: 0, thread: 0, open: 0 }
  types.forEach((p, type) => {
    shares[groupOf[type] ?? 'article'] += p * p
  })
  // Types were learned on English pages; what Chinese sites put beside an article looks like a listing.
  if (isMostlyCjk(blocks)) {
    shares.article += shares.open + shares.product
    shares.open = 0
    shares.product = 0
  }
  const groups = Object.keys(choices) as (keyof typeof choices)[]
  let all = 0
  for (const group of groups) all += shares[group]
  const mix = (key: keyof Choice): number =>
    groups.reduce((sum, group) => sum + choices[group][key] * shares[group], 0) / all
  return { least: mix('least'), largest: mix('largest'), leastShare: mix('leastShare') }
}

function isMostlyCjk({ count, cjk, chars }: Blocks): boolean {
  let balance = 0
  for (let block = 0; block < count; block++) {
    balance += 3 * (cjk[block] ?? 0) - (chars[block] ?? 0)
  }
  return balance > 0
}

const BODY = tagNumber('body')

/** 1 for every block of the main content. */
export function chooseBlocks(
  analysis: Analysis,
  { probabilities, types, type }: Classified,
  { keepComments, keepTitle }: Wishes = { keepComments: 'auto', keepTitle: 'auto' },
): Uint8Array {
  const { blocks } = analysis
  demoteStockLines(analysis, probabilities)
  demoteTeasers(analysis, probabilities)
  const threshold = bestThreshold(blocks.words, probabilities, choiceFor(types, blocks))
  const keep = new Uint8Array(blocks.count)
  for (let block = 0; block < blocks.count; block++) {
    if ((probabilities[block] ?? 0) >= threshold) keep[block] = 1
  }
  dropRepeatedTitle(analysis, keep)
  keepInText(analysis, probabilities, keep)
  keepBetween(analysis, probabilities, keep)
  keepParts(analysis, probabilities, keep, threshold)
  dropCopies(analysis.page, blocks, probabilities, type, keep)
  if (type !== 'forum') dropNextArticle(analysis, keep)
  if (type === 'article') {
    dropStrayRuns(analysis.page, blocks, probabilities, keep)
    dropAuthorBox(analysis.page, blocks, probabilities, keep)
    dropLastHeadings(analysis, keep)
  }
  if (keepComments !== 'auto' && type !== 'forum') {
    markComments(analysis, keep, keepComments === 'always')
  }
  if (keepTitle !== 'auto') markTitle(analysis, keep, keepTitle === 'always')
  return keep
}

/** Probability from which blocks are taken so that the expected F1 is largest, within bounds. */
export function bestThreshold(
  words: Int32Array,
  probabilities: Float32Array,
  { least, largest, leastShare }: Choice,
): number {
  const count = probabilities.length
  if (count === 0) return largest
  const expected = expectedWords(words, probabilities, 0)
  const order = surestFirst(probabilities)
  let right = 0
  let taken = 0
  let best = 0
  let threshold = largest
  for (let i = 0; i < count; i++) {
    const block = order[i] as number
    right += (probabilities[block] as number) * (words[block] as number)
    taken += words[block] ?? 0
    const f1 = (2 * right) / (taken + expected + 1e-9)
    if (f1 < best) continue
    best = f1
    threshold = probabilities[block] ?? 0
  }
  // Where nothing convinces, the best there is stays, whatever its probability.
  const surest = probabilities[order[0] ?? 0] ?? 0
  const bound = Math.min(surest * 0.8, largest, Math.max(least, threshold))
  const isTooStrict =
    surest < convincing &&
    expected > minExpectedWords &&
    expectedWords(words, probabilities, bound) < leastShare * expected
  return isTooStrict ? Math.min(bound, threshold) : bound
}

/** How many words are expected to be content, in blocks of that probability or more. */
function expectedWords(words: Int32Array, probabilities: Float32Array, from: number): number {
  let expected = 0
  for (let block = 0; block < probabilities.length; block++) {
    const p = probabilities[block] as number
    if (p >= from) expected += p * (words[block] as number)
  }
  return expected
}

/** A page with a block of this probability has its text, however much of other things it has. */
const convincing = 0.9
/** Less than a paragraph is no reason to go below the bounds: a short text seldom convinces. */
const minExpectedWords = 100

/** Halves the probability of stock lines and removes what is no text. */
function demoteStockLines(analysis: Analysis, probabilities: Float32Array): void {
  const { blocks } = analysis
  for (let block = 0; block < blocks.count; block++) {
    const p = probabilities[block] ?? 0
    if (p < 0.2 || (blocks.chars[block] ?? 0) > 300) continue
    if (isStockLine(analysis, block)) probabilities[block] = p * 0.5
  }
  for (let block = 0; block < blocks.count; block++) {
    // Ciphertext and encoded images: hundreds of letters and hardly a word.
    const chars = blocks.chars[block] ?? 0
    const isBlob = chars > 200 && (blocks.words[block] ?? 0) * 60 < chars
    if (isBlob && (blocks.cjk[block] ?? 0) === 0) probabilities[block] = 0
  }
}

/**
 * Halves the probability of links under an element that is called `related`, `more` or the like, where
 * the page has text of its own.
 */
function demoteTeasers({ page, blocks }: Analysis, probabilities: Float32Array): void {
  const isLinked = (block: number): boolean =>
    (blocks.linkChars[block] ?? 0) > 0.9 * (blocks.chars[block] ?? 0)
  let ownWords = 0
  for (let block = 0; block < blocks.count; block++) {
    if (!isLinked(block)) ownWords += (probabilities[block] ?? 0) * (blocks.words[block] ?? 0)
  }
  if (ownWords < minOwnWords) return
  for (let block = 0; block < blocks.count; block++) {
    const p = probabilities[block] ?? 0
    if (p < 0.2 || !isLinked(block)) continue
    let node = blocks.container[block] ?? -1
    for (let step = 0; node >= 0 && step < 4 && page.tag[node] !== BODY; step++) {
      if (((page.bits[node] ?? 0) & hintBit.related) !== 0) {
        probabilities[block] = p * 0.5
        break
      }
      node = page.parent[node] ?? -1
    }
  }
}

/** A short paragraph or two. */
const minOwnWords = 60

/**
 * A heading that ends an article heads nothing: an author box or a list of links was below it. More than
 * two are captions of a gallery or names of a list.
 */
function dropLastHeadings({ page, blocks }: Analysis, keep: Uint8Array): void {
  const isHeading = (block: number): boolean =>
    (headingLevel[page.tag[blocks.container[block] ?? 0] ?? 0] ?? 0) >= 2
  const first = keep.indexOf(1)
  const trailing: number[] = []
  for (let block = keep.lastIndexOf(1); block > first && isHeading(block);) {
    trailing.push(block)
    block = keep.lastIndexOf(1, block - 1)
  }
  if (trailing.length <= mostLastHeadings) for (const block of trailing) keep[block] = 0
}

const mostLastHeadings = 2

/** Copyright boxes and share links say the title again after the text. */
function dropRepeatedTitle({ blocks, overlaps }: Analysis, keep: Uint8Array): void {
  // Only blocks up to the last that may be one need to be remembered.
  let last = blocks.count - 1
  while (last >= 0 && (keep[last] !== 1 || (overlaps[last] as number) <= titleLike)) last--
  const seen = new Set<number>()
  for (let block = 0; block <= last; block++) {
    const hash = blocks.hash[block] ?? 0
    if (keep[block] !== 1 || (blocks.words[block] ?? 0) > 40) continue
    if (seen.has(hash) && (overlaps[block] ?? 0) > titleLike) keep[block] = 0
    seen.add(hash)
  }
}

/** As precise as the overlaps are: three of five words are not more than that. */
const titleLike = Math.fround(0.6)

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

/** Keeps or drops the headline: the block that says what the titles say, if it stands before the text. */
function markTitle(
  { blocks, overlaps, titleWords }: Analysis,
  keep: Uint8Array,
  isKept: boolean,
): void {
  const headline = blockOfTitle(blocks, overlaps, titleWords)
  const isBefore = headline >= 0 && headline <= Math.max(keep.indexOf(1), 0) + headlineReach
  if (isBefore && keep.includes(1)) keep[headline] = isKept ? 1 : 0
}

/** A headline may stand below a line or two of the text: its kicker, a date. */
const headlineReach = 4

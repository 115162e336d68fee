// What the page says it is about, and which blocks speak of that: shares of the words of the title and
// of the description that each block has. A second article below the first reads like main content in
// every other respect, but its words are others. Terms are Latin words of four letters or more and
// pairs of Han or Kana characters, so stop words and single characters count for nothing.
// One pass over the text of the blocks; cost about 2 ns per character.
import type { Blocks } from './blocks.ts'
import { shortCodes } from './codes.ts'
import { hashStart, hashStep } from './fnv.ts'
import type { Page } from './scan.ts'
import { lowerCase } from './title-overlap.ts'

export interface Topic {
  /** Share of the title's terms that each block has. */
  readonly title: Float32Array
  /** Share of the description's terms. */
  readonly description: Float32Array
  /** Terms of the title and the description in each block, each counted once. */
  readonly hits: Float32Array
  /** For every element: largest `title` of the blocks inside. */
  readonly best: Float32Array
}

const maxTerms = 256
const slots = 2048
const slotHash = new Int32Array(slots)
/** 0 is free; else the term's number + 1. */
const slotTerm = new Int16Array(slots)
/** Bit 1: in the title; bit 2: in the description. */
const kinds = new Uint8Array(maxTerms)
const lastBlock = new Int32Array(maxTerms)
let termCount = 0

/** Terms of one node that are looked at. */
const maxNodeTerms = 4096

/** What the block at hand has; each term counts once. */
const inBlock = { number: 0, title: 0, description: 0, any: 0 }

/** Adds the terms of a text to the table as of a kind or, when that is 0, to those of the block at hand. */
function readTerms(codes: Uint16Array, from: number, to: number, kind: number): void {
  let count = 0
  let hash = hashStart
  let length = 0
  let before = 0
  for (let i = from; i <= to && count < maxNodeTerms; i++) {
    const code = i < to ? (codes[i] as number) : 32
    const isHan = code >= 0x3041 && code <= 0x9fff
    const letter = code < 0x250 ? (lowerCase[code] as number) : code < 0x2000 ? code : 0
    if (letter > 1 && !isHan) {
      hash = hashStep(hash, letter)
      length++
      before = 0
      continue
    }
    if (length > 3) {
      count++
      readTerm(hash, kind)
    }
    if (length > 0) {
      hash = hashStart
      length = 0
    }
    if (!isHan) {
      before = 0
      continue
    }
    if (before !== 0 && count < maxNodeTerms) {
      count++
      readTerm(hashStep(hashStep(hashStart, before), code), kind)
    }
    before = code
  }
}

function readTerm(hash: number, kind: number): void {
  let slot = (hash ^ (hash >>> 15)) & (slots - 1)
  while (slotTerm[slot] !== 0 && slotHash[slot] !== hash) slot = (slot + 1) & (slots - 1)
  const term = (slotTerm[slot] as number) - 1
  if (kind !== 0) addTerm(slot, hash, term, kind)
  else if (term >= 0 && lastBlock[term] !== inBlock.number) noteTerm(term)
}

function addTerm(slot: number, hash: number, known: number, kind: number): void {
  let term = known
  if (term < 0) {
    if (termCount === maxTerms) return
    term = termCount++
    slotHash[slot] = hash
    slotTerm[slot] = term + 1
    kinds[term] = 0
  }
  kinds[term] = (kinds[term] ?? 0) | kind
}

function noteTerm(term: number): void {
  lastBlock[term] = inBlock.number
  const kind = kinds[term] as number
  inBlock.title += kind & 1
  inBlock.description += kind >> 1
  inBlock.any++
}

/** Adds the terms of a text to the table; how many of its kind there are then. */
function addTerms(text: string, kind: number): number {
  readTerms(shortCodes(text), 0, text.length, kind)
  let total = 0
  for (let term = 0; term < termCount; term++) if (((kinds[term] ?? 0) & kind) !== 0) total++
  return total
}

/** Compares every block with the page's title and description. */
export function findTopic(
  page: Page,
  blocks: Blocks,
  titles: readonly string[],
  descriptions: readonly string[],
): Topic {
  const { count } = blocks
  const title = new Float32Array(count)
  const description = new Float32Array(count)
  const hits = new Float32Array(count)
  const best = new Float32Array(page.count)
  slotTerm.fill(0)
  termCount = 0
  const titleSize = addTerms(titles.join(' | '), 1)
  const descriptionSize = addTerms(descriptions.join(' | '), 2)
  if (termCount === 0) return { title, description, hits, best }
  lastBlock.fill(-1)
  for (let block = 0; block < count; block++) {
    inBlock.number = block
    inBlock.title = 0
    inBlock.description = 0
    inBlock.any = 0
    const last = blocks.last[block] ?? 0
    for (let node = blocks.first[block] ?? 0; node <= last; node++) {
      if (page.tag[node] === 0)
        readTerms(page.codes, page.from[node] as number, page.to[node] as number, 0)
    }
    hits[block] = inBlock.any
    const share = titleSize === 0 ? 0 : inBlock.title / titleSize
    title[block] = share
    description[block] = descriptionSize === 0 ? 0 : inBlock.description / descriptionSize
    let node = blocks.container[block] ?? -1
    for (; node >= 0 && (best[node] ?? 0) < share; node = page.parent[node] ?? -1)
      best[node] = share
  }
  return { title, description, hits, best }
}

// Cuts a scanned page into text blocks: the longest runs of text and inline elements that no block
// element, line break or rule interrupts. A block is what the model keeps or drops and what a line
// of output is made of (Kohlschütter et al. 2010 call it an atomic text block).
// One pass over the nodes, one over the characters of the text; a Han or Kana character counts as
// one word, so Chinese lengths compare with English ones. Cost: about 1 ns per character of text.
import { attributeBit } from './hints.ts'
import type { Page } from './scan.ts'
import { flag, tagFlags, tagNumber } from './tags.ts'

/** Text blocks of a page in parallel arrays; valid until the next `findBlocks`. */
export interface Blocks {
  readonly count: number
  /** Nodes of the block: text and inline elements between first and last, in document order. */
  readonly first: Int32Array
  readonly last: Int32Array
  /** Nearest block element. */
  readonly container: Int32Array
  /** Characters that are not white space; an entity counts as one. */
  readonly chars: Int32Array
  readonly words: Int32Array
  /** Han, Kana and Hangul characters. */
  readonly cjk: Int32Array
  readonly digits: Int32Array
  readonly upper: Int32Array
  /** Commas and other marks inside sentences. */
  readonly commas: Int32Array
  /** Marks that end sentences. */
  readonly stops: Int32Array
  readonly linkChars: Int32Array
  readonly links: Int32Array
  readonly emphasisChars: Int32Array
  readonly hiddenChars: Int32Array
  /** Separators of menus and breadcrumbs: | » › · •. */
  readonly separators: Int32Array
  /** Last visible character. */
  readonly lastCode: Int32Array
  /** Hash of the visible characters. */
  readonly hash: Int32Array
  /** 1 when a <br> stands before the block. */
  readonly afterBreak: Uint8Array
  /** What keeps the block's text from being output as it stands in the page: bits of `trait`. */
  readonly traits: Uint8Array
  /** For every node: how many blocks start before it. Length: nodes + 1. */
  readonly begun: Int32Array
  /** For every node: nearest block element, itself included. */
  readonly blockOf: Int32Array
}

const names = [
  'first',
  'last',
  'container',
  'chars',
  'words',
  'cjk',
  'digits',
  'upper',
  'commas',
  'stops',
  'linkChars',
  'links',
  'emphasisChars',
  'hiddenChars',
  'separators',
  'lastCode',
  'hash',
] as const
type Column = (typeof names)[number]

let capacity = 1 << 10
const columns = Object.fromEntries(names.map((name) => [name, new Int32Array(capacity)])) as Record<
  Column,
  Int32Array
>
let afterBreak = new Uint8Array(capacity)
let traits = new Uint8Array(capacity)
let begun = new Int32Array(1)
let blockOf = new Int32Array(1)
/** Per node: in a link 1, emphasised 2, hidden 4. */
let state = new Uint8Array(1)

function growBlocks(): void {
  capacity *= 2
  for (const name of names) {
    const larger = new Int32Array(capacity)
    larger.set(columns[name])
    columns[name] = larger
  }
  const [oldBreaks, oldTraits] = [afterBreak, traits]
  afterBreak = new Uint8Array(capacity)
  afterBreak.set(oldBreaks)
  traits = new Uint8Array(capacity)
  traits.set(oldTraits)
}

/** What the text of a block is not; most blocks are none of it. */
export const trait = {
  /** Has an entity. */
  reference: 1,
  /** White space inside that is no single blank. */
  uneven: 2,
  /** Control characters, surrogates and other things that are cleaned or trimmed away. */
  odd: 4,
  /** Has characters that are not Latin, from U+0250 on. */
  foreign: 8,
  /** More than one text node. */
  mixed: 16,
} as const

const A = tagNumber('a')
const BR = tagNumber('br')
const NOSCRIPT = tagNumber('noscript')
const TEMPLATE = tagNumber('template')
/** 1 for the tags of a list. */
const tagTable = (tags: readonly string[]): Uint8Array => {
  const table = new Uint8Array(256)
  for (const name of tags) table[tagNumber(name)] = 1
  return table
}
const isEmphasis = tagTable(['b', 'strong', 'em', 'i', 'u', 'mark'])
const isRuby = tagTable(['rt', 'rp', 'rtc'])

/**
 * Character classes below U+0100; 1 space, 2 digit, 3 upper, 4 lower, 5 comma, 6 stop, 7 separator;
 * `oddClass` is added to what output is cleaned of.
 */
const oddClass = 8
const latinClass = new Uint8Array(256)
for (let code = 0; code < 256; code++) {
  const char = String.fromCharCode(code)
  if (code <= 32 || code === 0xa0 || code === 0xad) latinClass[code] = 1
  else if (/\d/.test(char)) latinClass[code] = 2
  else if (/\p{Lu}/u.test(char)) latinClass[code] = 3
  else if (/\p{L}/u.test(char)) latinClass[code] = 4
  else if (',;:'.includes(char)) latinClass[code] = 5
  else if ('.!?'.includes(char)) latinClass[code] = 6
  else if ('|»›·/>'.includes(char)) latinClass[code] = 7
  const isControl = code < 32 && (code < 9 || code > 13)
  if (isControl || (code >= 0x7f && code < 0xa0) || code === 0xad)
    latinClass[code] = (latinClass[code] ?? 0) | oddClass
}

/** What the last text node added. */
const counted = {
  chars: 0,
  words: 0,
  cjk: 0,
  digits: 0,
  upper: 0,
  commas: 0,
  stops: 0,
  separators: 0,
  lastCode: 0,
  hash: 0,
  traits: 0,
}

/** Where the entity that starts before `from` has its semicolon, at most ten characters on; or -1. */
function entityEnd(codes: Uint16Array, from: number, to: number): number {
  const stop = Math.min(to, from + 10)
  for (let i = from; i < stop; i++) {
    const code = codes[i] as number
    if (code === 59) return i
    if (code === 38 || code <= 32) return -1
  }
  return -1
}

/** Counts one text node; `hash` goes on from `counted.hash`. */
function countText(codes: Uint16Array, from: number, to: number): void {
  let chars = 0
  let words = 0
  let cjk = 0
  let hangul = 0
  let digits = 0
  let upper = 0
  let commas = 0
  let stops = 0
  let separators = 0
  let lastCode = 0
  let hash = counted.hash
  let inWord = false
  /** White space before the character: 1 a single blank, 2 other. */
  let gap = 0
  let classes = 0
  let found = 0
  for (let i = from; i < to; i++) {
    const code = codes[i] as number
    if (code < 256) {
      const charClass = latinClass[code] as number
      classes |= charClass
      let kind = charClass & 7
      if (code === 38) {
        if (startsReference(codes[i + 1] as number)) found |= trait.reference
        // An entity: one character, unless it is a space.
        const semicolon = entityEnd(codes, i + 1, to)
        if (semicolon > 0) {
          const isSpace = isNbsp(codes, i + 1)
          i = semicolon
          kind = isSpace ? 1 : 0
        }
      }
      if (kind === 1) {
        inWord = false
        gap = code === 32 && gap === 0 ? 1 : 2
        continue
      }
      if (gap !== 0) {
        if (gap === 2 && chars > 0) found |= trait.uneven
        gap = 0
      }
      chars++
      lastCode = code
      hash = Math.imul(hash ^ code, 0x01000193)
      if (kind >= 2 && kind <= 4) {
        if (!inWord) words++
        inWord = true
        if (kind === 2) digits++
        else if (kind === 3) upper++
      } else if (kind === 5) commas++
      else if (kind === 6) stops++
      else if (kind === 7) separators++
      continue
    }
    const isCjk = code >= 0x3041 && code <= 0x9fff
    if (!isCjk && isWideSpace(code)) {
      inWord = false
      gap = 2
      found |= code === 0x200b || code === 0xfeff ? trait.odd : trait.foreign
      continue
    }
    if (gap !== 0) {
      if (gap === 2 && chars > 0) found |= trait.uneven
      gap = 0
    }
    chars++
    lastCode = code
    hash = Math.imul(hash ^ code, 0x01000193)
    if (isCjk) {
      cjk++
      inWord = false
      continue
    }
    if (code >= 0x250) found |= trait.foreign
    if (code === 0xff0c || code === 0x3001 || code === 0xff1b || code === 0xff1a) {
      commas++
      inWord = false
    } else if (code === 0x3002 || code === 0xff01 || code === 0xff1f || code === 0x2026) {
      stops++
      inWord = false
    } else if (code === 0x2022 || code === 0x203a || code === 0xff5c || code === 0x2502) {
      separators++
      inWord = false
    } else if (code < 0x2000 || code >= 0xac00) {
      if (code >= 0xac00 && code <= 0xd7a3) hangul++
      else if (code === 0x1680 || (code >= 0xd800 && code < 0xe000) || code >= 0xfffe)
        found |= trait.odd
      if (!inWord) words++
      inWord = true
    } else if (code < 0x2010 || (code >= 0x2028 && code < 0x2060)) found |= trait.odd
  }
  if (cjk > 0) found |= trait.foreign
  if (classes & oddClass) found |= trait.odd
  counted.chars = chars
  counted.words = words + cjk
  counted.cjk = cjk + hangul
  counted.digits = digits
  counted.upper = upper
  counted.commas = commas
  counted.stops = stops
  counted.separators = separators
  counted.lastCode = lastCode
  counted.hash = hash
  counted.traits = found
}

/** Blanks from U+0100 on that are not counted. */
const isWideSpace = (code: number): boolean =>
  code === 0x3000 || code === 0x200b || code === 0xfeff || code === 0x2003 || code === 0x2002

/** A letter or `#` after an ampersand. */
const startsReference = (code: number): boolean =>
  code === 35 || ((code | 32) >= 97 && (code | 32) <= 122)

/** `nbsp;` from here on. */
const isNbsp = (codes: Uint16Array, at: number): boolean =>
  codes[at] === 110 &&
  codes[at + 1] === 98 &&
  codes[at + 2] === 115 &&
  codes[at + 3] === 112 &&
  codes[at + 4] === 59

function add(column: Int32Array, row: number, by: number): void {
  column[row] = (column[row] ?? 0) + by
}

/** Starts a block with the text node that was counted last; `above` is its state. */
function startBlock(
  rows: Record<Column, Int32Array>,
  row: number,
  node: number,
  container: number,
  above: number,
): void {
  const { chars } = counted
  rows.first[row] = node
  rows.last[row] = node
  rows.container[row] = container
  rows.chars[row] = chars
  rows.words[row] = counted.words
  rows.cjk[row] = counted.cjk
  rows.digits[row] = counted.digits
  rows.upper[row] = counted.upper
  rows.commas[row] = counted.commas
  rows.stops[row] = counted.stops
  rows.separators[row] = counted.separators
  rows.links[row] = above & 1
  rows.linkChars[row] = (above & 1) === 0 ? 0 : chars
  rows.emphasisChars[row] = (above & 2) === 0 ? 0 : chars
  rows.hiddenChars[row] = (above & 4) === 0 ? 0 : chars
  rows.lastCode[row] = counted.lastCode
  rows.hash[row] = counted.hash
}

/** Adds another text node to a block. */
function goOn(rows: Record<Column, Int32Array>, row: number, node: number, above: number): void {
  add(rows.chars, row, counted.chars)
  add(rows.words, row, counted.words)
  add(rows.cjk, row, counted.cjk)
  add(rows.digits, row, counted.digits)
  add(rows.upper, row, counted.upper)
  add(rows.commas, row, counted.commas)
  add(rows.stops, row, counted.stops)
  add(rows.separators, row, counted.separators)
  if ((above & 1) !== 0) add(rows.linkChars, row, counted.chars)
  if ((above & 2) !== 0) add(rows.emphasisChars, row, counted.chars)
  if ((above & 4) !== 0) add(rows.hiddenChars, row, counted.chars)
  rows.lastCode[row] = counted.lastCode
  rows.hash[row] = counted.hash
  rows.last[row] = node
}

/** Text behind this many blocks is not read: real pages have fewer than ten thousand. */
export const maxBlocks = 30_000

/** Finds the text blocks. `readsNoscript` shows what browsers without scripts show. */
export function findBlocks(page: Page, readsNoscript = false): Blocks {
  const { html, codes, count: nodes, tag, parent, end, from, to, bits } = page
  if (begun.length <= nodes) {
    begun = new Int32Array(nodes * 2)
    blockOf = new Int32Array(nodes * 2)
    state = new Uint8Array(nodes * 2)
  }
  let count = 0
  let isOpen = false
  let sawBreak = false
  let current = -1
  let rows = columns
  for (let node = 0; node < nodes;) {
    begun[node] = count
    const up = parent[node] ?? -1
    const number = tag[node] ?? 0
    const above = up < 0 ? 0 : (state[up] ?? 0)
    if (number !== 0) {
      const flags = tagFlags[number] ?? 0
      let skips = (flags & flag.hidden) !== 0
      if (number === NOSCRIPT) skips = !readsNoscript
      else if (number === TEMPLATE) skips = !html.slice(from[node], to[node]).includes('shadowroot')
      else if (isRuby[number] === 1) skips = true
      if (skips) {
        const stop = end[node] ?? node + 1
        for (let inner = node; inner < stop; inner++) {
          begun[inner] = count
          blockOf[inner] = up < 0 ? inner : (blockOf[up] ?? inner)
          state[inner] = above
        }
        node = stop
        continue
      }
      let own = above
      if (number === A) own |= 1
      else if (isEmphasis[number] === 1) own |= 2
      if (((bits[node] ?? 0) & attributeBit.isHidden) !== 0) own |= 4
      state[node] = own
      if ((flags & flag.block) !== 0) {
        isOpen = false
        if (number === BR) sawBreak = true
        blockOf[node] = node
      } else {
        blockOf[node] = up < 0 ? node : (blockOf[up] ?? node)
        if (number === A && isOpen) {
          add(rows.links, count - 1, 1)
        }
      }
      node++
      continue
    }
    const container = up < 0 ? -1 : (blockOf[up] ?? -1)
    blockOf[node] = container
    state[node] = above
    if (container !== current) isOpen = false
    counted.hash = isOpen ? (rows.hash[count - 1] ?? 0) : 0
    countText(codes, from[node] ?? 0, to[node] ?? 0)
    if (counted.chars === 0) {
      node++
      continue
    }
    if (!isOpen) {
      if (count === maxBlocks) {
        begun.fill(count, node, nodes)
        blockOf.fill(container, node, nodes)
        break
      }
      if (count === capacity) {
        growBlocks()
        rows = columns
      }
      startBlock(rows, count, node, container, above)
      afterBreak[count] = sawBreak ? 1 : 0
      traits[count] = counted.traits
      sawBreak = false
      isOpen = true
      current = container
      count++
    } else {
      const row = count - 1
      traits[row] = (traits[row] as number) | trait.mixed | counted.traits
      goOn(rows, row, node, above)
    }
    node++
  }
  begun[nodes] = count
  return { count, ...columns, afterBreak, traits, begun, blockOf }
}

/**
 * Length in Latin letters. A Han or Kana character says about as much as three letters, 0.6 of a word
 * (parallel texts have 1.6 to 1.8 Chinese characters for an English word), so in these units Chinese
 * pages look like the English ones that most of the training data is.
 */
export const latinLength = ({ chars, cjk }: Blocks, block: number): number =>
  (chars[block] ?? 0) + 2 * (cjk[block] ?? 0)

/** Length in English words. Korean, whose words are counted as words, is not shortened twice. */
export const latinWords = ({ words, cjk }: Blocks, block: number): number =>
  Math.max(0.6 * (words[block] ?? 0), (words[block] ?? 0) - 0.4 * (cjk[block] ?? 0))

/** What a block counts where opinions are summed: its words, and a long one no more than a paragraph. */
export const blockWeight = ({ words }: Blocks, block: number): number =>
  Math.min(200, words[block] as number) + 1

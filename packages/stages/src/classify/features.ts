// Text to a bag of hashed n-grams: words and pairs of words as in fastText's supervised models
// (Joulin et al. 2016), marks and line ends as words of their own, because boilerplate and listings
// show in them. Scripts that write no word ends give runs of characters instead (or segmented words,
// which are slower and were worse on short news titles: docs/log.md). Letters are lower-cased, full-width forms
// folded. The hash has 32 bits, a row is its top bits.
//
// Each row comes once, with its count. Counting goes through a small open-addressing table of the
// document's own size, which stays in the first cache levels where a table of all rows would not.
// Cost: one pass, no strings made, about 15 ns per n-gram.
import { analyseScripts } from '@shardmill/core/script-histogram'
import { mix32 } from '@shardmill/core/random'
import { categories, category, scriptNumber, scripts } from '@shardmill/core/unicode'
import { splitWords, wordKind, type Words } from '@shardmill/core/words'
import { z } from 'zod'

export const featureOptions = z.strictObject({
  wordNgrams: z
    .int()
    .min(1)
    .max(3)
    .default(2)
    .describe('Longest sequence of words: 1 for a bag of words, 2 adds pairs.'),
  letterNgrams: z
    .union([z.literal(0), z.int().min(3).max(6)])
    .default(0)
    .describe('Longest run of characters inside words of scripts with spaces, from 3; 0 for none.'),
  unspaced: z
    .enum(['characters', 'words'])
    .default('characters')
    .describe('Chinese, Japanese, Thai, …: runs of characters, or words of the segmenter.'),
  characterNgrams: z
    .int()
    .min(1)
    .max(5)
    .default(2)
    .describe('Longest run of characters in those scripts.'),
  marks: z.boolean().default(true).describe('Whether marks and line ends count as words.'),
  rowBits: z
    .int()
    .min(8)
    .max(24)
    .default(20)
    .describe('2^this rows: more rows, fewer collisions, a larger model.'),
  maxCharacters: z
    .int()
    .min(100)
    .default(100_000)
    .describe('Longer documents are judged by their beginning.'),
})

export type FeatureSettings = z.output<typeof featureOptions>

/** The rows of one text and how often each came; valid until the next `read`. */
export interface FeatureReader {
  /** Reads a text and returns the number of distinct rows. `words` saves segmenting again. */
  read(text: string, words?: () => Words): number
  readonly rows: Uint32Array
  readonly counts: Uint16Array
}

// What a unit does to the word before it.
const SPACE = 0
const LETTER = 1
const DIGIT = 2
const MARK = 3
const LINE_END = 4
const UNSPACED = 5

const apostrophe = 0x27
const prime = 0x01000193 // FNV-1a
const lineEnd = 0x0a
const wordSeed = 0x811c9dc5 | 0
const letterSeed = 0x3c6ef372
const characterSeed = 0x5bd1e995
const longestCharacters = 5
const { folds, classes } = buildTables()

/** A reader with buffers of its own, which grow with the longest document. */
export function createFeatureReader(settings: FeatureSettings): FeatureReader {
  const { wordNgrams, letterNgrams, characterNgrams, marks, maxCharacters } = settings
  const isSegmented = settings.unspaced === 'words'
  const shift = 32 - settings.rowBits
  let rows = new Uint32Array(1 << 12)
  let counts = new Uint16Array(1 << 12)
  let count = 0
  /** The first 2^tableBits slots are in use: index into `rows` plus 1, or 0. */
  let table = new Uint32Array(1 << 13)
  let tableBits = 13
  let [previous, beforeThat] = [0, 0]
  const runs = new Int32Array(longestCharacters + 1)

  function add(hash: number): void {
    const row = mix32(hash) >>> shift
    const mask = (1 << tableBits) - 1
    let slot = slotOf(row)
    for (let entry = table[slot]!; entry !== 0; entry = table[slot]!) {
      if (rows[entry - 1] === row) {
        if (counts[entry - 1]! < 0xffff) counts[entry - 1]!++
        return
      }
      slot = (slot + 1) & mask
    }
    rows[count] = row
    counts[count] = 1
    table[slot] = ++count
    if (count * 2 > mask) fillTable(tableBits + 1)
  }

  function slotOf(row: number): number {
    return Math.imul(row, 0x9e3779b1) >>> (32 - tableBits)
  }

  /** Makes a table of 2^bits slots for the rows found so far, and room for half as many rows. */
  function fillTable(bits: number): void {
    tableBits = bits
    const size = 1 << bits
    if (size > table.length) table = new Uint32Array(size)
    else table.fill(0, 0, size)
    if (rows.length * 2 < size) {
      rows = grown(rows, new Uint32Array(size))
      counts = grown(counts, new Uint16Array(size))
    }
    for (let i = 0; i < count; i++) {
      let slot = slotOf(rows[i]!)
      while (table[slot] !== 0) slot = (slot + 1) & (size - 1)
      table[slot] = i + 1
    }
  }

  function addWord(hash: number): void {
    add(hash)
    if (wordNgrams >= 2 && previous !== 0) {
      const pair = Math.imul(previous, 0x2c1b3c6d) ^ hash
      add(pair)
      if (wordNgrams >= 3 && beforeThat !== 0) add(Math.imul(beforeThat, 0x297a2d39) ^ pair)
      beforeThat = previous
    }
    previous = hash
  }

  /** Runs of 3 to `letterNgrams` characters of a word, its two borders included. */
  function addLetters(text: string, from: number, to: number): void {
    for (let start = from - 1; start <= to - 2; start++) {
      let hash = letterSeed
      const last = Math.min(to, start + letterNgrams - 1)
      for (let at = start; at <= last; at++) {
        const unit = at < from || at === to ? 0x20 : folds[text.charCodeAt(at)]!
        hash = Math.imul(hash ^ unit, prime)
        if (at >= start + 2) add(hash)
      }
    }
  }

  /** Runs of 1 to `characterNgrams` characters that end at each character of [from, to). */
  function addCharacters(text: string, from: number, to: number): void {
    for (let at = from; at < to; at++) {
      const unit = folds[text.charCodeAt(at)]!
      const longest = Math.min(characterNgrams, at - from + 1)
      for (let n = longest; n > 0; n--) {
        runs[n] = Math.imul((n === 1 ? characterSeed : runs[n - 1]!) ^ unit, prime)
        add(runs[n]! ^ n)
      }
    }
  }

  function wordHash(text: string, from: number, to: number): number {
    let hash = wordSeed
    for (let at = from; at < to; at++) {
      hash = Math.imul(hash ^ folds[text.charCodeAt(at)]!, prime)
    }
    return mix32(hash) | 1
  }

  function readUnits(text: string, length: number): void {
    for (let i = 0; i < length;) {
      const unit = text.charCodeAt(i)
      const kind = classes[unit]!
      const from = i++
      if (kind === SPACE) continue
      if (kind === MARK || kind === LINE_END) {
        while (i < length && text.charCodeAt(i) === unit) i++
        if (marks) addWord(mix32(folds[unit]! ^ wordSeed) | 1)
        continue
      }
      if (kind === UNSPACED) {
        while (i < length && classes[text.charCodeAt(i)] === UNSPACED) i++
        addCharacters(text, from, i)
        previous = beforeThat = 0
        continue
      }
      for (; i < length; i++) {
        const next = text.charCodeAt(i)
        const nextKind = classes[next]!
        if (nextKind === LETTER || nextKind === DIGIT) continue
        const joins = folds[next] === apostrophe && classes[text.charCodeAt(i + 1)] === LETTER
        if (!joins) break
      }
      addWord(wordHash(text, from, i))
      if (letterNgrams > 0) addLetters(text, from, i)
    }
  }

  /** Words as `splitWords` finds them; marks and line ends as above. */
  function readWords(text: string, length: number, words: Words): void {
    let at = 0
    for (let i = 0; i < words.count && words.starts[i]! < length; i++) {
      const [from, to] = [words.starts[i]!, words.ends[i]!]
      if (marks && hasLineEnd(text, at, from)) addWord(mix32(lineEnd ^ wordSeed) | 1)
      at = to
      const isMark = words.kinds[i] === wordKind.symbol
      if (isMark && !marks) continue
      if (isMark) addWord(mix32(folds[text.charCodeAt(from)]! ^ wordSeed) | 1)
      else addWord(wordHash(text, from, to))
      if (letterNgrams > 0 && classes[text.charCodeAt(from)] === LETTER) addLetters(text, from, to)
    }
  }

  return {
    read(text, words) {
      const length = Math.min(text.length, maxCharacters)
      count = 0
      previous = beforeThat = 0
      fillTable(Math.max(8, 32 - Math.clz32(length)))
      if (isSegmented) {
        readWords(text, length, words?.() ?? splitWords(text, analyseScripts(text)))
      } else readUnits(text, length)
      return count
    },
    get rows() {
      return rows
    },
    get counts() {
      return counts
    },
  }
}

function hasLineEnd(text: string, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (text.charCodeAt(i) === lineEnd) return true
  return false
}

function grown<T extends Uint32Array | Uint16Array>(from: T, to: T): T {
  to.set(from)
  return to
}

function buildTables(): { folds: Uint16Array; classes: Uint8Array } {
  const unspaced = new Set(
    ['Han', 'Hiragana', 'Katakana', 'Thai', 'Lao', 'Khmer', 'Myanmar'].map(scriptNumber),
  )
  const foldTable = new Uint16Array(0x10000)
  const classTable = new Uint8Array(0x10000)
  for (let unit = 0; unit < 0x10000; unit++) {
    const narrow = unit >= 0xff01 && unit <= 0xff5e ? unit - 0xfee0 : unit
    const lower = String.fromCharCode(narrow).toLowerCase()
    foldTable[unit] = lower.length === 1 ? lower.charCodeAt(0) : narrow
    classTable[unit] = classOf(narrow, unspaced)
  }
  foldTable[0x2019] = foldTable[0x02bc] = apostrophe
  foldTable[0x0d] = lineEnd
  return { folds: foldTable, classes: classTable }
}

function classOf(unit: number, unspaced: ReadonlySet<number>): number {
  if (unit === 0x0a || unit === 0x0d) return LINE_END
  // Halves of a pair: emoji, rare ideographs. Two in a row make a pair of characters.
  if (unit >= 0xd800 && unit < 0xe000) return UNSPACED
  const value = categories[unit]!
  if (value >= category['Zs']! && value <= category['Cc']!) return SPACE
  if (value === category['Cf'] || value === category['Cn']) return SPACE
  const isMarkOfLetter = value >= category['Mn']! && value <= category['Me']!
  const isLetter = value >= category['Lu']! && value <= category['Lo']!
  if ((isLetter || isMarkOfLetter) && unspaced.has(scripts[unit]!)) return UNSPACED
  if (unit === 0x30fc || unit === 0x3005) return UNSPACED
  if (isLetter || isMarkOfLetter) return LETTER
  return value >= category['Nd']! && value <= category['No']! ? DIGIT : MARK
}

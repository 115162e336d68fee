// The text that contamination is looked for in: one pass over a text gives tokens that are equal for
// copies which differ in case, punctuation, white space, width, accents or Chinese variant.
//   dropped inside words   apostrophes, soft hyphens, zero-width marks, combining accents (U+0300-036F)
//   between tokens         everything else that is neither letter, mark of a letter nor digit; emoji
//   folded                 lower case, compatibility forms (NFKC: full width, ﬁ, ², 𝐀), é to e,
//                          traditional characters to simplified by OpenCC's one-to-one table
// A token is a run of letters and digits, or one character of a script that writes no word ends
// (Chinese, kana, Thai, Lao, Khmer, Burmese). Cost: a table read per character, no strings made.
import { simplified, traditional } from '@shardmill/core/data/simplified-han'
import { mix32 } from '@shardmill/core/random'
import { categories, category, scriptNumber, scripts } from '@shardmill/core/unicode'

export interface NormalTokens {
  count: number
  /** Where token i stands in the text. */
  starts: Uint32Array
  ends: Uint32Array
  /** 32 bits of each token's folded units. */
  hashes: Uint32Array
  /** Folded units of token i: units[unitStarts[i]] .. units[unitStarts[i + 1]]. */
  units: Uint16Array
  unitStarts: Uint32Array
  /** Tokens that are single characters of unspaced scripts. */
  unspaced: number
}

// What a unit becomes; larger values are themselves folded units.
const BREAK = 0
const SKIP = 1
/** Several units, or half of a pair: see `expand`. */
const OTHER = 2

const unspacedScripts = new Set(
  ['Han', 'Hiragana', 'Katakana', 'Thai', 'Lao', 'Khmer', 'Myanmar'].map(scriptNumber),
)
const simple = new Map(
  Array.from(traditional, (char, i) => [char.codePointAt(0)!, simplified.charCodeAt(i)]),
)
const expansions = new Map<number, string>()
const folds = new Uint16Array(0x10000)
const isUnspaced = new Uint8Array(0x10000)
for (let unit = 0; unit < 0x10000; unit++) folds[unit] = foldUnit(unit)
for (let unit = 0; unit < 0x10000; unit++) isUnspaced[unit] = isUnspacedCode(unit) ? 1 : 0

export function createTokens(): NormalTokens {
  return {
    count: 0,
    starts: new Uint32Array(1024),
    ends: new Uint32Array(1024),
    hashes: new Uint32Array(1024),
    units: new Uint16Array(4096),
    unitStarts: new Uint32Array(1025),
    unspaced: 0,
  }
}

/** Reads `text` into `tokens`, whose arrays grow as needed. */
export function tokenize(text: string, tokens: NormalTokens): void {
  let { starts, ends, hashes, units, unitStarts } = tokens
  const { length } = text
  let [count, size, unspaced] = [0, 0, 0]
  let isOpen = false
  let hash = 0
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i)
    let fold = folds[unit]!
    if (fold === SKIP) {
      // Belongs to the word it stands in or behind.
      if (isOpen) ends[count - 1] = i + 1
      continue
    }
    let expansion: string | undefined
    let width = 1
    let isSingle = isUnspaced[unit] === 1
    if (fold === OTHER) {
      expansion = expand(text, i)
      if (expansion.length === 0) fold = BREAK
      else {
        isSingle = isUnspacedCode(expansion.codePointAt(0)!)
        fold = expansion.charCodeAt(0)
      }
      if (text.codePointAt(i)! > 0xffff) width = 2
    }
    if (fold === BREAK) {
      if (isOpen) hashes[count - 1] = mix32(hash)
      isOpen = false
      i += width - 1
      continue
    }
    if (size + 32 > units.length) units = grown(units, new Uint16Array(units.length * 2))
    if (isSingle || !isOpen) {
      if (isOpen) hashes[count - 1] = mix32(hash)
      if (count + 1 >= hashes.length) {
        starts = grown(starts, new Uint32Array(count * 2 + 2))
        ends = grown(ends, new Uint32Array(count * 2 + 2))
        hashes = grown(hashes, new Uint32Array(count * 2 + 2))
        unitStarts = grown(unitStarts, new Uint32Array(count * 2 + 3))
      }
      starts[count] = i
      unitStarts[count++] = size
      hash = 0x811c9dc5
      isOpen = true
    }
    units[size++] = fold
    hash = Math.imul(hash ^ fold, 0x01000193)
    const expanded = expansion?.length ?? 0
    for (let k = 1; k < expanded; k++) {
      const next = expansion!.charCodeAt(k)
      units[size++] = next
      hash = Math.imul(hash ^ next, 0x01000193)
    }
    i += width - 1
    ends[count - 1] = i + 1
    if (isSingle) {
      hashes[count - 1] = mix32(hash)
      isOpen = false
      unspaced++
    }
  }
  if (isOpen) hashes[count - 1] = mix32(hash)
  unitStarts[count] = size
  Object.assign(tokens, { count, starts, ends, hashes, units, unitStarts, unspaced })
}

/** Folded units of what begins at `i`: a pair, or a character with a longer compatibility form. */
function expand(text: string, i: number): string {
  const code = text.codePointAt(i)!
  if (code <= 0xffff) return expansions.get(code) ?? ''
  return foldCode(code).slice(0, 16)
}

function foldUnit(unit: number): number {
  if (unit >= 0xd800 && unit < 0xdc00) return OTHER
  if (unit >= 0xdc00 && unit < 0xe000) return BREAK
  const value = categories[unit]!
  if (unit === 0x27 || unit === 0x2019 || unit === 0x2bc || value === category['Cf']) return SKIP
  if (isCombiningAccent(unit)) return SKIP
  const folded = foldCode(unit)
  if (folded.length === 0) return BREAK
  if (folded.length === 1) return folded.charCodeAt(0)
  expansions.set(unit, folded)
  return OTHER
}

/** Folded form of a code point; '' for what stands between tokens. */
function foldCode(code: number): string {
  let folded = ''
  const compatible = String.fromCodePoint(code).normalize('NFKC').toLowerCase()
  for (const char of compatible) {
    const point = char.codePointAt(0)!
    if (!isWordPart(point)) continue
    const base = char.normalize('NFD')
    const isAccented = base.length > 1 && isCombiningAccent(base.charCodeAt(1))
    const plain = isAccented ? base.charAt(0) : char
    const simplest = simple.get(plain.codePointAt(0)!)
    folded += simplest === undefined ? plain : String.fromCharCode(simplest)
  }
  return folded
}

function isWordPart(code: number): boolean {
  const value = categories[code]!
  const isLetter = value >= category['Lu']! && value <= category['Lo']!
  const isMark = value >= category['Mn']! && value <= category['Me']!
  const isNumber = value >= category['Nd']! && value <= category['No']!
  return isLetter || isNumber || (isMark && !isCombiningAccent(code))
}

function isCombiningAccent(code: number): boolean {
  return code >= 0x300 && code < 0x370
}

function isUnspacedCode(code: number): boolean {
  return unspacedScripts.has(scripts[code]!) || code === 0x30fc
}

function grown<T extends Uint32Array | Uint16Array>(from: T, to: T): T {
  to.set(from)
  return to
}

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

// What a unit becomes; larger values are themselves folded units, of unspaced scripts with a bit on top.
const BREAK = 0
const SKIP = 1
/** Several units, or half of a pair: see `expand`. */
const OTHER = 2
const UNSPACED = 0x10000

/** FNV-1a. */
const prime = 0x01000193

const unspacedScripts = new Set(
  ['Han', 'Hiragana', 'Katakana', 'Thai', 'Lao', 'Khmer', 'Myanmar'].map(scriptNumber),
)
const simple = new Map(
  Array.from(traditional, (char, i) => [char.codePointAt(0)!, simplified.charCodeAt(i)]),
)
const expansions = new Map<number, string>()
const folds = new Int32Array(0x10000)
for (let unit = 0; unit < 0x10000; unit++) {
  const fold = foldUnit(unit)
  folds[unit] = fold > OTHER && isUnspacedCode(unit) ? fold | UNSPACED : fold
}

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
  // Room for one unit per unit of the text; what expands sees to more.
  if (units.length < length) units = new Uint16Array(length * 2)

  function open(at: number): void {
    if (isOpen) hashes[count - 1] = mix32(hash)
    if (count + 1 >= hashes.length) {
      starts = grown(starts, new Uint32Array(count * 2 + 2))
      ends = grown(ends, new Uint32Array(count * 2 + 2))
      hashes = grown(hashes, new Uint32Array(count * 2 + 2))
      unitStarts = grown(unitStarts, new Uint32Array(count * 2 + 3))
    }
    starts[count] = at
    unitStarts[count++] = size
    hash = 0x811c9dc5
  }

  for (let i = 0; i < length;) {
    let fold = folds[text.charCodeAt(i)]!
    if (fold > OTHER && fold < UNSPACED) {
      if (!isOpen) open(i)
      isOpen = true
      do {
        units[size++] = fold
        hash = Math.imul(hash ^ fold, prime)
        fold = ++i < length ? folds[text.charCodeAt(i)]! : BREAK
      } while (fold > OTHER && fold < UNSPACED)
      ends[count - 1] = i
      continue
    }
    if (fold === SKIP) {
      // Belongs to the word it stands in or behind.
      i++
      if (isOpen) ends[count - 1] = i
      continue
    }
    if (fold >= UNSPACED) {
      open(i)
      const unit = fold & 0xffff
      units[size++] = unit
      hashes[count - 1] = mix32(Math.imul(hash ^ unit, prime))
      ends[count - 1] = ++i
      isOpen = false
      unspaced++
      continue
    }
    const width = fold === OTHER && text.codePointAt(i)! > 0xffff ? 2 : 1
    const expansion = fold === OTHER ? expand(text, i) : ''
    if (expansion === '') {
      if (isOpen) hashes[count - 1] = mix32(hash)
      isOpen = false
      i += width
      continue
    }
    const isSingle = isUnspacedCode(expansion.codePointAt(0)!)
    if (isSingle || !isOpen) open(i)
    isOpen = true
    const needed = size + expansion.length + length - i
    if (needed > units.length) units = grown(units, new Uint16Array(needed * 2))
    for (let k = 0; k < expansion.length; k++) {
      const unit = expansion.charCodeAt(k)
      units[size++] = unit
      hash = Math.imul(hash ^ unit, prime)
    }
    i += width
    ends[count - 1] = i
    if (!isSingle) continue
    hashes[count - 1] = mix32(hash)
    isOpen = false
    unspaced++
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

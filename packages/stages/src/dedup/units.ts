// What repeated text is measured and compared in. A unit is a word of a spaced script (a run of letters,
// marks and digits; an apostrophe inside stays) or any other single character but white space: an
// ideograph, kana, a Thai letter, a punctuation mark, an emoji, with the marks and joiners behind it.
// The same mark many times in a row is one unit: a ruler of dashes is no text.
//
// Size: a word counts two, any other unit one, so that 100 are 50 English words or 100 Chinese
// characters and mixed text lies between. A token of usual vocabularies is about that. White space
// neither counts nor is compared: the same paragraph wrapped at other columns is the same.
//
// Text is read as UTF-16 units from a typed array, one table read per unit; 16 bytes per unit. Lone
// surrogates are read as U+FFFD, which is what they become in a shard.
import { categories, category, scriptNumber, scripts } from '@shardmill/core/unicode'
import { mix32 } from '@shardmill/core/random'

const SPACE = 0
const WORD = 1
const CHARACTER = 2
const EXTEND = 3
const SURROGATE = 4
/** Punctuation or symbol: a character whose repetitions belong to it. */
const SYMBOL = 5

/** Sizes of units. */
const wordSize = 2
export const characterSize = 1

const unspaced = new Set(
  ['Han', 'Hiragana', 'Katakana', 'Thai', 'Lao', 'Khmer', 'Myanmar'].map(scriptNumber),
)

const classes = new Uint8Array(0x10000)
for (let unit = 0; unit < 0x10000; unit++) classes[unit] = classify(unit)

function classify(code: number): number {
  if (code >= 0xd800 && code < 0xe000) return SURROGATE
  if (code === 0x200b || code === 0xfeff) return SPACE
  const value = categories[code]!
  if (value >= category['Zs']! && value <= category['Cc']!) return SPACE
  if (value >= category['Mn']! && value <= category['Me']!) return EXTEND
  if (value === category['Cf']) return EXTEND
  const isLetter = value >= category['Lu']! && value <= category['Lo']!
  const isNumber = value >= category['Nd']! && value <= category['No']!
  if (isLetter || isNumber) return unspaced.has(scripts[code]!) ? CHARACTER : WORD
  return value >= category['Pc']! && value <= category['So']! ? SYMBOL : CHARACTER
}

/** The units of one text. Arrays are at least `count` long and live until the next scan. */
export class Units {
  count = 0
  /** Offsets of UTF-16 units; ends are exclusive. */
  starts = new Uint32Array(4096)
  ends = new Uint32Array(4096)
  /** 32-bit hashes of the code units; equal units have equal ones. */
  hashes = new Uint32Array(4096)
  /** Sizes summed up before each unit; `sums[count]` is the size of the text. */
  sums = new Uint32Array(4097)
  /** The text; longer than it. */
  text = new Uint16Array(0)
  #bytes = Buffer.alloc(0)

  /** Finds the units of a string. */
  scanString(text: string): void {
    if (this.#bytes.length < text.length * 2) {
      const bytes = new ArrayBuffer(Math.max(1 << 16, text.length * 3))
      this.#bytes = Buffer.from(bytes)
      this.text = new Uint16Array(bytes, 0, bytes.byteLength >>> 1)
    }
    this.#bytes.write(text, 0, 'utf16le')
    this.scan(this.text, 0, text.length)
  }

  /** Finds the units of `text[from..to)`; offsets are those in `text`. */
  scan(text: Uint16Array<ArrayBuffer>, from: number, to: number): void {
    this.text = text
    this.#reserve(to - from)
    const { starts, ends, hashes, sums } = this
    let count = 0
    let sum = 0
    sums[0] = 0
    for (let i = from; i < to;) {
      const start = i
      let type = classes[text[i]!]!
      if (type === SURROGATE) type = classAt(text, i, to)
      if (type === SPACE || type === EXTEND) {
        i += isPair(text, i, to) ? 2 : 1
        continue
      }
      let hash = 0x811c9dc5
      let size = characterSize
      if (type === WORD) {
        size = wordSize
        for (;;) {
          hash = Math.imul(hash ^ text[i]!, 0x01000193)
          i++
          if (i >= to) break
          type = classes[text[i]!]!
          if (type === WORD || type === EXTEND) continue
          if (type === SURROGATE) {
            const isLow = (text[i]! & 0xfc00) === 0xdc00
            if (isLow && (text[i - 1]! & 0xfc00) === 0xd800) continue
            type = classAt(text, i, to)
            if (type === WORD || type === EXTEND) continue
          }
          const isApostrophe = text[i] === 0x27 || text[i] === 0x2019
          if (!isApostrophe || i + 1 >= to || classes[text[i + 1]!] !== WORD) break
        }
      } else {
        const isBasic = (text[i]! & 0xf800) !== 0xd800
        if (isBasic && type === CHARACTER) {
          hash = Math.imul(hash ^ text[i++]!, 0x01000193)
        } else {
          const width = isBasic || !isPair(text, i, to) ? 1 : 2
          const runEnd = type === SYMBOL ? to : start
          do {
            hash = Math.imul(hash ^ text[i]!, 0x01000193)
            if (width === 2) hash = Math.imul(hash ^ text[i + 1]!, 0x01000193)
            i += width
          } while (isSame(text, start, i, width, runEnd))
        }
        while (i < to) {
          type = classes[text[i]!]!
          if (type < EXTEND || type === SYMBOL) break
          if (type === SURROGATE && classAt(text, i, to) !== EXTEND) break
          for (const end = i + (isPair(text, i, to) ? 2 : 1); i < end; i++) {
            hash = Math.imul(hash ^ text[i]!, 0x01000193)
          }
        }
      }
      starts[count] = start
      ends[count] = i
      hashes[count++] = mix32(hash)
      sum += size
      sums[count] = sum
    }
    this.count = count
  }

  #reserve(units: number): void {
    if (units <= this.starts.length) return
    this.starts = new Uint32Array(units * 2)
    this.ends = new Uint32Array(units * 2)
    this.hashes = new Uint32Array(units * 2)
    this.sums = new Uint32Array(units * 2 + 1)
  }
}

function isPair(text: Uint16Array, at: number, to: number): boolean {
  return (text[at]! & 0xfc00) === 0xd800 && at + 1 < to && (text[at + 1]! & 0xfc00) === 0xdc00
}

/** Class of the code point at a surrogate; a lone one becomes U+FFFD. */
function classAt(text: Uint16Array, at: number, to: number): number {
  if (isPair(text, at, to)) {
    return classify(0x10000 + ((text[at]! & 0x3ff) << 10) + (text[at + 1]! & 0x3ff))
  }
  text[at] = 0xfffd
  return SYMBOL
}

/** Whether the character at `at` is that at `first`, `width` units wide. */
function isSame(text: Uint16Array, first: number, at: number, width: number, to: number): boolean {
  if (at + width > to) return false
  if (width === 2) return text[at] === text[first] && text[at + 1] === text[first + 1]
  if (classes[text[at]!] === SURROGATE && !isPair(text, at, to)) text[at] = 0xfffd
  return text[at] === text[first]
}

const measured = new Units()

/** The size of a text: twice its words plus its other characters. */
export function sizeOfText(text: string): number {
  measured.scanString(text)
  return measured.sums[measured.count]!
}

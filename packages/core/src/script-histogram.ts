// How many letters of each script a text has: the cheapest statement about its language, and what
// `splitWords` and the quality rules route by.
//
// Cost: one pass, one table read per code point outside ASCII.
import { categories, category, scriptNames, scriptNumber, scripts } from './unicode.ts'

export interface ScriptHistogram {
  /** All letters; ideographs and syllables count as letters. */
  readonly letters: number
  readonly han: number
  /** Hiragana and Katakana. */
  readonly kana: number
  readonly hangul: number
  readonly latin: number
  readonly thai: number
  readonly cyrillic: number
  readonly arabic: number
  readonly other: number
  /** Letters by script number (unicode.ts); common letters such as º stand at `Common`. */
  readonly counts: Uint32Array
}

const latin = scriptNumber('Latin')
const han = scriptNumber('Han')
const hiragana = scriptNumber('Hiragana')
const katakana = scriptNumber('Katakana')
const hangul = scriptNumber('Hangul')
const thai = scriptNumber('Thai')
const cyrillic = scriptNumber('Cyrillic')
const arabic = scriptNumber('Arabic')

// Script of each UTF-16 unit that is a letter, 255 for other units, 254 for surrogates.
const noLetter = 255
const surrogate = 254
const letterScripts = new Uint8Array(0x10000)
for (let code = 0; code < 0x10000; code++) {
  if (code >= 0xd800 && code < 0xe000) letterScripts[code] = surrogate
  else letterScripts[code] = isLetter(code) ? scripts[code]! : noLetter
}

/** Counts the letters of `text` by script in one pass. */
export function analyseScripts(text: string): ScriptHistogram {
  const counts = new Uint32Array(256)
  const { length } = text
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i)
    const script = letterScripts[unit]!
    if (script !== surrogate) {
      counts[script]!++
      continue
    }
    const code = text.codePointAt(i)!
    if (code < 0x10000) continue
    i++
    if (isLetter(code)) counts[scripts[code]!]!++
  }
  counts[noLetter] = 0
  const named = counts.subarray(0, scriptNames.length)
  let letters = 0
  for (const count of named) letters += count
  const kana = named[hiragana]! + named[katakana]!
  const [a, b, c] = [named[han]!, named[hangul]!, named[latin]!]
  const [d, e, f] = [named[thai]!, named[cyrillic]!, named[arabic]!]
  return {
    letters,
    han: a,
    kana,
    hangul: b,
    latin: c,
    thai: d,
    cyrillic: e,
    arabic: f,
    other: letters - a - b - c - d - e - f - kana,
    counts: named,
  }
}

function isLetter(code: number): boolean {
  const value = categories[code]!
  return value >= category['Lu']! && value <= category['Lo']!
}

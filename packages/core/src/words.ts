// Words of a document, as spans with a hash and a kind each, made once and shared by every stage.
//
// A word is a maximal run of letters, marks and digits, as in Unicode's word rules (UAX 29): an
// apostrophe between letters (don't), a point or comma between digits (3.14) and an underscore stay
// inside. A mark of punctuation or a symbol is a token of its own; equal marks in a row are one ("...").
// Where we differ from UAX 29: a point between letters separates (end.Next, example.com), and runs of
// Chinese, Japanese, Thai, Lao, Khmer and Burmese are segmented (segmenter.ts). A document is Japanese
// when at least a twentieth of its ideographs and kana are kana.
//
// Cost: one pass with a table read per character, 13 bytes per word; Chinese adds jieba.
import { grow, type Spans } from './lines.ts'
import { mix32 } from './random.ts'
import type { ScriptHistogram } from './script-histogram.ts'
import { segmentRuns, type UnspacedScript } from './segmenter.ts'
import { categories, category, scriptNumber, scripts } from './unicode.ts'

export interface Words extends Spans {
  /** A 32-bit hash of each word's code units; equal words have equal hashes. */
  readonly hashes: Uint32Array
  /** One of `wordKind` per word. */
  readonly kinds: Uint8Array
}

/** What a token is made of: no letter or digit; at least one letter; digits without a letter. */
export const wordKind = { symbol: 0, word: 1, number: 2 } as const

// What a code point does to the token before it.
const SPACE = 0
const SYMBOL = 1
const LETTER = 2
const DIGIT = 3
const EXTEND = 4
const HAN = 5
const KANA = 6
const SOUTHEAST_ASIAN = 7
const SURROGATE = 8

// Kinds of raw tokens that still wait for the segmenter.
const RAW_HAN = HAN
const RAW_KANA = KANA
const RAW_SOUTHEAST_ASIAN = SOUTHEAST_ASIAN

const han = scriptNumber('Han')
const hiragana = scriptNumber('Hiragana')
const katakana = scriptNumber('Katakana')
const thai = scriptNumber('Thai')
const lao = scriptNumber('Lao')
const khmer = scriptNumber('Khmer')
const myanmar = scriptNumber('Myanmar')

const classes = new Uint8Array(0x10000)
for (let code = 0; code < 0x10000; code++) classes[code] = classify(code)

// Scratch of the longest document so far; results are copied out at their exact size.
let starts = new Uint32Array(4096)
let ends = new Uint32Array(4096)
let hashes = new Uint32Array(4096)
let kinds = new Uint8Array(4096)

/** Splits `text` into words and punctuation tokens; white space is never part of one. */
export function splitWords(text: string, histogram: ScriptHistogram): Words {
  const { length } = text
  const isJapanese = histogram.kana > 0 && histogram.kana * 19 >= histogram.han
  let count = 0
  let rawCount = 0
  let i = 0
  while (i < length) {
    let unit = text.charCodeAt(i)
    let type = classes[unit]!
    let width = 1
    if (type === SURROGATE) {
      type = classAt(text, i)
      width = codePointWidth(text, i)
    }
    // A mark or format character with nothing to attach to is skipped like space.
    if (type === SPACE || type === EXTEND) {
      i += width
      continue
    }
    if (count === starts.length) growScratch()
    const start = i
    let hash = 0x811c9dc5
    let kind: number = wordKind.symbol
    if (type === LETTER || type === DIGIT) {
      kind = wordKind.number
      let before = type
      for (;;) {
        if (type === LETTER) kind = wordKind.word
        if (type !== EXTEND) before = type
        hash = Math.imul(hash ^ unit, 0x01000193)
        if (width === 2) hash = Math.imul(hash ^ text.charCodeAt(i + 1), 0x01000193)
        i += width
        if (i >= length) break
        unit = text.charCodeAt(i)
        type = classes[unit]!
        width = 1
        if (type === LETTER || type === DIGIT || type === EXTEND) continue
        if (type === SURROGATE) {
          type = classAt(text, i)
          width = codePointWidth(text, i)
          if (type === LETTER || type === DIGIT || type === EXTEND) continue
          break
        }
        if (type !== SYMBOL || !joins(unit, before, text, i)) break
        type = EXTEND
      }
    } else if (type === SYMBOL) {
      const first = text.codePointAt(i)!
      do {
        hash = Math.imul(hash ^ first, 0x01000193)
        i += width
      } while (i < length && text.codePointAt(i) === first)
      // Variation selectors, joiners and accents belong to the mark they follow.
      while (i < length && classes[text.charCodeAt(i)] === EXTEND) {
        hash = Math.imul(hash ^ text.charCodeAt(i++), 0x01000193)
      }
    } else {
      // In Japanese, ideographs and kana make one run.
      kind = isJapanese && type === HAN ? RAW_KANA : type
      const alsoJoins = isJapanese && kind === RAW_KANA ? HAN : kind
      rawCount++
      do {
        i += width
        if (i >= length) break
        type = classes[text.charCodeAt(i)]!
        width = 1
        if (type === SURROGATE) {
          type = classAt(text, i)
          width = codePointWidth(text, i)
        }
      } while (type === kind || type === EXTEND || type === alsoJoins)
    }
    starts[count] = start
    ends[count] = i
    hashes[count] = mix32(hash)
    kinds[count++] = kind
  }
  const raw = copyOut(count)
  return rawCount === 0 ? raw : segment(text, raw)
}

/** The hash that `splitWords` gives a word without symbols in it. */
export function hashWord(word: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word.charCodeAt(i), 0x01000193)
  return mix32(hash)
}

/** Replaces the raw runs of unspaced scripts by their words. */
function segment(text: string, raw: Words): Words {
  const lengths: [number[], number[], number[]] = [[], [], []]
  const perRun: [Uint32Array, Uint32Array, Uint32Array] = [
    collect(text, raw, RAW_HAN, 'chinese', lengths[0]),
    collect(text, raw, RAW_KANA, 'japanese', lengths[1]),
    collect(text, raw, RAW_SOUTHEAST_ASIAN, 'southeast-asian', lengths[2]),
  ]
  const wordAt = [0, 0, 0]
  const runAt = [0, 0, 0]
  let count = 0
  for (let token = 0; token < raw.count; token++) {
    const kind = raw.kinds[token]!
    let at = raw.starts[token]!
    if (kind < RAW_HAN) {
      if (count === starts.length) growScratch()
      starts[count] = at
      ends[count] = raw.ends[token]!
      hashes[count] = raw.hashes[token]!
      kinds[count++] = kind
      continue
    }
    const which = kind - RAW_HAN
    const words = lengths[which]!
    let next = wordAt[which]!
    const last = next + perRun[which]![runAt[which]!++]!
    for (; next < last; next++) {
      if (count === starts.length) growScratch()
      const end = at + words[next]!
      starts[count] = at
      ends[count] = end
      let hash = 0x811c9dc5
      while (at < end) hash = Math.imul(hash ^ text.charCodeAt(at++), 0x01000193)
      hashes[count] = mix32(hash)
      kinds[count++] = wordKind.word
    }
    wordAt[which] = last
  }
  return copyOut(count)
}

/** Segments all runs of one raw kind: appends word lengths, returns words per run. */
function collect(
  text: string,
  raw: Words,
  kind: number,
  script: UnspacedScript,
  lengths: number[],
): Uint32Array {
  const runStarts: number[] = []
  const runEnds: number[] = []
  for (let token = 0; token < raw.count; token++) {
    if (raw.kinds[token] !== kind) continue
    runStarts.push(raw.starts[token]!)
    runEnds.push(raw.ends[token]!)
  }
  const perRun = new Uint32Array(runStarts.length)
  if (runStarts.length === 0) return perRun
  const runs = { count: runStarts.length, starts: runStarts, ends: runEnds }
  segmentRuns(text, runs, script, (run, length) => {
    perRun[run]!++
    lengths.push(length)
  })
  return perRun
}

/** Whether the symbol at `at` stays inside a word whose last letter or digit was `before`. */
function joins(unit: number, before: number, text: string, at: number): boolean {
  const isApostrophe = unit === 0x27 || unit === 0x2019
  const isPoint = unit === 0x2e || unit === 0x2c
  if (!isApostrophe && !isPoint && unit !== 0x5f) return false
  let next = classes[text.charCodeAt(at + 1)]
  if (next === SURROGATE) next = classAt(text, at + 1)
  if (unit === 0x5f) return next === LETTER || next === DIGIT
  return isApostrophe ? before === LETTER && next === LETTER : before === DIGIT && next === DIGIT
}

/** Class of the code point whose first unit is a high surrogate; a lone one is a symbol. */
function classAt(text: string, at: number): number {
  const code = text.codePointAt(at)!
  return code > 0xffff ? classify(code) : SYMBOL
}

function codePointWidth(text: string, at: number): number {
  return text.codePointAt(at)! > 0xffff ? 2 : 1
}

function classify(code: number): number {
  if (code >= 0xd800 && code < 0xe000) return code < 0xdc00 ? SURROGATE : SYMBOL
  if (code === 0x200b || code === 0xfeff) return SPACE
  const value = categories[code]!
  if (value >= category['Zs']! && value <= category['Cc']!) return SPACE
  // Spacing kana marks are letters of script Common: the prolonged sound and the iteration marks.
  if (code === 0x30fc || code === 0xff70 || code === 0x303c) return KANA
  if (value >= category['Mn']! && value <= category['Me']!) {
    return isSoutheastAsian(scripts[code]!) ? SOUTHEAST_ASIAN : EXTEND
  }
  if (value === category['Cf']) return EXTEND
  const script = scripts[code]!
  if (script === han && value !== category['So'] && value !== category['Po']) return HAN
  if (value >= category['Lu']! && value <= category['Lo']!) {
    if (script === hiragana || script === katakana) return KANA
    return isSoutheastAsian(script) ? SOUTHEAST_ASIAN : LETTER
  }
  if (value >= category['Nd']! && value <= category['No']!) return DIGIT
  return SYMBOL
}

function isSoutheastAsian(script: number): boolean {
  return script === thai || script === lao || script === khmer || script === myanmar
}

function copyOut(count: number): Words {
  return {
    count,
    starts: starts.slice(0, count),
    ends: ends.slice(0, count),
    hashes: hashes.slice(0, count),
    kinds: kinds.slice(0, count),
  }
}

function growScratch(): void {
  starts = grow(starts)
  ends = grow(ends)
  hashes = grow(hashes)
  const larger = new Uint8Array(kinds.length * 2)
  larger.set(kinds)
  kinds = larger
}

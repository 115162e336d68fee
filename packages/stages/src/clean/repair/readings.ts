// Readings in parentheses after a character, as in 機器學(xué)習(xí). They come from machines: copies
// of simplified pages were turned traditional by a converter that writes the reading behind a fixed
// part of the characters it changed, usually to hide stolen or keyword-stuffed pages. Language
// identifiers call the result Chechen or Vietnamese.
//
// Honest glosses look alike one by one, 学（xué） and 龜（guī）, so single hits prove nothing. All hits of
// a text are judged together; the artefact has
//   - a valid reading of that very character, one syllable, no space inside;
//   - a traditional-only character before (almost) every hit, because only those were converted;
//   - common characters, where honest writers gloss rare ones;
//   - hits in mid-word, where a gloss follows a whole word;
//   - many: at least three hits and one in two hundred characters.
import { readFileSync } from 'node:fs'
import { hanTables, hantOnly } from '@shardmill/tokenizer/language/han'

/** How the readings of one text look. */
export interface ReadingEvidence {
  /** Hits with a valid reading after a traditional-only character. */
  readonly hits: number
  /** Everything of the form character, parenthesis, one syllable, parenthesis. */
  readonly glosses: number
  readonly isArtefact: boolean
}

export interface ReadingLimits {
  readonly minHits: number
  /** Hits per 100 Han characters. */
  readonly minDensity: number
}

const syllable = 'a-zA-Zāáǎàēéěèīíǐìōóǒòūúǔùüǖǘǚǜńňǹḿ'
const gloss = new RegExp(`(\\p{Script=Han})[(（]([${syllable}]{1,6})[)）]`, 'gu')

let readings: ReadonlyMap<string, ReadonlySet<string>> | undefined

export function findReadings(
  text: string,
  { minHits, minDensity }: ReadingLimits,
): ReadingEvidence {
  let [hits, glosses, common, inWord] = [0, 0, 0, 0]
  // One search for the parenthesis keeps clean text at the cost of two scans.
  if (!text.includes('(') && !text.includes('（')) return { hits, glosses, isArtefact: false }
  const { flags, simplify } = hanTables()
  readings ??= readTable()
  for (const { index, 0: whole, 1: char, 2: reading } of text.matchAll(gloss)) {
    glosses++
    const unit = char!.charCodeAt(0)
    if ((flags[unit]! & hantOnly) === 0 || !isReading(char!, reading!)) continue
    hits++
    if (isCommon(simplify[unit]!)) common++
    const next = text.charCodeAt(index + whole.length)
    const before = text.charCodeAt(index - 1)
    if (isHan(next) || isHan(before)) inWord++
  }
  const han = hits < minHits ? 0 : countHan(text)
  const isArtefact =
    hits >= minHits &&
    hits * 100 >= minDensity * han &&
    hits >= 0.9 * glosses &&
    common >= 0.6 * hits &&
    inWord >= 0.6 * hits
  return { hits, glosses, isArtefact }
}

/** `text` without the readings that are valid for the traditional character before them. */
export function removeReadings(text: string): string {
  const { flags } = hanTables()
  return text.replace(gloss, (whole, char: string, reading: string) =>
    (flags[char.charCodeAt(0)]! & hantOnly) !== 0 && isReading(char, reading) ? char : whole,
  )
}

/** With its tone mark, or bare: converters that lost the mark still wrote the right syllable. */
function isReading(char: string, reading: string): boolean {
  const known = (readings ??= readTable()).get(char)
  return known !== undefined && known.has(reading.normalize('NFC').toLowerCase())
}

function readTable(): ReadonlyMap<string, ReadonlySet<string>> {
  const path = new URL('../../data/readings.json', import.meta.url)
  const data = JSON.parse(readFileSync(path, 'utf8')) as { readings: Record<string, string> }
  return new Map(
    Object.entries(data.readings).map(([char, list]) => {
      const bare = list.normalize('NFD').replace(/[\u0300\u0301\u0304\u030c]/g, '')
      return [char, new Set(`${list} ${bare.normalize('NFC')}`.split(' '))]
    }),
  )
}

function isHan(unit: number): boolean {
  return unit >= 0x3400 && unit < 0xa000
}

function countHan(text: string): number {
  let count = 0
  for (let i = 0; i < text.length; i++) if (isHan(text.charCodeAt(i))) count++
  return count
}

let level1: Uint8Array | undefined

/** One of the 3,755 commonest simplified characters: level 1 of GB 2312. */
export function isCommon(unit: number): boolean {
  if (level1 === undefined) {
    level1 = new Uint8Array(0x10000)
    const decoder = new TextDecoder('gb18030')
    for (let lead = 0xb0; lead <= 0xd7; lead++) {
      for (let trail = 0xa1; trail <= 0xfe; trail++) {
        const char = decoder.decode(new Uint8Array([lead, trail])).charCodeAt(0)
        if (isHan(char)) level1[char] = 1
      }
    }
  }
  return level1[unit] === 1
}

// The oracle of exact-substring-dedup: compares every position of a corpus with every other, knows
// nothing of windows, anchors or hashes, and finds units by a regular expression.
import type { Document } from '@shardmill/core/document'

const unspaced = ['Han', 'Hira', 'Kana', 'Thai', 'Lao', 'Khmr', 'Mymr']
  .map((script) => `\\p{sc=${script}}`)
  .join('')
const extend = '[[\\p{M}\\p{Cf}]--[\\u200b\\ufeff]]'
const letter = `[[\\p{L}\\p{N}]--[${unspaced}]]`
const word = `${letter}(?:${letter}|${extend}|['’](?=${letter}))*`
const symbol = `(?<symbol>[\\p{P}\\p{S}])\\k<symbol>*${extend}*`
const other = `[^\\p{Z}\\p{Cc}\\p{M}\\p{Cf}]${extend}*`
const unit = new RegExp(`(?<word>${word})|${symbol}|${other}`, 'gv')

interface Unit {
  readonly document: number
  readonly start: number
  readonly end: number
  readonly text: string
  readonly size: number
}

export interface NaiveOptions {
  readonly minLength: number
  readonly keep: 'first' | 'none'
  readonly withinDocuments: boolean
}

/** The [start, end) of every unit that is to be cut, per document, found the long way. */
export function naiveCuts(
  documents: readonly Document[],
  { minLength, keep, withinDocuments }: NaiveOptions,
): number[][] {
  const order = documents
    .map((document, ordinal) => ({ document, ordinal }))
    .toSorted((a, b) => b.document.quality - a.document.quality)
  const units: Unit[] = order.flatMap(({ document: { text }, ordinal }) =>
    [...text.toWellFormed().matchAll(unit)].map((match) => ({
      document: ordinal,
      start: match.index,
      end: match.index + match[0].length,
      text: match[0],
      size: match.groups?.word === undefined ? 1 : 2,
    })),
  )
  const isCut = units.map(() => false)
  for (let a = 0; a < units.length; a++) {
    for (let b = a + 1; b < units.length; b++) {
      if (!withinDocuments && units[a]!.document === units[b]!.document) continue
      let [length, size] = [0, 0]
      for (; b + length < units.length; length++) {
        const [left, right] = [units[a + length]!, units[b + length]!]
        if (left.text !== right.text) break
        if (left.document !== units[a]!.document || right.document !== units[b]!.document) break
        size += left.size
      }
      if (size < minLength) continue
      isCut.fill(true, b, b + length)
      if (keep === 'none') isCut.fill(true, a, a + length)
    }
  }
  const cuts: number[][] = documents.map(() => [])
  for (const [i, { document, start, end }] of units.entries()) {
    if (isCut[i]) cuts[document]!.push(start, end)
  }
  return cuts
}

/** Random documents over a small alphabet, with stretches copied within and between them. */
export function randomCorpus(random: { below(bound: number): number }): string[] {
  const alphabets = [
    ['a', 'b', ' '],
    ['的', '一', '是', '。', '——', '！！'],
    ['tea', ' ', "don't", ' ', '的', '😀', '，', '\n'],
    ['😀', '👩\u200d🚀', '\ud83d', 'e\u0301', ' x ', '１', 'ไทย', 'ア'],
    ['one ', 'two ', 'three ', 'four ', '一', '二', '三', '\u3000', '\n\n', '7.', '𠮷'],
  ]
  const alphabet = alphabets[random.below(alphabets.length)]!
  const letters = alphabet.slice(0, 2 + random.below(alphabet.length - 1))
  const texts: string[] = []
  const documents = 1 + random.below(5)
  for (let i = 0; i < documents; i++) {
    const parts: string[] = []
    const pieces = 1 + random.below(6)
    for (let piece = 0; piece < pieces; piece++) {
      const all = [...texts, parts.join('')]
      const source = all[random.below(all.length)]!
      if (random.below(2) === 0 && source.length > 10) {
        const from = random.below(source.length)
        parts.push(source.slice(from, from + 1 + random.below(160)))
        continue
      }
      const length = random.below(40)
      for (let j = 0; j < length; j++) parts.push(letters[random.below(letters.length)]!)
    }
    texts.push(parts.join(''))
  }
  return texts
}

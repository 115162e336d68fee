// Shingles as datatrove 0.10 makes them, for signatures that agree with its own bit for bit: its text
// folding, 5 tokens joined by a space, XXH64. Tokens are ours; datatrove's come from spaCy, which for
// folded English mostly means white space, and from jieba for Chinese.
import type { Document } from '@shardmill/core/document'
import { hashTextInto } from '@shardmill/core/hash'
import { segmentRun } from '@shardmill/core/segmenter'
import type { Shingles } from './shingles.ts'

// The characters of `PUNCTUATION` in datatrove's utils/text.py; control characters are below.
const marks =
  '!/—”:％１〈&(、━\\【#%「」，】；+^]~“《„\';’{|∶´[=-`*．（–？！：$～«〉,><》)?）。…@_."}►»'
const isMark = (code: number): boolean =>
  code < 9 || code === 11 || code === 12 || (code > 12 && code < 32) || (code > 126 && code < 160)

const numbers = /\p{Nd}+(?:[.,،٫⎖⎗⎘]\p{Nd}+)?/gu
// What Python's `\s` and `str.strip` call white space.
const space = /[\t-\r\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/gu
const edges = /^ | $/g

/** datatrove's `simplify_text` with its default settings. */
export function simplifyText(text: string): string {
  const lowered = text.toLowerCase().replaceAll(numbers, '0')
  let spaced = ''
  for (const character of lowered) {
    const isPunctuation = marks.includes(character) || isMark(character.codePointAt(0)!)
    spaced += isPunctuation ? ' ' : character
  }
  const collapsed = spaced.replaceAll(space, ' ').replaceAll(edges, '')
  return collapsed
    .normalize('NFD')
    .replaceAll(/\p{Mn}/gu, '')
    .replaceAll(space, ' ')
    .trim()
}

/** Hashes (two words each, low first) of every `size` tokens in a row. */
export function datatroveShingles(tokens: readonly string[], size: number): Shingles {
  const count = Math.max(0, tokens.length - size + 1)
  const hashes = new Uint32Array(2 * count)
  for (let i = 0; i < count; i++) {
    hashTextInto(tokens.slice(i, i + size).join(' '), hashes, 2 * i)
  }
  return { hashes, count }
}

/** Folded text split at white space, Chinese segmented. */
export function datatroveTokens({ text }: Document): string[] {
  const tokens: string[] = []
  for (const part of simplifyText(text).split(' ')) {
    for (const run of part.match(/\p{Script=Han}+|\P{Script=Han}+/gu) ?? []) {
      if (!/^\p{Script=Han}/u.test(run)) {
        tokens.push(run)
        continue
      }
      let at = 0
      for (const length of segmentRun(run, 'chinese')) tokens.push(run.slice(at, (at += length)))
    }
  }
  return tokens
}

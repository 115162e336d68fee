// How text looks to a language model. The rules of CCNet (Wenzek et al. 2020, cc_net
// text_normalizer): lower case, accents off, every digit 0, Unicode punctuation as ASCII, controls
// out. A model records them, so that scoring sees what training saw.
//
// Where we differ: accents come off Latin, Greek and Cyrillic letters only (cc_net removes the vowel
// signs of Thai and Indic scripts and the voicing of kana, too); full-width digits are digits (its
// table makes １ a quotation mark); … is one point. Lone surrogates become U+FFFD, whatever the rules.
// Cost: a table read per UTF-16 unit.

import { z } from 'zod'

export const textRulesSchema = z.strictObject({
  lowerCase: z.boolean(),
  stripAccents: z.boolean(),
  /** Every decimal digit becomes 0. */
  zeroDigits: z.boolean(),
  /** 。，「」“” … become . , " and so on; full-width forms become ASCII. */
  asciiPunctuation: z.boolean(),
  /** Control and format characters go, line ends stay. */
  dropControls: z.boolean(),
})

export type TextRules = z.output<typeof textRulesSchema>

export const ccnetRules: TextRules = {
  lowerCase: true,
  stripAccents: true,
  zeroDigits: true,
  asciiPunctuation: true,
  dropControls: true,
}

export const noRules: TextRules = {
  lowerCase: false,
  stripAccents: false,
  zeroDigits: false,
  asciiPunctuation: false,
  dropControls: false,
}

/** Marks and the ASCII mark that each becomes, always one for one. */
const punctuation: readonly (readonly [string, string])[] = [
  ['，、﹐﹑', ','],
  ['。．｡…‥・', '.'],
  ['；', ';'],
  ['：', ':'],
  ['？', '?'],
  ['！', '!'],
  ['“”„‟«»「」『』〝〞＂', '"'],
  ['‘’‚‛‹›｀´′', "'"],
  ['（〔', '('],
  ['）〕', ')'],
  ['【［〖', '['],
  ['】］〗', ']'],
  ['《〈', '<'],
  ['》〉', '>'],
  ['–—―−‐‑‒─', '-'],
  ['～〜', '~'],
  ['•■►▪●·', '-'],
  ['％', '%'],
  ['\u3000\u00a0\u2002\u2003\u2009', ' '],
]

const replacement = 0xfffd
/** Entry of a table for units that are removed. */
const removed = 0x110000

/** What each UTF-16 unit becomes; surrogates stand for themselves. */
export function unitTable(rules: TextRules): Uint32Array {
  const table = Uint32Array.from({ length: 0x10000 }, (_, unit) => unit)
  const marks = new Map(
    punctuation.flatMap(([from, to]) => Array.from(from, (mark) => [mark, to] as const)),
  )
  for (let unit = 0; unit < 0x10000; unit++) {
    if (unit >= 0xd800 && unit < 0xe000) continue
    let char = String.fromCharCode(unit)
    if (rules.asciiPunctuation) {
      char = marks.get(char) ?? char
      if (unit > 0xff00 && unit < 0xff5f) char = String.fromCharCode(unit - 0xfee0)
    }
    if (rules.lowerCase) char = firstUnit(char.toLowerCase())
    if (rules.stripAccents && accented.test(char)) char = firstUnit(char.normalize('NFD'))
    if (rules.zeroDigits && /\p{Nd}/u.test(char)) char = '0'
    table[unit] = char.charCodeAt(0)
    const isAccent = rules.stripAccents && unit >= 0x300 && unit < 0x370
    if (isAccent || (rules.dropControls && dropped.test(char))) table[unit] = removed
  }
  return table
}

const accented = /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]/u
const dropped = /(?![\t\n\r])[\p{Cc}\p{Cf}]/u

function firstUnit(text: string): string {
  return text.slice(0, 1)
}

/** Applies a `unitTable`: writes `text` to `out` (as long as it or longer), returns the length. */
export function applyRules(text: string, table: Uint32Array, out: Uint16Array): number {
  let length = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit >= 0xd800 && unit < 0xe000) {
      const low = text.charCodeAt(i + 1)
      if (unit < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
        out[length++] = unit
        out[length++] = low
        i++
      } else out[length++] = replacement
      continue
    }
    const to = table[unit]!
    if (to !== removed) out[length++] = to
  }
  return length
}

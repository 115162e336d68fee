// Brings text into one canonical shape without changing what it says: Unicode NFC, one kind of line
// end, no control characters, no lone surrogates, no invisible fillers, tidy white space.
//
// Where we differ: many Chinese recipes turn ，。！ into their ASCII cousins or apply NFKC, which a
// tokenizer then learns. We never do: full-width and half-width forms stay as written, and so do
// ideographic spaces inside a line and the joiners (ZWJ, ZWNJ) that emoji and Persian need.
//
// Cost: one scan that finds nothing on clean text; otherwise a few linear passes.
import { z } from 'zod'
import { defineMap } from '@shardmill/core/stage'

export const normalize = defineMap({
  name: 'normalize',
  summary: 'NFC, no control characters or lone surrogates, tidy white space; full-width stays.',
  options: z.strictObject({
    nfc: z.boolean().default(true).describe('Canonical composition (é as one code point).'),
    controls: z
      .boolean()
      .default(true)
      .describe(
        'Removes control characters, lone surrogates, noncharacters and invisible fillers.',
      ),
    whiteSpace: z
      .boolean()
      .default(true)
      .describe('One line end, single spaces inside lines, no trailing space; indentation stays.'),
    maxEmptyLines: z
      .int()
      .min(0)
      .max(100)
      .default(1)
      .describe('Longest run of empty lines that is kept.'),
  }),
  map({ nfc, controls, whiteSpace, maxEmptyLines }, context) {
    const gap = '\n'.repeat(maxEmptyLines + 1)
    const gaps = new RegExp(`\\n{${maxEmptyLines + 2},}`, 'g')
    return (doc) => {
      const before = doc.text
      let text = before
      if (whiteSpace && lineEnd.test(text)) text = text.replace(lineEnds, '\n')
      if (controls && unwanted.test(text)) text = text.replace(allUnwanted, '')
      if (nfc && beyondLatin1.test(text)) text = text.normalize('NFC')
      if (whiteSpace) {
        if (rareSpace.test(text)) text = text.replace(rareSpaces, ' ')
        if (untidy.test(text)) text = tidyLines(text)
        text = text.replace(gaps, gap).replace(emptyStart, '').trimEnd()
      }
      if (text !== before) context.count('changed')
      doc.text = text
    }
  },
})

// Latin-1 text is NFC already.
const beyondLatin1 = /[^\0-\u00ff]/

const lineEnd = /[\r\u0085\u2028\u2029\v\f]/
const lineEnds = /\r\n?|[\u0085\u2028\u2029\v\f]/g

// Controls except tab and line feed; surrogates without a partner; soft hyphen, zero-width space,
// word joiner, byte order mark; interlinear marks; code points that will never be characters.
const unwantedClass =
  '[\\0-\\x08\\v\\f\\x0e-\\x1f\\x7f-\\x9f\\xad\\u200b\\u2060\\ufeff\\ufff9-\\ufffb\\p{Cs}\\p{Noncharacter_Code_Point}]'
const unwanted = new RegExp(unwantedClass, 'u')
const allUnwanted = new RegExp(`${unwantedClass}+`, 'gu')

// Spaces that look like a space. The ideographic space is layout in Chinese and stays.
const rareSpace = /[\u00a0\u1680\u2000-\u200a\u202f\u205f]/
const rareSpaces = /[\u00a0\u1680\u2000-\u200a\u202f\u205f]/g

const untidy = /[ \t][ \t]|[ \t\u3000]\n|\t/

const emptyStart = /^(?:[ \t]*\n)+/

/** Single spaces between words, none at line ends; the spaces that begin a line are kept. */
function tidyLines(text: string): string {
  const lines = text.split('\n')
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!.trimEnd()
    let indent = 0
    while (line.charCodeAt(indent) === 32 || line.charCodeAt(indent) === 9) indent++
    const body = indent === 0 ? line : line.slice(indent)
    const tidied = innerSpace.test(body) ? body.replace(innerSpaces, ' ') : body
    lines[i] = indent === 0 ? tidied : line.slice(0, indent) + tidied
  }
  return lines.join('\n')
}

const innerSpace = /[ \t]{2}|\t/
const innerSpaces = /[ \t]+/g

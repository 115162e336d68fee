// Cutting spans out of a text: what stays is in order, unjoined, and the record says what went.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { cutSpans, describeSpans } from '@shardmill/core/cut-spans'
import { mergeSpans, type Spans } from '@shardmill/core/lines'

/** The spans of a text in which ⟦ and ⟧ stand around what is to be cut, and the text without them. */
function parse(marked: string): { text: string; spans: Spans } {
  const pairs: number[] = []
  let text = ''
  for (const char of marked) {
    if (char === '⟦' || char === '⟧') pairs.push(text.length)
    else text += char
  }
  return { text, spans: mergeSpans(Uint32Array.from(pairs)) }
}

test.each([
  ['one⟦ two ⟧three', 'one\nthree'],
  ['一句。⟦二句。⟧三句。', '一句。\n三句。'],
  ['one\n⟦two⟧\nthree', 'one\nthree'],
  ['one\r\n⟦two⟧\r\n  three', 'one\r\n  three'],
  ['one\n\n⟦two⟧\n\nthree', 'one\n\nthree'],
  ['one\n\n  ⟦two\n\nthree⟧ \n\n\n    four', 'one\n\n    four'],
  ['one\n⟦two⟧\n\nthree', 'one\n\nthree'],
  ['one\n \t\n⟦two⟧\n\u3000\nthree', 'one\n \t\nthree'],
  ['\n⟦one⟧\n\ntwo', '\ntwo'],
  ['one\n⟦two⟧\nthree\n\nfour', 'one\nthree\n\nfour'],
  ['⟦one⟧\n\ntwo', 'two'],
  ['one\n\n⟦two⟧', 'one'],
  ['one ⟦two⟧\nthree', 'one\nthree'],
  ['one\n⟦two⟧ three', 'one\nthree'],
  ['one ⟦two\nthree⟧ four', 'one\nfour'],
  ['one ⟦two⟧ ⟦three⟧ four', 'one\nfour'],
  ['⟦one⟧', ''],
  ['⟦one⟧\n⟦two⟧\n', ''],
  ['no cut', 'no cut'],
  ['\u3000\u3000⟦段落一。⟧\n\u3000\u3000段落二。', '\u3000\u3000段落二。'],
])('%j -> %j', (marked, expected) => {
  const { text, spans } = parse(marked)
  expect(cutSpans(text, spans)).toBe(expected)
})

test('what stays is the characters outside the spans, in order, and never on one line across a cut', () => {
  const char = fc.constantFrom('a', 'b', '中', '😀', ' ', '\n', '\u3000')
  fc.assert(
    fc.property(
      fc.array(char, { maxLength: 40 }),
      fc.array(fc.nat(40), { maxLength: 8 }),
      (chars, cuts) => {
        const offsets = [0]
        for (const one of chars) offsets.push(offsets.at(-1)! + one.length)
        const sorted = [...new Set(cuts.map((cut) => Math.min(cut, chars.length)))].toSorted(
          (a, b) => a - b,
        )
        if (sorted.length % 2 === 1) sorted.pop()
        const spans = mergeSpans(Uint32Array.from(sorted.map((point) => offsets[point]!)))
        const text = chars.join('')
        const pieces: string[] = []
        let at = 0
        for (let i = 0; i < spans.count; i++) {
          pieces.push(text.slice(at, spans.starts[i]))
          at = spans.ends[i]!
        }
        pieces.push(text.slice(at))
        const cut = cutSpans(text, spans)
        const solid = (part: string): string => part.replaceAll(/\s/g, '')
        expect(solid(cut)).toBe(solid(pieces.join('')))
        // Lines of the result are lines of pieces, so nothing was joined.
        const lines = pieces.flatMap((piece) => piece.split('\n').map((line) => line.trim()))
        for (const line of cut.split('\n')) expect(lines).toContain(line.trim())
        // The record, read as Python would, gives back the pieces.
        const points = Array.from(text)
        const described = describeSpans(text, spans).split(' ').filter(Boolean)
        const removed = described.map((span) => {
          const [from, to] = span.split('-').map(Number)
          return points.slice(from, to).join('')
        })
        expect(removed).toEqual(
          Array.from({ length: spans.count }, (_, i) => text.slice(spans.starts[i], spans.ends[i])),
        )
      },
    ),
    { seed: 5, numRuns: 500 },
  )
})

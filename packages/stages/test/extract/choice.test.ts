import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { keepBetween, keepInText } from '@shardmill/stages/extract/html/amid-text'
import { analysePage } from '@shardmill/stages/extract/html/analyse-page'
import { listDoubtful } from '@shardmill/stages/extract/html/classify-blocks'
import { dropCopies } from '@shardmill/stages/extract/html/copies'
import { dropNextArticle } from '@shardmill/stages/extract/html/next-article'
import type { PageType } from '@shardmill/stages/extract/html/page-features'
import { keepParts } from '@shardmill/stages/extract/html/parts'
import { surestFirst } from '@shardmill/stages/extract/html/surest-first'

const eight = 'These are eight words and not one more.'
const long =
  'The tide rises twice a day, and every harbour keeps a table of it for those who sail. '.repeat(3)

const probabilities = fc
  .array(fc.oneof(fc.constantFrom(0, 0.02, 0.06, 0.07, 0.5, 1), fc.float({ min: 0, max: 1 })), {
    maxLength: 200,
  })
  .map((list) => Float32Array.from(list, (p) => Math.abs(p)))

test('the surest blocks come first, equal ones in page order', () => {
  fc.assert(
    fc.property(probabilities, (p) => {
      const blocks = Array.from(p, (_, block) => block)
      const expected = blocks.toSorted((a, b) => (p[b] ?? 0) - (p[a] ?? 0) || a - b)
      expect([...surestFirst(p).subarray(0, p.length)]).toEqual(expected)
    }),
    { numRuns: 300, seed: 31 },
  )
})

test('blocks with a neighbour that may be content get a second look', () => {
  fc.assert(
    fc.property(probabilities, (p) => {
      const list = new Int32Array(p.length)
      const doubtful = list.subarray(0, listDoubtful(p, list))
      const expected = Array.from(p, (_, block) => block).filter((block) =>
        p.subarray(Math.max(0, block - 2), block + 3).some((each) => each > 0.06),
      )
      expect([...doubtful]).toEqual(expected)
    }),
    { numRuns: 300, seed: 32 },
  )
})

test('of a text that stands twice, one stays', () => {
  const kept = (html: string, type: PageType, p: number[]): string => {
    const { page, blocks } = analysePage(html, '')
    expect(blocks.count).toBe(p.length)
    const keep = new Uint8Array(blocks.count).fill(1)
    dropCopies(page, blocks, Float32Array.from(p), type, keep)
    return keep.join('')
  }
  const twice = `<div><p>${eight}</p></div><div><p>Seven words are too few to tell.</p><p>${eight}</p></div>`
  expect(kept(twice, 'article', [0.9, 0.9, 0.8])).toBe('110')
  expect(kept(twice, 'article', [0.85, 0.9, 0.9])).toBe('110')
  expect(kept(twice, 'article', [0.7, 0.9, 0.9])).toBe('011')
  expect(kept(twice, 'documentation', [0.9, 0.9, 0.8])).toBe('111')
  const label = '<div><p>seven words are not enough for this</p></div>'
  expect(kept(label + label, 'article', [0.9, 0.9])).toBe('11')
  // A refrain, a listing of code, a quotation in a thread.
  expect(kept(`<div><p>${eight}</p><p>${eight}</p></div>`, 'article', [0.9, 0.9])).toBe('11')
  const code = `<div><pre>${eight}</pre></div>`
  expect(kept(code + code, 'article', [0.9, 0.9])).toBe('11')
  const quoted = `<div><p>${eight}</p></div><blockquote><p>${eight}</p></blockquote>`
  expect(kept(quoted, 'forum', [0.9, 0.9])).toBe('11')
  expect(kept(quoted, 'article', [0.9, 0.9])).toBe('10')
})

test('a second article goes, sections of the first stay', () => {
  const kept = (html: string): string => {
    const analysis = analysePage(`<title>How tides work</title>${html}`, '')
    const { blocks, textOf } = analysis
    const keep = Uint8Array.from({ length: blocks.count }, (_, b) => (textOf(b) === 'link' ? 0 : 1))
    dropNextArticle(analysis, keep)
    return keep.join('')
  }
  const links = '<p>link</p>'.repeat(5)
  const first = `<div><h1>How tides work</h1><p>${long}</p></div>`
  const second = `<div><h1>Ten harbours to see</h1><p>${long}</p></div>`
  expect(kept(first + links + second)).toBe('110000000')
  expect(kept(`<div>${first}${links}</div>${second}`)).toBe('110000000')
  // Nothing between them; no text of its own; in one element with the text; a headline of two parts.
  expect(kept(first + second)).toBe('1111')
  expect(kept(`${first}${links}<div><h1>Ten harbours to see</h1></div>`)).toBe('11000001')
  expect(
    kept(`<h1>How tides work</h1><p>${long}</p>${links}<h1>Spring tides</h1><p>${long}</p>`),
  ).toBe('110000011')
  expect(
    kept(
      `<div><h1>How tides work</h1></div>${links}<div><h1>A photograph</h1><p>${long}</p></div>`,
    ),
  ).toBe('10000011')
})

test('parts of a text stay or go together', () => {
  const kept = (html: string, p: number[], threshold = 0.6): string => {
    const analysis = analysePage(html, '')
    expect(analysis.blocks.count).toBe(p.length)
    const keep = Uint8Array.from(p, (each) => (each >= threshold ? 1 : 0))
    keepParts(analysis, Float32Array.from(p), keep, threshold)
    return keep.join('')
  }
  const text = '<p>Ten words are in this one, and no more.</p>'
  // A heading with its text, a term with its definition.
  expect(kept(`<div><h2>Heading</h2>${text}</div>`, [0.3, 0.9])).toBe('11')
  expect(kept(`<div><h2>Heading</h2>${text}</div>`, [0.3, 0.1])).toBe('00')
  expect(kept(`<dl><dt>term</dt><dd>${text}</dd></dl>`, [0.2, 0.9])).toBe('11')
  // Code stays amid text, however it is wrapped, and only there; line numbers never.
  const code = '<pre>height = moon</pre>'
  expect(kept(`<div>${text}${code}</div>`, [0.9, 0.05])).toBe('11')
  expect(kept(`<div>${text}<figure><div>${code}</div></figure></div>`, [0.9, 0.05])).toBe('11')
  expect(kept(`<div>${text}</div><div>${code}</div>`, [0.9, 0.35])).toBe('10')
  expect(kept(`<div>${text}<pre>1</pre></div>`, [0.9, 0.9])).toBe('10')
  // A table in doubt stays amid text, also in an element that scrolls.
  const table = '<table><tr><td>Dover<td>6.8 m<tr><td>Hull<td>7.2 m</table>'
  const cells = (p: number): number[] => [0.9, p, p, p, p]
  expect(kept(`<div>${text}<div>${table}</div></div>`, cells(0.35))).toBe('11111')
  expect(kept(`<div>${text}<div>${table}</div></div>`, cells(0.25))).toBe('10000')
  expect(kept(`<div>${text}</div><div>${table}</div>`, cells(0.35))).toBe('10000')
})

test('blocks stay in the element of the text, or between two that stay', () => {
  const kept = (html: string, p: number[]): string => {
    const analysis = analysePage(html, '')
    expect(analysis.blocks.count).toBe(p.length)
    const keep = Uint8Array.from(p, (each) => (each >= 0.7 ? 1 : 0))
    keepInText(analysis, Float32Array.from(p), keep)
    keepBetween(analysis, Float32Array.from(p), keep)
    return keep.join('')
  }
  const line = '<p>Six words are in this one.</p>'
  const page = `<div>${line}</div><div>${line.repeat(3)}</div><div>${line}</div>`
  expect(kept(page, [0.6, 0.9, 0.9, 0.6, 0.6])).toBe('01110')
  expect(kept(page, [0.6, 0.9, 0.9, 0.5, 0.6])).toBe('01100')
  expect(kept(page, [0.6, 0.9, 0.35, 0.9, 0.6])).toBe('01110')
  expect(kept(page, [0.6, 0.9, 0.25, 0.9, 0.6])).toBe('01010')
  expect(kept(page, [0.9, 0.9, 0.35, 0.1, 0.9])).toBe('11001')
  // Where no element but the page holds most of the text, none of it is the text's.
  const flat = line.repeat(4)
  expect(kept(flat, [0.9, 0.9, 0.6, 0.6])).toBe('1100')
  expect(kept('', [])).toBe('')
})

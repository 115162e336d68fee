import { decodeHTML } from 'entities'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findBlocks } from '@shardmill/stages/extract/html/blocks'
import { codesOf, findCode } from '@shardmill/stages/extract/html/codes'
import { htmlToText } from '@shardmill/stages/extract/html/html-to-text'
import {
  blockSource,
  blockText,
  cleanText,
  simpleText,
  sourceText,
} from '@shardmill/stages/extract/html/inline-text'
import { fillLine, line } from '@shardmill/stages/extract/html/line-codes'
import { scan } from '@shardmill/stages/extract/html/scan'

const markdown = { format: 'markdown', links: false } as const

describe('plain text', () => {
  test.each([
    ['paragraphs are apart', '<p>a</p><p>b</p>', 'a\n\nb'],
    ['inline elements join', '<p>a<b>b</b> <i>c</i>\n d</p>', 'ab c d'],
    ['a break is a line', '<p>a<br>b</p>', 'a\nb'],
    ['lists have dashes', '<ul><li>a<li>b<ul><li>c</ul></ul>', '- a\n- b\n  - c'],
    ['ordered lists count', '<ol><li>a<li>b</ol>', '1. a\n2. b'],
    ['cells have bars', '<table><tr><th>a<th>b<tr><td>1<td>2</table>', 'a | b\n1 | 2'],
    [
      'layout tables have none',
      `<table><tr><td>${'a '.repeat(200)}<td>${'b '.repeat(200)}</table>`,
      `${'a '.repeat(200).trim()}\n\n${'b '.repeat(200).trim()}`,
    ],
    ['code keeps its white space', '<pre>\nif a:\n    b\n</pre>', 'if a:\n    b'],
    [
      'entities become characters',
      '<p>&lt;&amp;&eacute;&#x4e2d;&#128;&#0;&notit;</p>',
      '<&é中€\ufffd¬it;',
    ],
    ['ruby readings go', '<p><ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp></ruby>字</p>', '漢字'],
    ['Chinese lines join without a space', '<p>中文\n  文章 abc\n  def</p>', '中文文章 abc def'],
    [
      'formulas become TeX',
      '<p>a <math display="inline"><mi>x</mi><annotation encoding="application/x-tex">x^2</annotation></math> b</p>',
      'a $x^2$ b',
    ],
    [
      'KaTeX is read once',
      '<p><span class="katex"><span class="katex-mathml"><math><semantics><mi>x</mi><annotation encoding="application/x-tex">x</annotation></semantics></math></span><span class="katex-html" aria-hidden="true">x</span></span></p>',
      '$x$',
    ],
    ['MathJax scripts are read', '<p>a <script type="math/tex">y_1</script> b</p>', 'a $y_1$ b'],
    ['scripts and styles are not', '<p>a<script>b</script><style>c</style></p>', 'a'],
    ['controls and lone surrogates go', '<p>a\0\x07b\ud800c</p>', 'ab\ufffdc'],
    ['non-breaking spaces are spaces', '<p>a&nbsp;b\u00a0c</p>', 'a b c'],
  ])('%s', (_, html, text) => {
    expect(htmlToText(html)).toBe(text)
  })
})

describe('Markdown', () => {
  test.each([
    ['headings', '<h1>a</h1><h3>b</h3>', '# a\n\n### b'],
    [
      'code with its language',
      '<pre><code class="language-ts">let a\nlet b</code></pre><p>c</p>',
      '```ts\nlet a\nlet b\n```\n\nc',
    ],
    [
      'Hexo code',
      '<figure class="highlight python"><table><tr><td class="code"><pre>a<br>b</pre></table></figure>',
      '```python\na\nb\n```',
    ],
    [
      'tables',
      '<table><tr><th>a<th>b<tr><td>1<td>2|3</table><p>c',
      '| a | b |\n| --- | --- |\n| 1 | 2\\|3 |\n\nc',
    ],
    ['quotations', '<blockquote><p>a</p></blockquote><p>b</p>', '> a\n\nb'],
    ['inline code', '<p>use <code>a()</code> now</p>', 'use `a()` now'],
    ['headings in list items', '<ul><li><h2>a</h2><p>b</ul>', '- ## a\n  b'],
  ])('%s', (_, html, text) => {
    expect(htmlToText(html, markdown)).toBe(text)
  })
  test('links are optional', () => {
    const html =
      '<p>see <a href="https://a.org/x y">this</a> <a href="javascript:x">or that</a></p>'
    expect(htmlToText(html, { format: 'markdown', links: true })).toBe(
      'see [this](https://a.org/x%20y) or that',
    )
    expect(htmlToText(html, markdown)).toBe('see this or that')
  })
})

test('cleanText keeps tabs and line feeds and nothing else below a space', () => {
  expect(cleanText('a\tb\nc\r\nd\x00\x1b\x7f\x85\u2028e\udfff')).toBe(
    'a\tb\nc\ndee\ufffd'.replace('dee', 'de'),
  )
})

test('references are decoded as by the library, whatever stands around them', () => {
  const piece = fc.constantFrom(
    '&', '&amp', '&amp;', '&notit;', '&#', '&#x', '&#x4e2d;', '&#128', ';', '&CounterClockwiseContourIntegral;',
    'a', '1', ' ', '=', '中', '&#xd800;', '&#9999999999;', '&AMP;', '#',
  ) // prettier-ignore
  fc.assert(
    fc.property(
      fc.array(fc.oneof(piece, fc.string({ maxLength: 3 })), { maxLength: 12 }),
      (parts) => {
        const text = parts.join('')
        expect(sourceText(`<${text}>`, 1, text.length + 1)).toBe(decodeHTML(text))
      },
    ),
    { numRuns: 1000, seed: 8 },
  )
})

test('text that stands in the page as it is output is what rewriting gives', () => {
  const piece = fc.constantFrom(
    'word', 'Word', 'word.', '中', ' ', ' ', '  ', '\n', '\t', '\r', '\v', '\0', '\x1c', '\x7f', '\x85', '\xa0', '\xad', '\u1680', '\u2003', '\u2009',
    '\u200b', '\u2028', '\u205f', '\u3000', '\ufeff', '\uffff', '\ud83d\ude00', '\ud800', '中文', '，', '한', '“', '&amp;', '&nbsp;',
    '&', '<b>', '</b>', '<a href=x>', '</a>', '<br>', '<p>', '<span class="katex-html">', '</span>', '<math alttext="x">',
    '</math>', '<code>', '</code>', '<script type="math/tex">y</script>', '<img>', '<rt>z</rt>',
  ) // prettier-ignore
  let simple = 0
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), fc.boolean(), (parts, links) => {
      const page = scan(`<p>${parts.join('')}`)
      const blocks = findBlocks(page)
      for (let block = 0; block < blocks.count; block++) {
        const text = simpleText(page, blocks, block, { links, code: links })
        if (text === undefined) continue
        simple++
        const source = blockSource(page, blocks, block, { links, code: links })
        expect(text).toBe(source.trim())
        expect(text).toBe(source.replace(/[\s\u200b\ufeff]+/g, ' ').trim())
        expect(text).toBe(cleanText(text))
        expect(text).toBe(blockText(page, blocks, block, { links, code: links }))
      }
    }),
    { numRuns: 5000, seed: 9 },
  )
  expect(simple).toBeGreaterThan(300)
})

test('a line of characters is what the text of the block is', () => {
  const piece = fc.constantFrom(
    'word', ' ', '  ', '\n', '\t', '\xa0', '\u200b', '\u3000', '\0', '中', '，', '“', '&amp;', '& ', '<b>', '</b>', '<br>', '<p>',
    '<span class="katex-html">', '<span>', '</span>', '<math alttext="x">', '</math>', '<script type="math/tex">y</script>',
    '<script>z</script>', '<select>', '</select>', '<rt>z</rt>', 'x'.repeat(1500),
  ) // prettier-ignore
  let lines = 0
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (parts) => {
      const page = scan(`<p>${parts.join('')}`)
      const blocks = findBlocks(page)
      for (let block = 0; block < blocks.count; block++) {
        const length = fillLine(page, blocks, block)
        if (length < 0) continue
        lines++
        expect(String.fromCharCode(...line.subarray(0, length))).toBe(
          blockText(page, blocks, block),
        )
      }
    }),
    { numRuns: 2000, seed: 10 },
  )
  expect(lines).toBeGreaterThan(500)
})

test('characters are found near and far, in short pages and in long ones', () => {
  for (const length of [0, 1, 63, 64, 65, 200, 5_000_000]) {
    const text = `中${'a'.repeat(length)}<b`
    const codes = codesOf(text)
    expect(codes[0]).toBe(0x4e2d)
    expect(findCode(text, codes, '<', 60, 0)).toBe(length + 1)
    expect(findCode(text, codes, '>', 62, 0)).toBe(text.length)
    expect(findCode(text, codes, '<', 60, length + 2)).toBe(text.length)
    expect(Array.from(codes.subarray(text.length, text.length + 8))).toEqual(Array(8).fill(0))
  }
})

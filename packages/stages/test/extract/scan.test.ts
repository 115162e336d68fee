import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { maxNodes } from '@shardmill/stages/extract/html/flat-tree'
import { scan, type Page } from '@shardmill/stages/extract/html/scan'
import { tagNames } from '@shardmill/stages/extract/html/tags'

/** The tree as nested brackets: `div(p("a") p("b"))`. */
function outline(html: string): string {
  const page = scan(html)
  const open: number[] = []
  let text = ''
  for (let node = 0; node < page.count; node++) {
    while (open.length > 0 && node >= (page.end[open.at(-1) ?? 0] ?? 0)) {
      open.pop()
      text += ')'
    }
    if (node > 0 && !text.endsWith('(')) text += ' '
    const isText = page.tag[node] === 0
    text += isText
      ? JSON.stringify(html.slice(page.from[node], page.to[node]))
      : (tagNames[page.tag[node] ?? 0] ?? '')
    if (!isText && (page.end[node] ?? 0) > node + 1) {
      text += '('
      open.push(node)
    }
  }
  return text + ')'.repeat(open.length)
}

describe('scan builds the tree a browser would', () => {
  test.each([
    ['<div><p>a</p><p>b</p></div>', 'div(p("a") p("b"))'],
    ['<p>a<p>b<div>c</div>', 'p("a") p("b") div("c")'],
    ['<ul><li>a<li>b<ul><li>c</ul><li>d</ul>', 'ul(li("a") li("b" ul(li("c"))) li("d"))'],
    ['<dl><dt>a<dd>b<dt>c</dl>', 'dl(dt("a") dd("b") dt("c"))'],
    ['<table><tr><td>a<td>b<tr><td>c</table>', 'table(tr(td("a") td("b")) tr(td("c")))'],
    ['<table><tr><td><div>a</div></div></td><td>b</table>', 'table(tr(td(div("a")) td("b")))'],
    ['<select><option>a<option>b</select>', 'select(option("a") option("b"))'],
    ['<b>a<i>b</b>c</i>', 'b("a" i("b")) "c"'],
    ['<div><b>a</div>b', 'div(b("a")) "b"'],
    ['a<br>b<img src=x>c', '"a" br "b" img "c"'],
    ['<DIV>a</Div>', 'div("a")'],
    ['<script>if (a < b) "</p>"</script>c', 'script("if (a < b) \\"</p>\\"") "c"'],
    ['<title>a <b> c</title>', 'title("a <b> c")'],
    ['<!-- <p>a</p> -->b<!>c<!doctype html>', '"b" "c"'],
    ['a < b and c<3', '"a < b and c<3"'],
    ['<a href="x>y">z</a>', 'a("z")'],
    ["<a href='x'title=y>z</a>", 'a("z")'],
    ['<a>x<a>y</a>', 'a("x") a("y")'],
    ['<x-card><p>a</p></x-card>', 'custom-element(p("a"))'],
    ['<svg><path d="m"/><g/></svg>a', 'svg(unknown unknown) "a"'],
    ['<head><title>t</title><p>a', 'head(title("t")) p("a")'],
    ['<noscript><iframe src=x></noscript>a', 'noscript(iframe) "a"'],
    ['<p>a</p', 'p("a")'],
    ['<p', 'p'],
    ['', ''],
  ])('%s', (html, expected) => {
    expect(outline(html)).toBe(expected)
  })
})

describe('scan recovers', () => {
  test('an unclosed comment ends at the next structural tag', () => {
    expect(outline('<p>a</p><!-- b <div>c</div>')).toBe('p("a") div("c")')
  })
  test('an unclosed script ends at the next structural tag', () => {
    expect(outline('<script>var a = 1;<div>c</div>')).toBe('script("var a = 1;") div("c")')
  })
  test('a quote that never ends does not swallow the page', () => {
    expect(outline('<a href="x>y</a><p>z</p>')).toBe('a("y") p("z")')
  })
  test('elements deeper than the cap stay in the tree', () => {
    const page = scan(`${'<div>'.repeat(1000)}x`)
    expect(page.count).toBe(1001)
    expect(page.tag[1000]).toBe(0)
  })
  test('the page behind very many nodes is not read', () => {
    const page = scan('<br>'.repeat(maxNodes + 1000))
    expect(page.count).toBe(maxNodes)
    const ends = page.end.subarray(0, maxNodes)
    expect(ends.every((end, node) => end > node && end <= maxNodes)).toBe(true)
  })
})

const pieces = fc.constantFrom(
  '<div>', '</div>', '<p>', '</p>', '<b>', '</b>', '<table>', '<tr>', '<td>', '</table>', '<ul><li>',
  '</ul>', '<script>', '</script>', '<!--', '-->', '<a href="', '">', '<noscript>', '</noscript>',
  '<title>', '<pre>', '<br>', '<svg>', '<math>', '&amp;', '&#x0;', 'text ', '中文。', '\0', '\ud800',
  '<', '>', '"', "'", '/', '=', '<template>', '<textarea>',
) // prettier-ignore

/** What must hold for any page. */
function checkTree(page: Page): void {
  const { count, parent, end, from, to, html, tag } = page
  for (let node = 0; node < count; node++) {
    const up = parent[node] ?? -1
    expect(up).toBeLessThan(node)
    expect(end[node]).toBeGreaterThan(node)
    expect(end[node]).toBeLessThanOrEqual(count)
    if (up >= 0) expect(end[node]).toBeLessThanOrEqual(end[up] ?? 0)
    expect(from[node]).toBeLessThanOrEqual(to[node] ?? 0)
    expect(to[node]).toBeLessThanOrEqual(html.length)
    if (tag[node] === 0) expect(end[node]).toBe(node + 1)
  }
}

test('subtrees nest and ranges lie in the page, whatever the page', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(pieces, fc.string()), { maxLength: 60 }), (parts) => {
      checkTree(scan(parts.join('')))
    }),
    { numRuns: 400, seed: 1 },
  )
})

// Kept blocks to plain text: one block a line, an empty line between paragraphs, list items with a
// dash, table rows with bars between cells, preformatted text as it stands. Iterative; entities are
// decoded only in nodes that have an ampersand. The result is valid Unicode: no lone surrogates, no
// NUL, no control characters except line feed and tab.
import { toUSVString } from 'node:util'
import { decodeHTML } from 'entities'
import type { Blocks } from './blocks.ts'
import type { Page } from './scan.ts'
import { flag, tagFlags, tagNumber } from './tags.ts'

const PRE = tagNumber('pre')
const LI = tagNumber('li')
const TR = tagNumber('tr')
const TD = tagNumber('td')
const TH = tagNumber('th')
const RT = tagNumber('rt')
const RP = tagNumber('rp')
const RTC = tagNumber('rtc')
const paragraph = new Set(
  [
    'p',
    'div',
    'section',
    'article',
    'h1',
    'h2',
    'h3',
    'h4',
    'h5',
    'h6',
    'pre',
    'blockquote',
    'ul',
    'ol',
    'dl',
    'table',
    'figure',
    'main',
    'aside',
    'header',
    'footer',
  ].map(tagNumber),
)

/** Text of a range of the page: entities decoded, what Unicode forbids replaced or removed. */
export function sourceText(html: string, from: number, to: number): string {
  const raw = html.slice(from, to)
  return raw.includes('&') ? decodeHTML(raw) : raw
}

/** Removes NUL and control characters, replaces lone surrogates. */
export function cleanText(text: string): string {
  const cleaned = /[\0-\x08\x0b-\x1f\x7f-\x9f]/.test(text)
    ? text.replace(/\r\n?/g, '\n').replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, '')
    : text
  return toUSVString(cleaned)
}

/** Raw text of one block, white space as in the source. */
export function blockSource(page: Page, blocks: Blocks, block: number): string {
  const { html, tag, end, from, to } = page
  let text = ''
  const last = blocks.last[block] ?? 0
  for (let node = blocks.first[block] ?? 0; node <= last;) {
    const number = tag[node] ?? 0
    if (number === 0) text += sourceText(html, from[node] ?? 0, to[node] ?? 0)
    else if (
      (tagFlags[number] ?? 0) & flag.hidden ||
      number === RT ||
      number === RP ||
      number === RTC
    ) {
      node = end[node] ?? node + 1
      continue
    }
    node++
  }
  return text
}

/** One line of a block: white space collapsed. */
export function blockText(page: Page, blocks: Blocks, block: number): string {
  return blockSource(page, blocks, block)
    .replace(/[\s\u200b\ufeff]+/g, ' ')
    .trim()
}

/** Nearest ancestor-or-self with this tag below `limit` steps, or -1. */
export function ancestor(page: Page, node: number, wanted: number, limit = 12): number {
  for (let up = node, step = 0; up >= 0 && step < limit; up = page.parent[up] ?? -1, step++) {
    if (page.tag[up] === wanted) return up
  }
  return -1
}

/** Renders the blocks with `keep[block] === 1`. */
export function renderText(page: Page, blocks: Blocks, keep: Uint8Array): string {
  const parts: string[] = []
  let previous = -1
  for (let block = 0; block < blocks.count; block++) {
    if (keep[block] !== 1) continue
    const container = blocks.container[block] ?? -1
    const isPre = ancestor(page, container, PRE, 6) >= 0
    const text = isPre
      ? blockSource(page, blocks, block).replace(/^\n+|\s+$/g, '')
      : blockText(page, blocks, block)
    if (text === '') continue
    parts.push(separator(page, blocks, previous, block))
    if (isFirstOfItem(page, blocks, block, container)) parts.push('- ')
    parts.push(text)
    previous = block
  }
  return cleanText(parts.join('').replace(/\n{3,}/g, '\n\n')).trim()
}

/** What stands between two kept blocks. */
function separator(page: Page, blocks: Blocks, previous: number, block: number): string {
  if (previous < 0) return ''
  const a = blocks.container[previous] ?? -1
  const b = blocks.container[block] ?? -1
  if (a === b) return blocks.afterBreak[block] === 1 ? '\n' : '\n'
  const rowA = ancestor(page, a, TR, 8)
  if (rowA >= 0 && rowA === ancestor(page, b, TR, 8)) {
    const cell = (node: number): number =>
      Math.max(ancestor(page, node, TD, 8), ancestor(page, node, TH, 8))
    return cell(a) === cell(b) ? ' ' : ' | '
  }
  const tagA = page.tag[a] ?? 0
  const tagB = page.tag[b] ?? 0
  return paragraph.has(tagA) || paragraph.has(tagB) ? '\n\n' : '\n'
}

function isFirstOfItem(page: Page, blocks: Blocks, block: number, container: number): boolean {
  const item = ancestor(page, container, LI, 4)
  return item >= 0 && (blocks.begun[item] ?? 0) === block
}

// Kept blocks to text. Two formats share the walk: `text` has one block a line, an empty line between
// paragraphs, dashes before list items and bars between cells; `markdown` adds heading marks, fenced
// code with its language, quotation marks, table rules and, when asked, links. Iterative: structure
// comes from each block's place (place.ts), not from descending the tree.
import type { Blocks } from './blocks.ts'
import {
  blockSource,
  blockText,
  cleanText,
  simpleText,
  type InlineSettings,
} from './inline-text.ts'
import { itemCounter, placeFinder, startsItem, tableJudge, type Place } from './place.ts'
import type { Page } from './scan.ts'
import { tagNames } from './tags.ts'

export interface RenderSettings {
  readonly format: 'text' | 'markdown'
  /** Markdown only: `[text](url)`. */
  readonly links: boolean
}

/** Renders the blocks with `keep[block] === 1`. */
export function render(
  page: Page,
  blocks: Blocks,
  keep: Uint8Array,
  settings: RenderSettings = { format: 'text', links: false },
): string {
  const isMarkdown = settings.format === 'markdown'
  const inline: InlineSettings = { links: isMarkdown && settings.links, code: isMarkdown }
  const placeOf = placeFinder(page, tableJudge(page, blocks))
  const ordinalOf = itemCounter(page)
  let output = ''
  let previous: Place | undefined
  let previousContainer = -1
  let tableRows = 0
  let isClean = true
  for (let block = 0; block < blocks.count; block++) {
    if (keep[block] !== 1) continue
    const container = blocks.container[block] ?? -1
    const place = placeOf(container)
    if (place.pre >= 0) {
      isClean = false
      const code = blockSource(page, blocks, block).replace(/^\n+|\s+$/g, '')
      if (code === '') continue
      const goesOn = previous?.pre === place.pre
      if (isMarkdown && previous && previous.pre >= 0 && !goesOn) output += '\n```'
      if (goesOn) output += '\n'
      else if (previous) output += '\n\n'
      if (isMarkdown && !goesOn) output += `\`\`\`${languageOf(page, place.pre)}\n`
      output += code
    } else {
      const simple = simpleText(page, blocks, block, inline)
      isClean &&= simple !== undefined
      let text = simple ?? blockText(page, blocks, block, inline)
      if (text === '') continue
      if (isMarkdown && previous && previous.pre >= 0) output += '\n```'
      if (isMarkdown && place.cell >= 0) text = text.replaceAll('|', '\\|')
      if (place.table < 0 || previous?.table !== place.table) tableRows = 0
      const gap = previous ? gapBetween(previous, place, previousContainer === container) : ''
      if (place.row >= 0 && previous?.row !== place.row) {
        // The first row of a Markdown table is its head.
        if (isMarkdown && tableRows === 1)
          output += ` |\n|${' --- |'.repeat(cellCount(page, previous?.row ?? -1))}`
        else if (isMarkdown && tableRows > 1) output += ' |'
        output += isMarkdown ? `${gap}| ` : gap
        tableRows++
      } else if (isMarkdown && previous && previous.row >= 0 && place.row < 0) {
        output += ` |${gap}`
      } else output += gap
      if (place.cell < 0 && (gap.includes('\n') || gap === '')) {
        const starts = startsItem(blocks, place.item, block)
        const ordinal = starts ? ordinalOf(place.list, place.item) : 0
        output += marks(place, isMarkdown, starts, ordinal)
      }
      output += text
    }
    previous = place
    previousContainer = container
  }
  if (isMarkdown && previous && previous.pre >= 0) output += '\n```'
  if (isMarkdown && previous && previous.row >= 0) output += ' |'
  const text = isClean ? output : cleanText(output)
  return (text.includes('\n\n\n') ? text.replace(/\n{3,}/g, '\n\n') : text).trim()
}

/** What stands between two blocks. */
function gapBetween(a: Place, b: Place, sameContainer: boolean): string {
  if (a.row >= 0 && a.row === b.row) return a.cell === b.cell ? ' ' : ' | '
  if (a.table >= 0 && a.table === b.table) return '\n'
  if (a.heading > 0 && a.heading === b.heading && sameContainer) return ' '
  if (sameContainer) return '\n'
  if (a.item >= 0 && b.item >= 0 && (a.listDepth > 1 || b.listDepth > 1 || a.list === b.list))
    return '\n'
  if (a.isTerm && b.isTerm) return '\n'
  return '\n\n'
}

/** What stands before a block on its line; `ordinal` is 0 in bulleted lists. */
function marks(place: Place, isMarkdown: boolean, starts: boolean, ordinal: number): string {
  const quote = isMarkdown ? '> '.repeat(Math.min(6, place.quoteDepth)) : ''
  if (place.item < 0) return quote + heading(place, isMarkdown)
  const indent = '  '.repeat(Math.max(0, Math.min(8, place.listDepth - 1)))
  if (!starts) return quote + indent + (isMarkdown ? '  ' : '')
  return `${quote}${indent}${ordinal > 0 ? `${ordinal}.` : '-'} ${heading(place, isMarkdown)}`
}

const heading = (place: Place, isMarkdown: boolean): string =>
  isMarkdown && place.heading > 0 ? `${'#'.repeat(place.heading)} ` : ''

function cellCount(page: Page, row: number): number {
  let cells = 0
  const stop = row < 0 ? 0 : (page.end[row] ?? 0)
  for (let node = row + 1; node < stop; node = page.end[node] ?? node + 1) {
    const name = tagNames[page.tag[node] ?? 0]
    if (name === 'td' || name === 'th') cells++
  }
  return Math.max(1, cells)
}

const notLanguages = new Set([
  'highlight',
  'code',
  'pre',
  'none',
  'text',
  'plain',
  'plaintext',
  'hljs',
  'lang',
  'language',
  'nohighlight',
  'auto',
  'table',
])

/** Language of a code block, from the class of a <code> inside, of <pre> or of elements around it. */
function languageOf(page: Page, pre: number): string {
  const inside = pre + 1 < page.count && page.tag[pre + 1] !== 0 ? pre + 1 : -1
  for (
    let node = inside < 0 ? pre : inside, step = 0;
    node >= 0 && step < 8;
    node = page.parent[node] ?? -1, step++
  ) {
    const from = page.from[node] ?? 0
    const attributes = page.html.slice(from, Math.min(page.to[node] ?? 0, from + 400))
    const found =
      /(?:\b|_)(?:language|lang|brush)[-:]\s*([\w+#.-]+)/i.exec(attributes) ??
      /class\s*=\s*["']?\s*(?:code-)?highlight(?:-source)?[ -]([\w+#.-]+)/i.exec(attributes) ??
      /data-lang(?:uage)?\s*=\s*["']?([\w+#.-]+)/i.exec(attributes)
    const name = found?.[1]?.toLowerCase()
    if (name && !notLanguages.has(name)) return name
  }
  return ''
}

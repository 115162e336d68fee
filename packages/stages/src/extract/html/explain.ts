// Why a page was read as it was: every block with its probability, where it stands and what became of
// it, as lines for the terminal or as a page with colours.
import type { Analysis } from './analyse-page.ts'
import type { ExplainedPage } from './extract-page.ts'
import { tagNames } from './tags.ts'

/** One line per block: kept or not, probability, element, beginning of the text. */
export function scoreLines(page: ExplainedPage): string[] {
  return page.texts.map((text, block) => {
    const mark = page.keep[block] === 1 ? '+' : '-'
    const p = (page.classified.probabilities[block] ?? 0).toFixed(2)
    return `${mark} ${p} ${(page.places[block] ?? '').padEnd(24)} ${text.slice(0, 100)}`
  })
}

/** Where a block stands: its element and the nearest class or id. */
export function placeName({ page, blocks }: Analysis, block: number): string {
  const container = blocks.container[block] ?? -1
  const name = tagNames[page.tag[container] ?? 0] ?? ''
  for (let node = container; node >= 0; node = page.parent[node] ?? -1) {
    const attributes = page.html.slice(page.from[node], page.to[node])
    const label = /\b(?:class|id)\s*=\s*["']?([^"'>]{1,40})/i.exec(attributes)?.[1]?.trim()
    if (label) return `${name} .${label.split(/\s+/).slice(0, 2).join('.')}`
  }
  return name
}

/** A page of its own: green blocks were kept, red ones dropped; the paler, the less sure. */
export function explainHtml(page: ExplainedPage, url: string): string {
  const rows = page.texts.map((text, block) => {
    const p = page.classified.probabilities[block] ?? 0
    const isKept = page.keep[block] === 1
    const strength = (0.08 + Math.abs(p - 0.5) * 0.5).toFixed(2)
    const colour = isKept ? `rgba(0,150,60,${strength})` : `rgba(200,40,30,${strength})`
    return `<div style="background:${colour}"><code>${p.toFixed(2)} ${escapeHtml(page.places[block] ?? '')}</code>${escapeHtml(text)}</div>`
  })
  const types = Array.from(page.classified.types, (p) => p.toFixed(2)).join(' ')
  return `<!doctype html><meta charset="utf-8"><title>${escapeHtml(url)}</title>
<style>body{font:15px/1.5 sans-serif;max-width:70em;margin:2em auto}div{padding:2px 8px;margin:1px 0}code{color:#555;font-size:11px;margin-right:1em}</style>
<h1>${escapeHtml(url || 'page')}</h1><p>${page.type} (${types})${page.reason === undefined ? '' : `, dropped: ${page.reason}`}</p>
${rows.join('\n')}
`
}

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')

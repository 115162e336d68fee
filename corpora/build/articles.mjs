// The hand-written articles of corpora/written: front matter and a small subset of Markdown
// (paragraphs, `## ` headings, `- ` lists, `> ` quotes, tables, fenced code), read into blocks.
// They are the gold text of their pages: all that surrounds them comes from site-layouts.mjs.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** All articles under `folder`, ordered by path: { slug, lang, title, author, date, site, tags, blocks }. */
export function readArticles(folder) {
  const articles = []
  for (const lang of readdirSync(folder).toSorted()) {
    if (lang.includes('.')) continue
    for (const file of readdirSync(join(folder, lang)).toSorted()) {
      const source = readFileSync(join(folder, lang, file), 'utf8')
      articles.push({ slug: file.replace('.md', ''), lang, ...parseArticle(source) })
    }
  }
  return articles
}

function parseArticle(source) {
  const [, front, body] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(source)
  const fields = {}
  for (const line of front.split('\n')) {
    const colon = line.indexOf(': ')
    fields[line.slice(0, colon)] = line.slice(colon + 2)
  }
  return { ...fields, tags: fields.tags.split(', '), blocks: parseBlocks(body) }
}

/** Blocks of a Markdown subset, each with its kind and text or rows. */
export function parseBlocks(body) {
  const fenced = body.trim().split(/^```\n?/m)
  return fenced.flatMap((part, i) => {
    if (i % 2 === 1) return [{ kind: 'code', text: part.replace(/\n$/, '') }]
    return part
      .split(/\n{2,}/)
      .map((text) => text.trim())
      .filter((text) => text !== '')
      .map(parseBlock)
  })
}

function parseBlock(text) {
  if (text.startsWith('## ')) return { kind: 'heading', text: text.slice(3) }
  if (text.startsWith('> ')) return { kind: 'quote', text: text.replaceAll(/^> /gm, '') }
  if (text.startsWith('- ')) return { kind: 'list', rows: text.slice(2).split(/\n- /) }
  if (text.startsWith('|')) {
    const rows = text.split('\n').filter((row) => !row.startsWith('|--'))
    return {
      kind: 'table',
      rows: rows.map((row) =>
        row
          .slice(1, -1)
          .split('|')
          .map((cell) => cell.trim()),
      ),
    }
  }
  return { kind: 'paragraph', text: text.replaceAll('\n', ' ') }
}

/** HTML of `blocks`; inline code in backticks becomes a `code` element. */
export function blocksToHtml(blocks) {
  return blocks.map(blockToHtml).join('\n')
}

function blockToHtml({ kind, text, rows }) {
  if (kind === 'heading') return `<h2>${inline(text)}</h2>`
  if (kind === 'quote') return `<blockquote><p>${inline(text)}</p></blockquote>`
  if (kind === 'code') return `<pre><code>${escapeHtml(text)}</code></pre>`
  if (kind === 'list')
    return `<ul>\n${rows.map((row) => `<li>${inline(row)}</li>`).join('\n')}\n</ul>`
  if (kind !== 'table') return `<p>${inline(text)}</p>`
  const [head, ...body] = rows
  const row = (cells, tag) =>
    `<tr>${cells.map((cell) => `<${tag}>${inline(cell)}</${tag}>`).join('')}</tr>`
  return `<table>\n${row(head, 'th')}\n${body.map((cells) => row(cells, 'td')).join('\n')}\n</table>`
}

function inline(text) {
  return escapeHtml(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>')
}

export function escapeHtml(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

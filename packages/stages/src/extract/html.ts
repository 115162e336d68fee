// Main content of a web page: finds the article, the posts of a thread, the products of a listing,
// leaves out navigation, banners and related links, and reads the page's metadata. The page is
// scanned once into flat arrays (html/scan.ts), cut into text blocks (html/blocks.ts), and two small
// tree ensembles judge each block (html/classify-blocks.ts). No DOM is built; user rules get a
// cheerio view of their pages. Cost: about 50 MB of HTML per second and core (docs/log.md).
import { defineMap, type Document } from '@shardmill/core'
import { z } from 'zod'
import { decodeDocument } from './decode.ts'
import { extractPage } from './html/extract-page.ts'
import { cleanText } from './html/inline-text.ts'
import { loadSiteRules } from './html/site-rules.ts'

export const html = defineMap({
  name: 'html',
  version: 2,
  after: ['decode'],
  checkpoint: true,
  summary: 'Main content and metadata of HTML pages; drops pages without any.',
  options: z.strictObject({
    format: z
      .enum(['text', 'markdown'])
      .default('text')
      .describe('Plain text, or Markdown with headings, lists, tables and fenced code.'),
    links: z.boolean().default(false).describe('Markdown only: keeps the targets of links.'),
    minChars: z
      .int()
      .min(0)
      .default(25)
      .describe('Pages whose main content has fewer characters are dropped as `too-short`.'),
    keepComments: z
      .enum(['auto', 'always', 'never'])
      .default('auto')
      .describe(
        'Comments under articles; `auto` leaves them to the model. Forum posts always stay.',
      ),
    keepTitle: z
      .enum(['auto', 'always', 'never'])
      .default('auto')
      .describe(
        'The headline as first line of the text; `auto` leaves it to the model. `meta.title` always has it.',
      ),
    maxChars: z
      .int()
      .min(1)
      .default(50_000_000)
      .describe('Longer pages are dropped as `too-long`.'),
    timeoutMs: z
      .int()
      .min(1)
      .default(10_000)
      .describe('Pages that take longer are dropped as `timeout`; normal ones take milliseconds.'),
    rules: z
      .array(z.string())
      .default([])
      .describe('Modules of your own rules for sites: what to keep and to drop of their pages.'),
  }),
  files: (options) => options.rules,
  async map(options, context) {
    const rules = await loadSiteRules(options.rules.map((path) => context.path(path)))
    return (document) => {
      decodeDocument(document)
      const source = document.html
      if (source === undefined) return
      document.html = undefined
      document.content = undefined
      const drop = (reason: string): void => {
        document.dropped = { stage: 'html', reason }
      }
      if (isPlainText(document)) {
        document.text = cleanText(source)
        return
      }
      if (source.length > options.maxChars) return drop('too-long')
      const { text, metadata, type, reason } = extractPage(source, options, document.url)
      Object.assign(document.meta, metadata, { page_type: type })
      const ruled = rules?.apply(source, document.url, options)
      if (ruled === null) return drop('site-rule')
      document.text = ruled === undefined ? text : cleanText(ruled)
      if (ruled === undefined && reason !== undefined) return drop(reason)
      if (document.text.length < options.minChars) drop('too-short')
    }
  },
})

const markupType = /html|xml/i

/** `text/plain` and other text types that are no markup. */
function isPlainText(document: Document): boolean {
  const type = document.contentType.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  return type.startsWith('text/') && !markupType.test(type)
}

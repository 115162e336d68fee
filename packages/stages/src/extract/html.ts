// Main content of a web page: finds the article, the posts of a thread, the products of a listing,
// leaves out navigation, banners and related links, and reads the page's metadata. The page is
// scanned once into flat arrays (html/scan.ts), cut into text blocks (html/blocks.ts) and judged
// block by block (html/select-blocks.ts). No DOM is built.
import { defineMap, type Document } from '@shardmill/core'
import { z } from 'zod'
import { decodeDocument } from './decode.ts'
import { extractPage } from './html/extract-page.ts'
import { cleanText } from './html/inline-text.ts'

const markupType = /html|xml/i

export const html = defineMap({
  name: 'html',
  after: ['decode'],
  checkpoint: true,
  summary: 'Main content and metadata of HTML pages; drops pages without any.',
  options: z.strictObject({
    /** Pages whose main content has fewer characters are dropped as `too-short`. */
    minChars: z.int().min(0).default(25),
  }),
  map(options) {
    return (document) => {
      decodeDocument(document)
      const source = document.html
      if (source === undefined) return
      document.html = undefined
      document.content = undefined
      if (isPlainText(document)) {
        document.text = cleanText(source)
        return
      }
      const { text, metadata, reason } = extractPage(source, options)
      Object.assign(document.meta, metadata)
      document.text = text
      if (reason !== undefined) document.dropped = { stage: 'html', reason }
    }
  },
})

/** `text/plain` and other text types that are no markup. */
function isPlainText(document: Document): boolean {
  const type = document.contentType.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  return type.startsWith('text/') && !markupType.test(type)
}

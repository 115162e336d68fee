// Cuts paragraphs out of documents: lines between blank lines, compared as one. Rules, comparison and
// cost: repeated-parts.ts. Paragraphs are longer than lines, so two documents are enough to call one
// repeated: quotations, licence texts, press releases, the "about us" of a site.
import type { Document } from '@shardmill/core/document'
import type { Spans } from '@shardmill/core/lines'
import { defineCorpus } from '@shardmill/core/stage'
import { createPartPass, partOptions } from './repeated-parts.ts'

export const paragraphDedup = defineCorpus({
  name: 'paragraph-dedup',
  summary: 'Cuts boilerplate paragraphs of a site and paragraphs that other documents have.',
  options: partOptions({
    siteDocuments: 3,
    siteShare: 0.1,
    siteMinSize: 12,
    siteEdge: 3,
    documents: 2,
    minSize: 60,
  }),
  after: ['html'],
  create: (options) => createPartPass('repeated-paragraphs', options, paragraphsOf),
})

/** Runs of lines that are not blank. */
function paragraphsOf({ text, lines }: Document): Spans {
  const starts = new Uint32Array(lines.count)
  const ends = new Uint32Array(lines.count)
  let count = 0
  let isOpen = false
  for (let line = 0; line < lines.count; line++) {
    const [start, end] = [lines.starts[line]!, lines.ends[line]!]
    if (isBlank(text, start, end)) {
      isOpen = false
      continue
    }
    if (!isOpen) starts[count++] = start
    ends[count - 1] = end
    isOpen = true
  }
  return { count, starts, ends }
}

function isBlank(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    if (!/\s/.test(text[i]!)) return false
  }
  return true
}

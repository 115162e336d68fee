// Cuts lines out of documents: boilerplate of a site (menus, footers, "share this") and long lines that
// stand in several documents. Rules, comparison and cost: repeated-parts.ts. CCNet (Wenzek et al. 2019)
// removes paragraphs, its lines, by hash over a shard; here a site has a rule of its own and the corpus
// is one. A line counts in documents: a refrain within one song is left alone.
import { defineCorpus } from '@shardmill/core/stage'
import { createPartPass, partOptions } from './repeated-parts.ts'

export const lineDedup = defineCorpus({
  name: 'line-dedup',
  summary: 'Cuts boilerplate lines of a site and lines that many documents have.',
  options: partOptions({
    siteDocuments: 4,
    siteShare: 0.1,
    siteMinSize: 4,
    siteEdge: 6,
    documents: 4,
    minSize: 24,
  }),
  after: ['html'],
  create: (options) => createPartPass('repeated-lines', options, (document) => document.lines),
})

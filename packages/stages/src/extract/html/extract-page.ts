// One page to its main content: scan, cut into blocks, judge the blocks, render the kept ones. Pure:
// the same string gives the same result.
import { analysePage, type Analysis } from './analyse-page.ts'
import type { Blocks } from './blocks.ts'
import { classifyBlocks, extractionModel } from './classify-blocks.ts'
import { readMetadata, type Metadata } from './metadata.ts'
import type { PageType } from './page-features.ts'
import { cleanText } from './inline-text.ts'
import { render } from './render.ts'
import { chooseBlocks } from './select-blocks.ts'

export interface ExtractedPage {
  readonly text: string
  readonly metadata: Metadata
  readonly type: PageType
  /** Why there is no text: a key for the statistics. */
  readonly reason: string | undefined
}

export interface ExtractSettings {
  readonly minChars: number
}

/** Extracts the main content of a page given as a string; `url` may be ''. */
export function extractPage(html: string, settings: ExtractSettings, url = ''): ExtractedPage {
  const model = extractionModel()
  let analysis = analysePage(html, url)
  if (visibleChars(analysis.blocks) < 200) analysis = analysePage(html, url, true)
  const { type, probabilities } = classifyBlocks(model, analysis)
  const { text } = finishPage(analysis, chooseBlocks(analysis, probabilities))
  const metadata = readMetadata(analysis.head)
  return { text, metadata, type, reason: rejection(text, analysis.blocks, settings.minChars, html) }
}

/** Renders the choice; JSON-LD's body stands in when the page shows much less. */
export function finishPage(analysis: Analysis, keep: Uint8Array): { readonly text: string } {
  const text = render(analysis.page, analysis.blocks, keep)
  const { articleBody } = analysis.head.jsonLd
  if (articleBody.length > 200 && text.length * 2 < articleBody.length) {
    return { text: cleanText(articleBody.replace(/<[^>]{0,500}>/g, ' ')).trim() }
  }
  return { text }
}

function rejection(
  text: string,
  blocks: Blocks,
  minChars: number,
  html: string,
): string | undefined {
  if (text.length >= minChars) return undefined
  if (text.length > 0) return 'too-short'
  if (blocks.count === 0 && /<script/i.test(html)) return 'script-only'
  return 'empty'
}

function visibleChars(blocks: Blocks): number {
  let sum = 0
  for (let block = 0; block < blocks.count; block++) sum += blocks.chars[block] ?? 0
  return sum
}

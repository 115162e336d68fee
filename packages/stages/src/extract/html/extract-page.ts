// One page to its main content: scan, cut into blocks, judge the blocks, render the kept ones. Pure:
// the same string gives the same result.
import { findBlocks, type Blocks } from './blocks.ts'
import { readHead, readMetadata, type Metadata } from './metadata.ts'
import { cleanText, renderText } from './render-text.ts'
import { scan } from './scan.ts'
import { selectBlocks } from './select-blocks.ts'

export interface ExtractedPage {
  readonly text: string
  readonly metadata: Metadata
  /** Why there is no text: a key for the statistics. */
  readonly reason: string | undefined
}

export interface ExtractSettings {
  readonly minChars: number
}

/** Extracts the main content of a page given as a string. */
export function extractPage(html: string, settings: ExtractSettings): ExtractedPage {
  const page = scan(html)
  const head = readHead(page)
  const metadata = readMetadata(head)
  let blocks = findBlocks(page)
  if (visibleChars(blocks) < settings.minChars) blocks = findBlocks(page, true)
  let text = renderText(page, blocks, selectBlocks(page, blocks))
  const { articleBody } = head.jsonLd
  if (articleBody.length > 200 && text.length * 2 < articleBody.length) {
    text = cleanText(articleBody.replace(/<[^>]{0,500}>/g, ' ')).trim()
  }
  const reason = rejection(text, blocks, settings.minChars, html)
  return { text, metadata, reason }
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

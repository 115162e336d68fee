// One page to its main content: scan, cut into blocks, judge the blocks, render the kept ones. Pure but
// for the clock of the time budget: the same string gives the same result.
import { analysePage, type Analysis } from './analyse-page.ts'
import { classifyBlocks, extractionModel, type Classified } from './classify-blocks.ts'
import { embeddedText } from './embedded-text.ts'
import { placeName } from './explain.ts'
import { readMetadata, type HeadFacts, type Metadata } from './metadata.ts'
import type { PageType } from './page-features.ts'
import { render, type RenderSettings } from './render.ts'
import { chooseBlocks, type KeepComments, type KeepTitle } from './select-blocks.ts'

export interface ExtractSettings extends RenderSettings {
  /** Less text is `too-short`. */
  readonly minChars: number
  readonly keepComments: KeepComments
  readonly keepTitle: KeepTitle
  /** Milliseconds; checked between steps. */
  readonly timeoutMs: number
}

export const defaultSettings: ExtractSettings = {
  format: 'text',
  links: false,
  minChars: 0,
  keepComments: 'auto',
  keepTitle: 'auto',
  timeoutMs: 10_000,
}

export type Rejection = 'empty' | 'too-short' | 'soft-404' | 'script-only' | 'timeout'

export interface ExtractedPage {
  readonly text: string
  readonly metadata: Metadata
  readonly type: PageType
  /** Why the page is not worth keeping. */
  readonly reason: Rejection | undefined
}

/** What the viewer shows besides the text. */
export interface ExplainedPage extends ExtractedPage {
  readonly analysis: Analysis
  readonly classified: Classified
  readonly keep: Uint8Array
  /** Text and place of every block. */
  readonly texts: readonly string[]
  readonly places: readonly string[]
}

/** Extracts the main content of a page given as a string; `url` may be ''. */
export function extractPage(
  html: string,
  settings: ExtractSettings = defaultSettings,
  url = '',
): ExtractedPage {
  return finish(judge(html, settings, url), settings)
}

/** The same with everything that led to it, for people; `analysis` lasts until the next page. */
export function explainPage(
  html: string,
  settings: ExtractSettings = defaultSettings,
  url = '',
): ExplainedPage {
  const judged = judge(html, settings, url)
  const { analysis, classified, keep } = judged
  const each = Array.from({ length: analysis.blocks.count }, (_, block) => block)
  const texts = each.map((block) => analysis.textOf(block))
  const places = each.map((block) => placeName(analysis, block))
  return { ...finish(judged, settings), analysis, classified, keep, texts, places }
}

interface Judged {
  readonly analysis: Analysis
  readonly classified: Classified
  readonly keep: Uint8Array
  readonly isLate: boolean
}

function judge(html: string, settings: ExtractSettings, url: string): Judged {
  const started = performance.now()
  const model = extractionModel()
  const analysis = analysePage(html, url)
  const classified = classifyBlocks(model, analysis)
  const keep = chooseBlocks(analysis, classified, settings)
  const isLate = performance.now() - started > settings.timeoutMs
  return { analysis, classified, keep, isLate }
}

function finish(judged: Judged, settings: ExtractSettings): ExtractedPage {
  const { analysis, classified, keep, isLate } = judged
  const metadata = readMetadata(analysis.head)
  const { type } = classified
  if (isLate) return { text: '', metadata, type, reason: 'timeout' }
  const blocks = analysis.blocks.count
  const { text } = finishPage(analysis, keep, settings)
  return { text, metadata, type, reason: rejection(text, analysis.head, blocks, settings.minChars) }
}

/** Renders the choice; text from JSON stands in when the page shows much less than it holds. */
export function finishPage(
  analysis: Analysis,
  keep: Uint8Array,
  settings: RenderSettings = defaultSettings,
): { readonly text: string } {
  const text = render(analysis.page, analysis.blocks, keep, settings)
  return { text: embeddedText(analysis, text, settings) ?? text }
}

const notFoundTitle =
  /^\W*(?:error\W*)?404\b|\b404\W*(?:error|not found)|\b(?:page|file|seite|página) (?:not found|cannot be found|nicht gefunden|no encontrada)|page (?:introuvable|non trouvée)|(?:页面|頁面|网页|内容|文章).{0,6}(?:不存在|未找到|找不到|已删除|已刪除)|找不到.{0,4}(?:页面|頁面|网页)|ページが見つかりません|페이지를 찾을 수/i

function rejection(
  text: string,
  head: HeadFacts,
  blocks: number,
  minChars: number,
): Rejection | undefined {
  const isNotFound = notFoundTitle.test(head.title) || notFoundTitle.test(head.h1)
  if (text.length < 600 && isNotFound) return 'soft-404'
  if (text.length >= Math.max(1, minChars)) return undefined
  if (text.length > 0) return 'too-short'
  return blocks === 0 && head.hasScripts ? 'script-only' : 'empty'
}

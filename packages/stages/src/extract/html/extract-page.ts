// One page to its main content: scan, cut into blocks, judge the blocks, render the kept ones. Pure but
// for the clock of the time budget: the same string gives the same result.
import { analysePage, type Analysis } from './analyse-page.ts'
import { classifyBlocks, extractionModel, type Classified } from './classify-blocks.ts'
import { embeddedText } from './embedded-text.ts'
import { readMetadata, type Metadata } from './metadata.ts'
import type { PageType } from './page-features.ts'
import { render, type RenderSettings } from './render.ts'
import { chooseBlocks, type KeepComments } from './select-blocks.ts'

export interface ExtractSettings extends RenderSettings {
  /** Less text is `too-short`. */
  readonly minChars: number
  readonly keepComments: KeepComments
  /** Milliseconds; checked between steps. */
  readonly timeoutMs: number
}

export const defaultSettings: ExtractSettings = {
  format: 'text',
  links: false,
  minChars: 0,
  keepComments: 'auto',
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
}

/** Extracts the main content of a page given as a string; `url` may be ''. */
export function extractPage(
  html: string,
  settings: ExtractSettings = defaultSettings,
  url = '',
): ExtractedPage {
  return explainPage(html, settings, url)
}

/** The same with everything that led to it; valid until the next page is scanned. */
export function explainPage(
  html: string,
  settings: ExtractSettings = defaultSettings,
  url = '',
): ExplainedPage {
  const started = performance.now()
  const model = extractionModel()
  const analysis = analysePage(html, url)
  const metadata = readMetadata(analysis.head)
  const classified = classifyBlocks(model, analysis)
  const keep = chooseBlocks(
    analysis,
    classified.probabilities,
    settings.keepComments,
    classified.type,
  )
  const explained = { metadata, type: classified.type, analysis, classified, keep }
  if (performance.now() - started > settings.timeoutMs)
    return { ...explained, text: '', reason: 'timeout' }
  const { text } = finishPage(analysis, keep, settings)
  return { ...explained, text, reason: rejection(text, analysis, settings.minChars) }
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

function rejection(text: string, analysis: Analysis, minChars: number): Rejection | undefined {
  const { head } = analysis
  if (text.length < 600 && (notFoundTitle.test(head.title) || notFoundTitle.test(head.h1)))
    return 'soft-404'
  if (text.length >= Math.max(1, minChars)) return undefined
  if (text.length > 0) return 'too-short'
  return analysis.blocks.count === 0 && head.hasScripts ? 'script-only' : 'empty'
}

// All visible text of an HTML fragment, without judging it: for site rules, for HTML inside JSON and
// for comparing extractors that answer HTML.
import { findBlocks } from './blocks.ts'
import { render, type RenderSettings } from './render.ts'
import { scan } from './scan.ts'

/** Text of every block of `html`. */
export function htmlToText(html: string, settings?: RenderSettings): string {
  const page = scan(html)
  const blocks = findBlocks(page)
  return render(page, blocks, new Uint8Array(blocks.count).fill(1), settings)
}

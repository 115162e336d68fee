// Chooses the blocks of the main content: paragraphs vote for the elements above them, and the
// blocks under the winner that are not mostly links stay.
import type { Blocks } from './blocks.ts'
import { hintBit } from './hints.ts'
import type { Page } from './scan.ts'

const boilerplate =
  hintBit.navigation |
  hintBit.footer |
  hintBit.sidebar |
  hintBit.related |
  hintBit.share |
  hintBit.promotion |
  hintBit.consent |
  hintBit.overlay

/** 1 for every block of the main content. */
export function selectBlocks(page: Page, blocks: Blocks): Uint8Array {
  const votes = new Float64Array(page.count)
  for (let block = 0; block < blocks.count; block++) {
    const words = blocks.words[block] ?? 0
    const density = (blocks.linkChars[block] ?? 0) / Math.max(1, blocks.chars[block] ?? 0)
    if (words < 8 || density > 0.5) continue
    const points = (1 - density) * (1 + Math.min(3, words / 30) + (blocks.commas[block] ?? 0) / 4)
    let share = 1
    let node = page.parent[blocks.container[block] ?? 0] ?? -1
    for (let level = 0; level < 4 && node >= 0; level++) {
      const hint = ((page.bits[node] ?? 0) & boilerplate) !== 0 ? 0.2 : 1
      votes[node] = (votes[node] ?? 0) + points * share * hint
      share *= 0.6
      node = page.parent[node] ?? -1
    }
  }
  let best = -1
  for (let node = 0; node < page.count; node++) {
    if ((votes[node] ?? 0) > (best < 0 ? 0 : (votes[best] ?? 0))) best = node
  }
  const keep = new Uint8Array(blocks.count)
  const from = best < 0 ? 0 : (blocks.begun[best] ?? 0)
  const to = best < 0 ? blocks.count : (blocks.begun[page.end[best] ?? 0] ?? blocks.count)
  for (let block = from; block < to; block++) {
    const density = (blocks.linkChars[block] ?? 0) / Math.max(1, blocks.chars[block] ?? 0)
    if (density < 0.5 || (blocks.words[block] ?? 0) > 60) keep[block] = 1
  }
  return keep
}

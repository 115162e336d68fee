// Text of one block on one line as characters, without making a string of it: what `blockText` gives for
// blocks that are text and inline elements alone. Phrases and title words are looked for in it.
import type { Blocks } from './blocks.ts'
import { firstNode, isKatexHtml, lastNode } from './inline-text.ts'
import type { Page } from './scan.ts'
import { flag, tagFlags, tagNumber } from './tags.ts'

/** Longer blocks are left to `blockText`. */
const maxChars = 2048
/** The line that `fillLine` wrote. */
export const line = new Uint16Array(maxChars)

const T = { math: tagNumber('math'), script: tagNumber('script'), span: tagNumber('span') }
/** Elements whose text is not part of the block's. */
const isLeftOut = new Uint8Array(256)
for (let number = 0; number < tagFlags.length; number++)
  if (((tagFlags[number] ?? 0) & flag.hidden) !== 0) isLeftOut[number] = 1
for (const name of ['rt', 'rp', 'rtc']) isLeftOut[tagNumber(name)] = 1

/** How many characters of `line` were written; -1 for blocks with entities, formulas or too much text. */
export function fillLine(page: Page, blocks: Blocks, block: number): number {
  const { tag, end } = page
  const last = lastNode(page, blocks, block)
  written.length = 0
  written.gap = false
  written.hasBreak = false
  for (let node = firstNode(page, blocks, block); node <= last;) {
    const number = tag[node] as number
    if (number === 0) {
      if (!addText(page.codes, page.from[node] as number, page.to[node] as number)) return -1
      node++
    } else if (number === T.math || number === T.script) return -1
    else if (number === T.span && isKatexHtml(page, node)) return -1
    else node = isLeftOut[number] === 1 ? (end[node] as number) : node + 1
  }
  // Line breaks between Han characters are no blanks.
  return written.hasBreak && (blocks.cjk[block] ?? 0) > 0 ? -1 : written.length
}

const written = { length: 0, gap: false, hasBreak: false }

/** Adds a text node, runs of white space as one blank; false when it has an entity or does not fit. */
function addText(codes: Uint16Array, from: number, to: number): boolean {
  let { length, gap } = written
  for (let i = from; i < to; i++) {
    const code = codes[i] as number
    if (isWhite(code)) {
      gap = true
      if (code === 10) written.hasBreak = true
      continue
    }
    if ((code === 38 && mayBeReference(codes[i + 1] as number)) || length + 2 > maxChars)
      return false
    if (gap && length > 0) line[length++] = 32
    gap = false
    line[length++] = code
  }
  written.length = length
  written.gap = gap
  return true
}

const mayBeReference = (code: number): boolean =>
  code === 35 || ((code | 32) >= 97 && (code | 32) <= 122)

/** What `squash` in inline-text.ts takes for white space. */
const isWhite = (code: number): boolean => {
  if (code <= 32) return code === 32 || (code >= 9 && code <= 13)
  return code === 0xa0 || (code >= 0x1680 && isWideWhite(code))
}

const isWideWhite = (code: number): boolean =>
  code === 0x1680 ||
  (code >= 0x2000 && code <= 0x200b) ||
  code === 0x2028 ||
  code === 0x2029 ||
  code === 0x202f ||
  code === 0x205f ||
  code === 0x3000 ||
  code === 0xfeff

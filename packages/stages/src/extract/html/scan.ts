// HTML to a flat tree in one pass, without a DOM. Nodes stand in document order in parallel typed
// arrays; a subtree is the range [node, end). The scanner follows the HTML Standard where it matters
// for text (raw-text elements, implied end tags, void elements) and is simpler elsewhere: misnested
// inline tags are closed rather than rebuilt. No recursion; depth is capped, deeper elements stay
// in the tree but share the deepest parent. An unclosed comment or script that would swallow the
// page ends where the next structural tag starts.
// Cost: 200-400 MB/s; 29 bytes per node, buffers are reused, so one page lives at a time.
import { hints } from './hints.ts'
import { isSpace, readAttributes, startAttributes, tagEnd } from './attributes.ts'
import {
  closeBefore,
  describeNode,
  endTag,
  finishTree,
  isOpen,
  openNode,
  pushNode,
  pushRaw,
  startTree,
  type Page,
} from './flat-tree.ts'
import { flag, hashStart, hashStep, lookUpTag, tagFlags, tagNumber } from './tags.ts'

export type { Page } from './flat-tree.ts'

const T = {
  custom: 2,
  body: tagNumber('body'),
  br: tagNumber('br'),
  html: tagNumber('html'),
  noscript: tagNumber('noscript'),
} as const

const structural = /<\/?(?:head|body|div|p|article|main|section|h1|table|ul)\b/gi

const isLetter = (code: number): boolean => (code | 32) >= 97 && (code | 32) <= 122

/** 0 for raw elements whose end was looked for in vain: it need not be looked for again. */
const hasRawEnd = new Uint8Array(tagFlags.length)
/** Where the open <noscript> ends; nothing inside may reach beyond it. */
let noscriptEnd = -1

/** Scans a page of any content; never throws, linear in its length. */
export function scan(html: string): Page {
  const length = html.length
  startTree()
  startAttributes()
  hasRawEnd.fill(1)
  noscriptEnd = -1
  let pos = 0
  let hasCommentEnd = true

  while (pos < length) {
    let lt = html.indexOf('<', pos)
    if (lt < 0) lt = length
    let next = lt + 1
    let code = next < length ? html.charCodeAt(next) : 0
    // `a < b` and `<3` are text.
    while (lt < length && !isLetter(code) && code !== 47 && code !== 33 && code !== 63) {
      lt = html.indexOf('<', next)
      if (lt < 0) lt = length
      next = lt + 1
      code = next < length ? html.charCodeAt(next) : 0
    }
    if (lt > pos) pushNode(0, pos, lt)
    if (lt >= length) break

    if (code === 33 || code === 63) {
      // Comment, doctype, CDATA or processing instruction.
      if (code === 33 && html.charCodeAt(next + 1) === 45 && html.charCodeAt(next + 2) === 45) {
        let close = -1
        const after = html.charCodeAt(next + 3)
        if (after === 62) close = next + 4 - 3
        else if (hasCommentEnd) close = html.indexOf('-->', next + 1)
        if (close >= 0) {
          pos = after === 62 ? next + 4 : close + 3
          continue
        }
        hasCommentEnd = false
        pos = recover(html, next + 3)
        continue
      }
      const close = html.indexOf('>', next)
      pos = close < 0 ? length : close + 1
      continue
    }

    const isEnd = code === 47
    if (isEnd) {
      next++
      code = next < length ? html.charCodeAt(next) : 0
      if (!isLetter(code)) {
        const close = html.indexOf('>', next)
        pos = close < 0 ? length : close + 1
        continue
      }
    }
    let hash = hashStart
    let isCustom = false
    while (next < length) {
      code = html.charCodeAt(next)
      if (code === 62 || code === 47 || isSpace(code) || code === 60) break
      if (code === 45) isCustom = true
      hash = hashStep(hash, code)
      next++
    }
    const number = lookUpTag(hash) || (isCustom ? T.custom : 1)
    if (isEnd) {
      const close = html.indexOf('>', next)
      pos = close < 0 ? length : close + 1
      if (number === T.br) pushNode(T.br, pos, pos)
      else endTag(number)
      continue
    }

    pos = startTag(html, number, hash, next)
  }
  return finishTree(html)
}

/** Reads a start tag from behind its name, and all of a raw element. Returns where to go on. */
function startTag(html: string, number: number, hash: number, nameEnd: number): number {
  const flags = tagFlags[number] as number
  closeBefore(number)
  const node = pushNode(number, nameEnd, nameEnd)
  const stop = readAttributes(html, nameEnd)
  describeNode(node, stop, hints.bits, hints.weight)
  const inside = Math.min(stop + 1, html.length)
  if ((flags & flag.void) !== 0) return inside
  if ((number === T.body || number === T.html) && isOpen(number)) return inside
  if ((flags & flag.raw) !== 0) return rawElement(html, node, number, hash, inside)
  // Foreign elements (svg and its children) may close themselves; HTML elements may not.
  if (tagEnd.isSelfClosing && (number <= T.custom || (flags & flag.hidden) !== 0)) return inside
  if (openNode(node, number) && number === T.noscript && hasRawEnd[number] === 1) {
    noscriptEnd = rawEnd(html, inside, hash)
    if (noscriptEnd < 0) hasRawEnd[number] = 0
  }
  return inside
}

/** Text up to the element's own end tag. Returns where to go on. */
function rawElement(
  html: string,
  node: number,
  number: number,
  hash: number,
  inside: number,
): number {
  let close = -1
  if (hasRawEnd[number] === 1) {
    close = rawEnd(html, inside, hash)
    if (close < 0) hasRawEnd[number] = 0
  }
  if (isOpen(T.noscript) && noscriptEnd >= inside && (close < 0 || close > noscriptEnd)) {
    pushRaw(node, inside, noscriptEnd)
    return noscriptEnd
  }
  // The standard lets it swallow the rest; half a page lost to one typing error is too much.
  const stop = close < 0 ? recover(html, inside) : close
  pushRaw(node, inside, stop)
  if (close < 0) return stop
  const gt = html.indexOf('>', close)
  return gt < 0 ? html.length : gt + 1
}

/** Where `</name` starts, for the element whose name has this hash; -1 when nowhere. */
function rawEnd(html: string, start: number, nameHash: number): number {
  for (let at = html.indexOf('</', start); at >= 0; at = html.indexOf('</', at + 2)) {
    let hash = hashStart
    let i = at + 2
    while (i < html.length && isLetter(html.charCodeAt(i)) && i < at + 12) {
      hash = hashStep(hash, html.charCodeAt(i))
      i++
    }
    if (hash === nameHash) return at
  }
  return -1
}

/** Where to go on after an unclosed comment or raw element: at the next structural tag. */
function recover(html: string, start: number): number {
  structural.lastIndex = start
  const match = structural.exec(html)
  return match ? match.index : html.length
}

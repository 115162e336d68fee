// HTML to a flat tree in one pass, without a DOM. Nodes stand in document order in parallel typed
// arrays; a subtree is the range [node, end). The scanner follows the HTML Standard where it matters
// for text (raw-text elements, implied end tags, void elements) and is simpler elsewhere: misnested
// inline tags are closed rather than rebuilt. No recursion; depth is capped, deeper elements stay
// in the tree but share the deepest parent. An unclosed comment or script that would swallow the
// page ends where the next structural tag starts.
// Cost: 200-400 MB/s; 29 bytes per node, buffers are reused, so one page lives at a time.
import { hints } from './hints.ts'
import { isSpace, readAttributes, startAttributes, tagEnd } from './attributes.ts'
import { codesOf, findCode } from './codes.ts'
import {
  closeBefore,
  describeNode,
  endTag,
  finishTree,
  hasRoom,
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
/** False once no comment ends any more. */
let hasCommentEnd = true

/** Scans a page of any content; never throws, linear in its length. */
export function scan(html: string): Page {
  const length = html.length
  const codes = codesOf(html)
  startTree()
  startAttributes()
  hasRawEnd.fill(1)
  noscriptEnd = -1
  hasCommentEnd = true
  let pos = 0
  while (pos < length && hasRoom()) {
    const lt = tagStart(html, codes, pos)
    if (lt > pos) pushNode(0, pos, lt)
    if (lt >= length) break
    const code = codes[lt + 1] as number
    if (code === 47) pos = endTagAt(html, codes, lt + 2)
    else if (code === 33 || code === 63) pos = declaration(html, codes, lt + 1)
    else pos = startTagAt(html, codes, lt + 1)
  }
  return finishTree(html, codes)
}

/** Where the next tag, comment or declaration starts: `a < b` and `<3` are text. */
function tagStart(html: string, codes: Uint16Array, from: number): number {
  const { length } = html
  let lt = findCode(html, codes, '<', 60, from)
  while (lt < length) {
    const code = codes[lt + 1] as number
    if (isLetter(code) || code === 47 || code === 33 || code === 63) return lt
    lt = findCode(html, codes, '<', 60, lt + 1)
  }
  return length
}

/** Passes over a comment, doctype, CDATA section or processing instruction. Returns where to go on. */
function declaration(html: string, codes: Uint16Array, mark: number): number {
  if (codes[mark] !== 33 || codes[mark + 1] !== 45 || codes[mark + 2] !== 45)
    return Math.min(html.length, findCode(html, codes, '>', 62, mark) + 1)
  if (codes[mark + 3] === 62) return mark + 4
  const close = hasCommentEnd ? html.indexOf('-->', mark + 1) : -1
  if (close >= 0) return close + 3
  hasCommentEnd = false
  return recover(html, mark + 3)
}

/** What the last `readName` read; its number is 0 when the table does not know it. */
const name = { hash: 0, number: 0 }

/** Reads the name of a tag; returns where it ends. */
function readName(codes: Uint16Array, start: number, length: number): number {
  let next = start
  let hash = hashStart
  let isCustom = false
  for (; next < length; next++) {
    const code = codes[next] as number
    if (code === 62 || code === 47 || isSpace(code) || code === 60) break
    if (code === 45) isCustom = true
    hash = hashStep(hash, code)
  }
  name.hash = hash
  name.number = lookUpTag(hash) || (isCustom ? T.custom : 1)
  return next
}

function endTagAt(html: string, codes: Uint16Array, nameStart: number): number {
  const { length } = html
  const isTag = isLetter(codes[nameStart] as number)
  const nameEnd = isTag ? readName(codes, nameStart, length) : nameStart
  const pos = Math.min(length, findCode(html, codes, '>', 62, nameEnd) + 1)
  if (!isTag) return pos
  if (name.number === T.br) pushNode(T.br, pos, pos)
  else endTag(name.number)
  return pos
}

/** Reads a start tag, and all of a raw element. Returns where to go on. */
function startTagAt(html: string, codes: Uint16Array, nameStart: number): number {
  const nameEnd = readName(codes, nameStart, html.length)
  const { hash, number } = name
  const flags = tagFlags[number] as number
  closeBefore(number)
  const node = pushNode(number, nameEnd, nameEnd)
  const stop = readAttributes(html, codes, nameEnd)
  describeNode(node, stop, hints)
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

// Text of one block: its text nodes joined, entities decoded, white space collapsed. Ruby readings are
// left out, formulas become TeX between dollars, and a line break in the source between two Han
// characters is no space. Iterative.
import { toUSVString } from 'node:util'
import { decodeHTML } from 'entities'
import { trait, type Blocks } from './blocks.ts'
import type { Page } from './scan.ts'
import { flag, tagFlags, tagNumber } from './tags.ts'

const T = {
  a: tagNumber('a'),
  annotation: tagNumber('annotation'),
  code: tagNumber('code'),
  math: tagNumber('math'),
  pre: tagNumber('pre'),
  rp: tagNumber('rp'),
  rt: tagNumber('rt'),
  rtc: tagNumber('rtc'),
  script: tagNumber('script'),
  span: tagNumber('span'),
} as const

export interface InlineSettings {
  /** `[text](url)` for links. */
  readonly links: boolean
  /** Backticks around <code>. */
  readonly code: boolean
}
const plain: InlineSettings = { links: false, code: false }

const reference = /&[#A-Za-z]/

/** Text of a range of the page, entities decoded. */
export function sourceText(html: string, from: number, to: number): string {
  const raw = html.slice(from, to)
  return reference.test(raw) ? raw.replace(references, decodeReference) : raw
}

/** What `decodeHTML` takes for a reference lies in one of these and depends on nothing around it. */
const references = /&#?[A-Za-z0-9]+;?/g
const decoded = new Map<string, string>()
const maxDecoded = 4096

/** A page has few references, again and again; looking them up is faster than decoding them. */
function decodeReference(source: string): string {
  let text = decoded.get(source)
  if (text !== undefined) return text
  text = decodeHTML(source)
  if (decoded.size === maxDecoded) decoded.clear()
  if (source.length < 40) decoded.set(source, text)
  return text
}

const controls = /[\0-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028\u2029\ufeff\ufffe\uffff]/
const allControls = new RegExp(controls.source, 'g')

/** Valid Unicode without control characters other than line feed and tab: fit for UTF-8 and Arrow. */
export function cleanText(text: string): string {
  const cleaned = controls.test(text) ? text.replace(/\r\n?/g, '\n').replace(allControls, '') : text
  return toUSVString(cleaned)
}

/** Text of a block with white space as in the source. */
export function blockSource(page: Page, blocks: Blocks, block: number, settings = plain): string {
  const { html, tag, end, from, to } = page
  const last = lastNode(page, blocks, block)
  let text = ''
  /** Marks to write where an inline element ends. */
  const closings: { readonly end: number; readonly mark: string }[] = []
  for (let node = firstNode(page, blocks, block); node <= last;) {
    while (closings.length > 0 && node >= (closings.at(-1)?.end ?? 0)) text += closings.pop()?.mark
    const number = tag[node] ?? 0
    if (number === 0) {
      text += sourceText(html, from[node] ?? 0, to[node] ?? 0)
      node++
      continue
    }
    const after = end[node] ?? node + 1
    if (number === T.math) {
      const tex = texOf(page, node)
      if (tex !== undefined) {
        text += tex
        node = after
        continue
      }
    } else if (number === T.script) {
      const attributes = html.slice(from[node], Math.min(to[node] ?? 0, (from[node] ?? 0) + 200))
      if (attributes.includes('math/tex') && after === node + 2) {
        text += dollars(
          html.slice(from[node + 1], to[node + 1]),
          attributes.includes('mode=display'),
        )
      }
    } else if (number === T.span && isKatexHtml(page, node)) {
      node = after
      continue
    }
    if (
      ((tagFlags[number] ?? 0) & flag.hidden) !== 0 ||
      number === T.rt ||
      number === T.rp ||
      number === T.rtc
    ) {
      node = after
      continue
    }
    if (settings.code && number === T.code) {
      text += '`'
      closings.push({ end: after, mark: '`' })
    } else if (settings.links && number === T.a) {
      const href = hrefOf(html.slice(from[node], to[node]))
      if (href !== '') {
        text += '['
        closings.push({ end: after, mark: `](${href})` })
      }
    }
    node++
  }
  while (closings.length > 0) text += closings.pop()?.mark
  return text
}

/** A block starts with the outermost inline element that starts after the block before it. */
export function firstNode(page: Page, blocks: Blocks, block: number): number {
  const container = blocks.container[block] ?? -1
  const before = block === 0 ? -1 : (blocks.last[block - 1] ?? -1)
  let first = blocks.first[block] ?? 0
  for (
    let up = page.parent[first] ?? -1;
    up > before && up !== container;
    up = page.parent[up] ?? -1
  ) {
    first = up
  }
  return first
}

/** A formula of MathJax after the last text belongs to the block too. */
export function lastNode(page: Page, blocks: Blocks, block: number): number {
  const last = blocks.last[block] ?? 0
  return page.tag[last + 1] === T.script && blocks.blockOf[last + 1] === blocks.container[block]
    ? last + 1
    : last
}

/** White space that is no single blank. Most blocks have none, and a test costs less than a rewrite. */
const unevenSpace = /[\t\n\v\f\r\u00a0\u1680\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeff]| {2}/

/** Every run of white space becomes one blank. */
function squash(text: string): string {
  return (unevenSpace.test(text) ? text.replace(/[\s\u200b\ufeff]+/g, ' ') : text).trim()
}

const hanBreak = /([\u3000-\u9fff\uff00-\uffef])[ \t]*\n\s*(?=[\u3000-\u9fff\uff00-\uffef])/g

const rewritten = trait.reference | trait.uneven | trait.odd | trait.mixed

/**
 * Text of a block that stands in the page as it is output: one text node without entities, control
 * characters or uneven white space, directly below its container but for inline elements that add
 * nothing. Undefined for other blocks.
 */
export function simpleText(
  page: Page,
  blocks: Blocks,
  block: number,
  settings = plain,
): string | undefined {
  if (((blocks.traits[block] ?? 0) & rewritten) !== 0) return undefined
  const { html, tag, parent } = page
  const node = blocks.first[block] ?? 0
  const container = blocks.container[block] ?? -1
  if (tag[node + 1] === T.script) return undefined
  let inner = node
  for (let up = parent[node] ?? -1; up !== container; up = parent[up] ?? -1) {
    const number = tag[up] ?? 0
    if (up !== --inner || number === T.math || (settings.links && number === T.a)) return undefined
    if ((settings.code && number === T.code) || (number === T.span && isKatexHtml(page, up)))
      return undefined
  }
  return html.slice(page.from[node], page.to[node]).trim()
}

/** Text of a block on one line. */
export function blockText(page: Page, blocks: Blocks, block: number, settings = plain): string {
  const simple = simpleText(page, blocks, block, settings)
  if (simple !== undefined) return simple
  const source = blockSource(page, blocks, block, settings)
  const joined =
    (blocks.cjk[block] ?? 0) > 0 && source.includes('\n') ? source.replace(hanBreak, '$1') : source
  return squash(joined)
}

/** TeX of a formula: from its annotation or its alttext; undefined when it has neither. */
function texOf(page: Page, math: number): string | undefined {
  const { html, tag, end, from, to } = page
  const stop = end[math] ?? math
  const attributes = html.slice(from[math], to[math])
  const isDisplay = /display\s*=\s*["']?block/i.test(attributes)
  for (let node = math + 1; node < stop; node++) {
    if (tag[node] !== T.annotation) continue
    if (!/tex/i.test(html.slice(from[node], to[node]))) continue
    let tex = ''
    for (let inner = node + 1; inner < (end[node] ?? 0); inner++) {
      if (tag[inner] === 0) tex += sourceText(html, from[inner] ?? 0, to[inner] ?? 0)
    }
    if (tex.trim() !== '') return dollars(tex, isDisplay)
  }
  const alt = /alttext\s*=\s*(?:"([^"]*)"|'([^']*)')/i.exec(attributes)
  const value = alt?.[1] ?? alt?.[2] ?? ''
  return value.trim() === '' ? undefined : dollars(sourceText(value, 0, value.length), isDisplay)
}

const dollars = (tex: string, isDisplay: boolean): string =>
  isDisplay ? `$$${tex.trim()}$$` : `$${tex.trim()}$`

/** KaTeX writes each formula twice: MathML, which has the TeX, and HTML for the eye. */
export function isKatexHtml(page: Page, node: number): boolean {
  const from = page.from[node] ?? 0
  const length = (page.to[node] ?? 0) - from
  return length > 15 && length < 60 && page.html.slice(from, from + length).includes('katex-html')
}

function hrefOf(attributes: string): string {
  const match = /\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))/i.exec(attributes)
  const href = (match?.[1] ?? match?.[2] ?? match?.[3] ?? '').trim()
  return /^(?:javascript:|#)/i.test(href)
    ? ''
    : sourceText(href, 0, href.length).replace(/[\s()]/g, encodeURIComponent)
}

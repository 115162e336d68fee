// HTML to a flat tree in one pass, without a DOM. Nodes stand in document order in parallel typed
// arrays; a subtree is the range [node, end). The scanner follows the HTML Standard where it matters
// for text (raw-text elements, implied end tags, void elements) and is simpler elsewhere: misnested
// inline tags are closed rather than rebuilt. No recursion; depth is capped, deeper elements stay
// in the tree but share the deepest parent. An unclosed comment or script that would swallow the
// page ends where the next structural tag starts.
// Cost: 200-400 MB/s; 29 bytes per node, buffers are reused, so one page lives at a time.
import { attributeBit, hints, readHints } from './hints.ts'
import { flag, hashStart, hashStep, lookUpTag, tagFlags, tagNumber } from './tags.ts'

/** A page as a flat tree. Valid until the next `scan`. */
export interface Page {
  readonly html: string
  readonly count: number
  /** Tag number (tags.ts); 0 is text. */
  readonly tag: Uint8Array
  readonly parent: Int32Array
  /** One past the last node of the subtree. */
  readonly end: Int32Array
  /** Text: where it lies in `html`. Element: where its attributes lie. */
  readonly from: Int32Array
  readonly to: Int32Array
  /** Words of class, id, role and itemprop (hints.ts). */
  readonly bits: Int32Array
  readonly weight: Float32Array
}

const maxDepth = 256
/** Attributes of one tag that are read; the rest is only skipped. */
const maxAttributes = 256
/** How far an end tag or an implied end looks up the stack. */
const maxLookUp = 64

let capacity = 1 << 14
let tag = new Uint8Array(capacity)
let parent = new Int32Array(capacity)
let end = new Int32Array(capacity)
let from = new Int32Array(capacity)
let to = new Int32Array(capacity)
let bits = new Int32Array(capacity)
let weight = new Float32Array(capacity)

function copied<A extends Uint8Array | Int32Array | Float32Array>(next: A, old: A): A {
  next.set(old)
  return next
}

function growNodes(): void {
  capacity *= 2
  tag = copied(new Uint8Array(capacity), tag)
  parent = copied(new Int32Array(capacity), parent)
  end = copied(new Int32Array(capacity), end)
  from = copied(new Int32Array(capacity), from)
  to = copied(new Int32Array(capacity), to)
  bits = copied(new Int32Array(capacity), bits)
  weight = copied(new Float32Array(capacity), weight)
}

const T = {
  custom: 2,
  a: tagNumber('a'),
  body: tagNumber('body'),
  br: tagNumber('br'),
  dd: tagNumber('dd'),
  dl: tagNumber('dl'),
  dt: tagNumber('dt'),
  head: tagNumber('head'),
  html: tagNumber('html'),
  li: tagNumber('li'),
  menu: tagNumber('menu'),
  noscript: tagNumber('noscript'),
  ol: tagNumber('ol'),
  optgroup: tagNumber('optgroup'),
  option: tagNumber('option'),
  p: tagNumber('p'),
  select: tagNumber('select'),
  table: tagNumber('table'),
  tbody: tagNumber('tbody'),
  td: tagNumber('td'),
  template: tagNumber('template'),
  tfoot: tagNumber('tfoot'),
  th: tagNumber('th'),
  thead: tagNumber('thead'),
  title: tagNumber('title'),
  tr: tagNumber('tr'),
  ul: tagNumber('ul'),
} as const

/** What an element of some kind closes when it starts, and where looking for it stops. */
interface ImpliedEnd {
  readonly closes: ReadonlySet<number>
  readonly stops: ReadonlySet<number>
}
const impliedEnds: (ImpliedEnd | undefined)[] = []
const impliedEnd = (tags: number[], closes: number[], stops: number[]): void => {
  for (const each of tags) impliedEnds[each] = { closes: new Set(closes), stops: new Set(stops) }
}
impliedEnd([T.li], [T.li], [T.ul, T.ol, T.menu, T.table, T.td, T.th])
impliedEnd([T.dt, T.dd], [T.dt, T.dd], [T.dl, T.table, T.td, T.th])
impliedEnd([T.td, T.th], [T.td, T.th], [T.tr, T.table])
impliedEnd([T.tr], [T.tr], [T.table])
impliedEnd([T.thead, T.tbody, T.tfoot], [T.thead, T.tbody, T.tfoot], [T.table])
impliedEnd([T.option, T.optgroup], [T.option], [T.select])

const structural = /<\/?(?:head|body|div|p|article|main|section|h1|table|ul)\b/gi

const isSpace = (code: number): boolean => code <= 32 && (code === 32 || (code >= 9 && code <= 13))
const isLetter = (code: number): boolean => (code | 32) >= 97 && (code | 32) <= 122

/** Scans a page of any content; never throws, linear in its length. */
export function scan(html: string): Page {
  const length = html.length
  const stack = new Int32Array(maxDepth + 1)
  const open = new Int32Array(tagFlags.length)
  let depth = 0
  let overflow = 0
  let count = 0
  let pos = 0
  /** Ends that were looked for in vain: they need not be looked for again. */
  let hasCommentEnd = true
  const hasRawEnd = new Uint8Array(tagFlags.length).fill(1)
  /** Where the open <noscript> ends; nothing inside may reach beyond it. */
  let noscriptEnd = -1
  let hasDoubleQuote = true
  let hasSingleQuote = true

  const pushNode = (number: number, start: number, stop: number): number => {
    if (count === capacity) growNodes()
    tag[count] = number
    parent[count] = depth > 0 ? (stack[depth - 1] ?? -1) : -1
    end[count] = count + 1
    from[count] = start
    to[count] = stop
    bits[count] = 0
    weight[count] = 0
    return count++
  }
  const popTo = (level: number): void => {
    while (depth > level) {
      depth--
      const node = stack[depth] ?? 0
      end[node] = count
      const number = tag[node] ?? 0
      open[number] = (open[number] ?? 1) - 1
    }
  }
  const tagAt = (level: number): number => tag[stack[level] ?? 0] ?? 0
  const closeImplied = (rule: ImpliedEnd): void => {
    const floor = Math.max(0, depth - maxLookUp)
    for (let level = depth - 1; level >= floor; level--) {
      const number = tagAt(level)
      if (rule.closes.has(number)) return popTo(level)
      if (rule.stops.has(number)) return
    }
  }
  /** Closes an open element that only inline elements separate from the top. */
  const closeThroughInline = (wanted: number): void => {
    const floor = Math.max(0, depth - maxLookUp)
    for (let level = depth - 1; level >= floor; level--) {
      const number = tagAt(level)
      if (number === wanted) return popTo(level)
      if (((tagFlags[number] ?? 0) & flag.inline) === 0) return
    }
  }
  const endTag = (number: number): void => {
    if (overflow > 0) {
      overflow--
      return
    }
    if ((open[number] ?? 0) === 0) return
    const flags = tagFlags[number] ?? 0
    const isInline = (flags & flag.inline) !== 0
    for (let level = depth - 1; level >= 0; level--) {
      const other = tagAt(level)
      if (other === number) return popTo(level)
      if (number === T.noscript) continue
      const otherFlags = tagFlags[other] ?? 0
      if (isInline && (otherFlags & flag.inline) === 0) return
      if ((otherFlags & flag.boundary) !== 0 && (flags & flag.boundary) === 0) {
        // A table cell ends only with its row, its table or the page.
        if (number !== T.tr && number !== T.tbody && number !== T.body && number !== T.html) return
      }
    }
  }

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
    const flags = tagFlags[number] ?? 0
    if (isEnd) {
      const close = html.indexOf('>', next)
      pos = close < 0 ? length : close + 1
      if (number === T.br) pushNode(T.br, pos, pos)
      else endTag(number)
      continue
    }

    // Start tag: what it closes first.
    if (open[T.head] !== 0 && (flags & flag.head) === 0 && number !== T.noscript) {
      for (let level = depth - 1; level >= 0; level--) {
        if (tagAt(level) === T.head) {
          popTo(level)
          break
        }
      }
    }
    if ((flags & flag.closesParagraph) !== 0 && open[T.p] !== 0) closeThroughInline(T.p)
    else if (number === T.a && open[T.a] !== 0) closeThroughInline(T.a)
    const implied = impliedEnds[number]
    if (implied) closeImplied(implied)

    const node = pushNode(number, next, next)
    hints.bits = 0
    hints.weight = 0
    let selfClosing = false
    let attributes = 0
    while (next < length) {
      code = html.charCodeAt(next)
      if (code === 62) break
      if (isSpace(code)) {
        next++
        continue
      }
      if (code === 47) {
        selfClosing = html.charCodeAt(next + 1) === 62
        next++
        continue
      }
      const nameFrom = next
      next++
      while (next < length) {
        code = html.charCodeAt(next)
        if (code === 61 || code === 62 || code === 47 || isSpace(code)) break
        next++
      }
      const nameLength = next - nameFrom
      while (next < length && isSpace(html.charCodeAt(next))) next++
      let valueFrom = 0
      let valueTo = 0
      if (html.charCodeAt(next) === 61) {
        next++
        while (next < length && isSpace(html.charCodeAt(next))) next++
        code = html.charCodeAt(next)
        if ((code === 34 && hasDoubleQuote) || (code === 39 && hasSingleQuote)) {
          valueFrom = next + 1
          valueTo = html.indexOf(code === 34 ? '"' : "'", valueFrom)
          if (valueTo < 0) {
            // No such quote in the rest of the page: the value ends where the tag seems to end.
            if (code === 34) hasDoubleQuote = false
            else hasSingleQuote = false
            valueTo = html.indexOf('>', valueFrom)
            if (valueTo < 0) valueTo = length
            next = valueTo
          } else next = valueTo + 1
        } else {
          valueFrom = next
          while (next < length) {
            code = html.charCodeAt(next)
            if (code === 62 || isSpace(code)) break
            next++
          }
          valueTo = next
        }
      }
      if (++attributes > maxAttributes) continue
      const first = html.charCodeAt(nameFrom) | 32
      if (nameLength === 5 && first === 99 && (html.charCodeAt(nameFrom + 4) | 32) === 115) {
        readHints(html, valueFrom, valueTo) // class
      } else if (nameLength === 2 && first === 105) {
        readHints(html, valueFrom, valueTo) // id
      } else if (
        (first === 114 && nameLength === 4) || // role
        (first === 105 && nameLength === 8) || // itemprop
        (first === 104 && nameLength === 6) || // hidden
        (first === 97 && nameLength === 11) || // aria-hidden
        (first === 115 && nameLength === 5) // style
      ) {
        hints.bits |= attributeHint(
          first,
          html.slice(valueFrom, Math.min(valueTo, valueFrom + 200)),
        )
      }
    }
    to[node] = next
    bits[node] = hints.bits
    weight[node] = hints.weight
    pos = next < length ? next + 1 : length

    if ((flags & flag.void) !== 0) continue
    if ((number === T.body || number === T.html) && (open[number] ?? 0) > 0) continue
    if ((flags & flag.raw) !== 0) {
      let close = -1
      if (hasRawEnd[number] === 1) {
        close = rawEnd(html, pos, hash)
        if (close < 0) hasRawEnd[number] = 0
      }
      if (open[T.noscript] !== 0 && noscriptEnd >= pos && (close < 0 || close > noscriptEnd)) {
        pushRaw(pushNode, node, pos, noscriptEnd)
        pos = noscriptEnd
        continue
      }
      if (close < 0) {
        // The standard lets it swallow the rest; half a page lost to one typing error is too much.
        const resume = recover(html, pos)
        pushRaw(pushNode, node, pos, resume)
        pos = resume
        continue
      }
      pushRaw(pushNode, node, pos, close)
      const gt = html.indexOf('>', close)
      pos = gt < 0 ? length : gt + 1
      continue
    }
    // Foreign elements (svg and its children) may close themselves; HTML elements may not.
    if (selfClosing && (number <= T.custom || (flags & flag.hidden) !== 0)) continue
    if (depth >= maxDepth) {
      overflow++
      continue
    }
    if (number === T.noscript && hasRawEnd[number] === 1) {
      noscriptEnd = rawEnd(html, pos, hash)
      if (noscriptEnd < 0) hasRawEnd[number] = 0
    }
    stack[depth++] = node
    open[number] = (open[number] ?? 0) + 1
  }
  popTo(0)
  return { html, count, tag, parent, end, from, to, bits, weight }
}

/** The text of a raw element becomes its only child. */
function pushRaw(
  pushNode: (number: number, start: number, stop: number) => number,
  node: number,
  start: number,
  stop: number,
): void {
  if (stop <= start) return
  const child = pushNode(0, start, stop)
  parent[child] = node
  end[node] = child + 1
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

function attributeHint(first: number, value: string): number {
  const text = value.toLowerCase().trim()
  if (first === 114) {
    if (text === 'main' || text === 'article') return attributeBit.isContent
    if (
      /^(?:navigation|banner|contentinfo|complementary|search|dialog|menu|menubar|alert|alertdialog|toolbar|tablist)$/.test(
        text,
      )
    ) {
      return attributeBit.isBoilerplate
    }
    return 0
  }
  if (first === 105) {
    const isContent = text === 'articlebody' || text === 'text'
    return attributeBit.isProperty | (isContent ? attributeBit.isContent : 0)
  }
  if (first === 104) return text === 'until-found' ? 0 : attributeBit.isHidden
  if (first === 97) return text === 'true' ? attributeBit.isHidden : 0
  return /display\s*:\s*none|visibility\s*:\s*hidden/.test(text) ? attributeBit.isHidden : 0
}

// The flat tree that the scanner fills: nodes in document order in parallel typed arrays, and the stack of
// open elements with the rules of the HTML Standard (13.2.6) about which element ends where, as far as
// they matter for text. Misnested inline tags are closed rather than rebuilt; depth is capped, deeper
// elements stay in the tree but share the deepest parent. Arrays are reused: one page lives at a time.
// These functions are small and apart from the scanner's loop because a JIT compiles all that is
// inlined into one function at once: as closures in the loop they cost 0.4 s of compiling, several times.
import { flag, tagFlags, tagNumber } from './tags.ts'

/** A page as a flat tree. Valid until the next `scan`. */
export interface Page {
  readonly html: string
  /** The same as numbers (codes.ts). */
  readonly codes: Uint16Array
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
  /** Hash of the words of class; 0 without one. */
  readonly look: Int32Array
}

/** The page behind this many nodes is not read: the largest of the development sets has 34,443. */
export const maxNodes = 1 << 19
const maxDepth = 256
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
let look = new Int32Array(capacity)

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
  look = copied(new Int32Array(capacity), look)
}

const stack = new Int32Array(maxDepth + 1)
/** How many elements of each tag are open. */
const open = new Int32Array(tagFlags.length)
let count = 0
let depth = 0
/** Open elements beyond the deepest level. */
let overflow = 0

const T = {
  a: tagNumber('a'),
  body: tagNumber('body'),
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
  tfoot: tagNumber('tfoot'),
  th: tagNumber('th'),
  thead: tagNumber('thead'),
  tr: tagNumber('tr'),
  ul: tagNumber('ul'),
} as const

/** What an element of some kind closes when it starts, and where looking for it stops. */
interface ImpliedEnd {
  readonly closes: ReadonlySet<number>
  readonly stops: ReadonlySet<number>
}
const impliedEnds: (ImpliedEnd | undefined)[] = Array.from(tagFlags, () => undefined)
const impliedEnd = (tags: number[], closes: number[], stops: number[]): void => {
  for (const each of tags) impliedEnds[each] = { closes: new Set(closes), stops: new Set(stops) }
}
impliedEnd([T.li], [T.li], [T.ul, T.ol, T.menu, T.table, T.td, T.th])
impliedEnd([T.dt, T.dd], [T.dt, T.dd], [T.dl, T.table, T.td, T.th])
impliedEnd([T.td, T.th], [T.td, T.th], [T.tr, T.table])
impliedEnd([T.tr], [T.tr], [T.table])
impliedEnd([T.thead, T.tbody, T.tfoot], [T.thead, T.tbody, T.tfoot], [T.table])
impliedEnd([T.option, T.optgroup], [T.option], [T.select])

/** Forgets the page before. */
export function startTree(): void {
  open.fill(0)
  count = 0
  depth = 0
  overflow = 0
}

/** False when the rest of the page is not read. */
export const hasRoom = (): boolean => count < maxNodes

/** Ends all elements that are still open. */
export function finishTree(html: string, codes: Uint16Array): Page {
  popTo(0)
  return { html, codes, count, tag, parent, end, from, to, bits, weight, look }
}

/** Adds a text (number 0) or an element below the innermost open element. */
export function pushNode(number: number, start: number, stop: number): number {
  if (count === capacity) growNodes()
  tag[count] = number
  parent[count] = depth > 0 ? (stack[depth - 1] as number) : -1
  end[count] = count + 1
  from[count] = start
  to[count] = stop
  bits[count] = 0
  weight[count] = 0
  look[count] = 0
  return count++
}

/** Says where an element's attributes end and what they hint at. */
export function describeNode(
  node: number,
  stop: number,
  hints: { readonly bits: number; readonly weight: number; readonly look: number },
): void {
  to[node] = stop
  bits[node] = hints.bits
  weight[node] = hints.weight
  look[node] = hints.look
}

/** The text of a raw element becomes its only child. */
export function pushRaw(node: number, start: number, stop: number): void {
  if (stop <= start) return
  const child = pushNode(0, start, stop)
  parent[child] = node
  end[node] = child + 1
}

/** Opens an element: the nodes to come are inside. False below the deepest level. */
export function openNode(node: number, number: number): boolean {
  if (depth >= maxDepth) {
    overflow++
    return false
  }
  stack[depth++] = node
  open[number] = (open[number] as number) + 1
  return true
}

/** True when an element of this tag is open. */
export const isOpen = (number: number): boolean => open[number] !== 0

function popTo(level: number): void {
  while (depth > level) {
    depth--
    const node = stack[depth] as number
    end[node] = count
    const number = tag[node] as number
    open[number] = (open[number] as number) - 1
  }
}

const tagAt = (level: number): number => tag[stack[level] as number] as number

/** Ends the elements that end where one of this tag starts. */
export function closeBefore(number: number): void {
  const flags = tagFlags[number] as number
  if (open[T.head] !== 0 && (flags & flag.head) === 0 && number !== T.noscript) closeHead()
  if ((flags & flag.closesParagraph) !== 0 && open[T.p] !== 0) closeThroughInline(T.p)
  else if (number === T.a && open[T.a] !== 0) closeThroughInline(T.a)
  const implied = impliedEnds[number]
  if (implied) closeImplied(implied)
}

function closeHead(): void {
  for (let level = depth - 1; level >= 0; level--) if (tagAt(level) === T.head) return popTo(level)
}

function closeImplied(rule: ImpliedEnd): void {
  const floor = Math.max(0, depth - maxLookUp)
  for (let level = depth - 1; level >= floor; level--) {
    const number = tagAt(level)
    if (rule.closes.has(number)) return popTo(level)
    if (rule.stops.has(number)) return
  }
}

/** Closes an open element that only inline elements separate from the top. */
function closeThroughInline(wanted: number): void {
  const floor = Math.max(0, depth - maxLookUp)
  for (let level = depth - 1; level >= floor; level--) {
    const number = tagAt(level)
    if (number === wanted) return popTo(level)
    if (((tagFlags[number] as number) & flag.inline) === 0) return
  }
}

/** Ends the innermost element of this tag, and what is open inside, unless a boundary is between. */
export function endTag(number: number): void {
  if (overflow > 0) {
    overflow--
    return
  }
  if (open[number] === 0) return
  const flags = tagFlags[number] as number
  const isInline = (flags & flag.inline) !== 0
  for (let level = depth - 1; level >= 0; level--) {
    const other = tagAt(level)
    if (other === number) return popTo(level)
    if (other === T.noscript) continue
    const otherFlags = tagFlags[other] as number
    if (isInline && (otherFlags & flag.inline) === 0) return
    if ((otherFlags & flag.boundary) !== 0 && (flags & flag.boundary) === 0) {
      // A table cell ends only with its row, its table or the page.
      if (number !== T.tr && number !== T.tbody && number !== T.body && number !== T.html) return
    }
  }
}

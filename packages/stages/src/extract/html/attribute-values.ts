// Values of a start tag's attributes: one by name, or all. The scanner (attributes.ts) only looks at
// class words and the like; values are read here, for the few elements that say something about the
// page. One pass over the tag's characters for each attribute asked for, no regular expression.
import { isSpace } from './attributes.ts'
import { sourceText } from './inline-text.ts'
import type { Page } from './scan.ts'

/** Longer tags are read up to here. */
const maxChars = 10_000

/** The attribute that `nextAttribute` found; a value that is not there starts at -1. */
const found = { nameFrom: 0, nameTo: 0, valueFrom: -1, valueTo: -1 }

/** Ends a name, or stands between attributes. */
const isNoName = (code: number): boolean =>
  isSpace(code) || code === 61 || code === 47 || code === 62 || code === 34 || code === 39

/** Finds the attribute from `start` on; returns where the next one may start, or -1 when there is none. */
function nextAttribute(codes: Uint16Array, start: number, to: number): number {
  let at = start
  while (at < to && isNoName(codes[at] as number)) at++
  if (at === to) return -1
  found.nameFrom = at
  while (at < to && !isNoName(codes[at] as number)) at++
  found.nameTo = at
  found.valueFrom = -1
  let next = at
  while (next < to && isSpace(codes[next] as number)) next++
  if (next === to || codes[next] !== 61) return at
  next++
  while (next < to && isSpace(codes[next] as number)) next++
  const quote = codes[next] as number
  if (next < to && (quote === 34 || quote === 39)) {
    let close = next + 1
    while (close < to && codes[close] !== quote) close++
    if (close < to) {
      found.valueFrom = next + 1
      found.valueTo = close
      return close + 1
    }
  }
  let stop = next
  while (stop < to && codes[stop] !== 62 && !isSpace(codes[stop] as number)) stop++
  if (stop === next) return at
  found.valueFrom = next
  found.valueTo = stop
  return stop
}

const tagStop = (page: Page, node: number): number =>
  Math.min(page.to[node] ?? 0, (page.from[node] ?? 0) + maxChars)

/** The value that was found, entities decoded; '' when there is none. */
const foundValue = ({ html }: Page): string =>
  found.valueFrom < 0 ? '' : sourceText(html, found.valueFrom, found.valueTo)

/** The first value of an attribute, entities decoded; `name` is in lower case. */
export function attributeOf(page: Page, node: number, name: string): string | undefined {
  const { codes } = page
  const to = tagStop(page, node)
  for (let at = nextAttribute(codes, page.from[node] ?? 0, to); at >= 0;) {
    if (isNamed(codes, name)) return foundValue(page)
    at = nextAttribute(codes, at, to)
  }
  return undefined
}

function isNamed(codes: Uint16Array, name: string): boolean {
  const { nameFrom, nameTo } = found
  if (nameTo - nameFrom !== name.length) return false
  for (let i = 0; i < name.length; i++) {
    const code = codes[nameFrom + i] as number
    const lower = code >= 65 && code <= 90 ? code + 32 : code
    if (lower !== name.charCodeAt(i)) return false
  }
  return true
}

/** Attributes of a tag, names lower-cased, entities decoded; the first of two equal names wins. */
export function attributesOf(page: Page, node: number): Map<string, string> {
  const attributes = new Map<string, string>()
  const to = tagStop(page, node)
  for (let at = nextAttribute(page.codes, page.from[node] ?? 0, to); at >= 0;) {
    const name = page.html.slice(found.nameFrom, found.nameTo).toLowerCase()
    if (!attributes.has(name)) attributes.set(name, foundValue(page))
    at = nextAttribute(page.codes, at, to)
  }
  return attributes
}

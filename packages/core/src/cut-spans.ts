// Takes spans out of a text and says where they were. The pieces that stay keep their order, their
// characters and their indentation, and no two of them come to stand in one line: a line that loses its
// middle is broken there, a line that loses everything goes with its line break, and of the blank
// lines around it one side stays. Cost: linear in the text.
import type { Spans } from './lines.ts'

/** Of the text so far; a blank line of more blanks than this is not seen as one. */
const tailLength = 32
const endsInBlankLine =
  /(?:^|[\n\r\u0085\u2028\u2029])[ \t\u00a0\u3000]*(?:\r\n|[\n\r\u0085\u2028\u2029])$/

/** `text` without `spans` (ascending, apart, in UTF-16 units). */
export function cutSpans(text: string, spans: Spans): string {
  const pieces: string[] = []
  let tail = ''
  const keep = (piece: string): void => {
    pieces.push(piece)
    tail = (tail + piece).slice(-tailLength)
  }
  let at = 0
  let endsCut = false
  for (let i = 0; i < spans.count; i++) {
    const end = skipBlanks(text, spans.ends[i]!)
    let start = spans.starts[i]!
    while (start > at && isBlank(text.charCodeAt(start - 1))) start--
    if (start > at) keep(text.slice(at, start))
    const hasTextBefore = tail !== '' && !isBreak(tail.charCodeAt(tail.length - 1))
    const hasTextAfter = end < text.length && !isBreak(text.charCodeAt(end))
    at = end
    endsCut = end === text.length
    if (hasTextBefore && hasTextAfter) keep('\n')
    if (hasTextBefore || hasTextAfter) continue
    at = afterBreak(text, end)
    if (tail !== '' && !endsInBlankLine.test(tail)) continue
    for (;;) {
      const next = skipBlanks(text, at)
      if (next >= text.length || !isBreak(text.charCodeAt(next))) break
      at = afterBreak(text, next)
    }
  }
  pieces.push(text.slice(at))
  const rest = pieces.join('')
  return endsCut ? rest.trimEnd() : rest
}

function skipBlanks(text: string, from: number): number {
  let at = from
  while (at < text.length && isBlank(text.charCodeAt(at))) at++
  return at
}

function afterBreak(text: string, at: number): number {
  if (at >= text.length) return at
  return text.charCodeAt(at) === 13 && text.charCodeAt(at + 1) === 10 ? at + 2 : at + 1
}

/** White space within a line: space, tab, no-break and ideographic space. */
function isBlank(unit: number): boolean {
  return unit === 0x20 || unit === 9 || unit === 0xa0 || unit === 0x3000
}

function isBreak(unit: number): boolean {
  return unit === 10 || unit === 13 || unit === 0x85 || unit === 0x2028 || unit === 0x2029
}

/** Spans as `start-end` in code points of `text`, as Python slices it: '120-184 900-1011'. */
export function describeSpans(text: string, spans: Spans): string {
  const parts: string[] = []
  let unit = 0
  let point = 0
  const pointAt = (target: number): number => {
    while (unit < target) {
      unit += text.codePointAt(unit)! > 0xffff ? 2 : 1
      point++
    }
    return point
  }
  for (let i = 0; i < spans.count; i++) {
    const start = pointAt(spans.starts[i]!)
    parts.push(`${start}-${pointAt(spans.ends[i]!)}`)
  }
  return parts.join(' ')
}

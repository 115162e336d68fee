// What the line rules of Gopher, FineWeb and the Chinese profile ask about the lines of a document,
// measured in one pass. Lines are trimmed and empty ones are skipped; a paragraph is what stands
// between empty lines. Duplicates are later copies of an earlier line, compared unit by unit.
//
// Where we differ from datatrove: closing quotes and brackets may follow an end mark (。” ends a
// sentence), an ellipsis is an end mark, and a line with spaces at its end is judged without them.
import { categories, category, terminators } from '@shardmill/core/unicode'
import type { Document } from '@shardmill/core/document'
import type { Spans } from '@shardmill/core/lines'

export interface LineMeasures {
  /** Lines that are not empty, and their trimmed length in UTF-16 units. */
  readonly lines: number
  readonly chars: number
  /** Lines that end like a sentence; those that end in an ellipsis (...  …  。。。). */
  readonly terminated: number
  readonly ellipses: number
  /** Lines that end in a colon or semicolon, as the head and the items of a list do. */
  readonly listed: number
  /** Lines that start with a bullet. */
  readonly bullets: number
  readonly duplicateLines: number
  readonly duplicateLineChars: number
  readonly paragraphs: number
  readonly duplicateParagraphs: number
  readonly duplicateParagraphChars: number
  /** Line breaks inside the text, without those around it. */
  readonly breaks: number
  /** Trimmed lines as spans, for rules that need more. */
  readonly spans: Spans
}

const OTHER = 0
const SPACE = 1
const TERMINATOR = 2
const CLOSER = 3
const BULLET = 4
const LISTED = 5

const bulletMarks = '•-*‣◦●○■□▪▫※·➢➤▶►–—★☆◆◇'

const roles = new Uint8Array(0x10000)
for (let unit = 0; unit < 0x10000; unit++) roles[unit] = roleOf(unit)

let last: { readonly lines: Spans; readonly measures: LineMeasures } | undefined

/** The measures of `doc`; the last answer is kept, since several rules ask in a row. */
export function measureLines(doc: Document): LineMeasures {
  if (last?.lines !== doc.lines) last = { lines: doc.lines, measures: measure(doc.text, doc.lines) }
  return last.measures
}

function measure(text: string, all: Spans): LineMeasures {
  const starts = new Uint32Array(all.count)
  const ends = new Uint32Array(all.count)
  const paragraphStarts = new Uint32Array(all.count)
  const paragraphEnds = new Uint32Array(all.count)
  let [lines, chars, terminated, ellipses, listed, bullets, paragraphs] = [0, 0, 0, 0, 0, 0, 0]
  let [firstLine, lastLine] = [0, 0]
  let isInside = false
  for (let line = 0; line < all.count; line++) {
    let start = all.starts[line]!
    let end = all.ends[line]!
    while (start < end && roles[text.charCodeAt(start)] === SPACE) start++
    while (end > start && roles[text.charCodeAt(end - 1)] === SPACE) end--
    if (start === end) {
      isInside = false
      continue
    }
    if (lines === 0) firstLine = line
    lastLine = line
    starts[lines] = start
    ends[lines++] = end
    chars += end - start
    if (!isInside) paragraphStarts[paragraphs++] = start
    paragraphEnds[paragraphs - 1] = end
    isInside = true
    if (roles[text.charCodeAt(start)] === BULLET) bullets++
    let at = end - 1
    if (text.charCodeAt(at) === 0x3e) at = beforeClosingTag(text, start, at)
    while (at > start && roles[text.charCodeAt(at)] === CLOSER) at--
    const role = roles[text.charCodeAt(at)]!
    if (role === LISTED) listed++
    if (role !== TERMINATOR && !isAstralTerminator(text, at)) continue
    terminated++
    if (endsInEllipsis(text, start, at + 1)) ellipses++
  }
  const spans = { count: lines, starts, ends }
  const duplicates = countDuplicates(text, spans)
  const inParagraphs =
    paragraphs === lines
      ? duplicates
      : countDuplicates(text, { count: paragraphs, starts: paragraphStarts, ends: paragraphEnds })
  return {
    lines,
    chars,
    terminated,
    ellipses,
    listed,
    bullets,
    duplicateLines: duplicates.count,
    duplicateLineChars: duplicates.chars,
    paragraphs,
    duplicateParagraphs: inParagraphs.count,
    duplicateParagraphChars: inParagraphs.chars,
    breaks: lastLine - firstLine,
    spans,
  }
}

let slots = new Uint32Array(0)
let spanHashes = new Uint32Array(0)

/** Spans whose text equals that of an earlier one, and how many UTF-16 units they hold. */
export function countDuplicates(text: string, spans: Spans): { count: number; chars: number } {
  let bits = 4
  while (1 << bits < spans.count * 2) bits++
  const size = 1 << bits
  if (slots.length < size) {
    slots = new Uint32Array(size)
    spanHashes = new Uint32Array(size)
  }
  slots.fill(0, 0, size)
  let [count, chars] = [0, 0]
  for (let span = 0; span < spans.count; span++) {
    const start = spans.starts[span]!
    const end = spans.ends[span]!
    let hash = end - start
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
    hash ^= hash >>> 15
    spanHashes[span] = hash
    let slot = hash & (size - 1)
    let found = false
    for (; slots[slot] !== 0; slot = (slot + 1) & (size - 1)) {
      const other = slots[slot]! - 1
      if (spanHashes[other] !== hash >>> 0) continue
      found = isSame(text, spans.starts[other]!, spans.ends[other]!, start, end)
      if (found) break
    }
    if (found) {
      count++
      chars += end - start
    } else slots[slot] = span + 1
  }
  return { count, chars }
}

function isSame(text: string, start: number, end: number, from: number, to: number): boolean {
  if (end - start !== to - from) return false
  for (let i = start, j = from; i < end; i++, j++) {
    if (text.charCodeAt(i) !== text.charCodeAt(j)) return false
  }
  return true
}

/** Left-over markup at a line's end, as in Markdown with HTML: 。</p> ends like a sentence. */
function beforeClosingTag(text: string, start: number, at: number): number {
  for (let tag = at - 2; tag > start && tag > at - 12; tag--) {
    if (text.charCodeAt(tag) !== 0x3c) continue
    return text.charCodeAt(tag + 1) === 0x2f ? tag - 1 : at
  }
  return at
}

function endsInEllipsis(text: string, start: number, end: number): boolean {
  const unit = text.charCodeAt(end - 1)
  if (unit === 0x2026) return true
  const isPoint = unit === 0x2e || unit === 0x3002
  return isPoint && end - start >= 3 && text.startsWith(text.slice(end - 1, end).repeat(3), end - 3)
}

function isAstralTerminator(text: string, at: number): boolean {
  const unit = text.charCodeAt(at)
  if (unit < 0xdc00 || unit > 0xdfff || at === 0) return false
  return terminators.has(text.codePointAt(at - 1)!)
}

function roleOf(unit: number): number {
  if (terminators.has(unit) || unit === 0x2026) return TERMINATOR
  if (unit === 0x3a || unit === 0xff1a || unit === 0x3b || unit === 0xff1b) return LISTED
  if (bulletMarks.includes(String.fromCharCode(unit))) return BULLET
  if (unit === 0x22 || unit === 0x27) return CLOSER
  const value = categories[unit]!
  if (value === category['Pe'] || value === category['Pf']) return CLOSER
  const isSpace = value >= category['Zs']! && value <= category['Cc']!
  return isSpace || unit === 0xfeff || unit === 0x200b ? SPACE : OTHER
}

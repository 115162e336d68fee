// Sentence spans. A sentence ends at a line break, at any full stop of a script without capitals
// (。！？।؟), and at a Latin stop (. ! ?) or ellipsis that is followed by space or the end, with closing
// quotes and brackets attached. A point does not end one after an abbreviation (Dr., e.g., U.S.) or an
// initial, nor before a lower-case letter; decimals and addresses have no space after the point.
//
// Where we differ from UAX 29: Chinese quotations stay whole (“好！”他说。 is one sentence when text
// goes on after the closing quote), and abbreviations are known.
//
// Cost: one pass with a table read per character; 8 bytes per sentence.
import { grow, type Spans } from './lines.ts'
import { categories, category, terminators } from './unicode.ts'

// What a UTF-16 unit does to a sentence.
const OTHER = 0
const SPACE = 1
const BREAK = 2
const LATIN_STOP = 3
const STOP = 4
const CLOSER = 5
const ELLIPSIS = 6

const roles = new Uint8Array(0x10000)
for (let unit = 0; unit < 0x10000; unit++) roles[unit] = roleOf(unit)

// Words before a point that rarely end a sentence: English first, then German, French, Spanish.
const abbreviations = new Set(
  `mr mrs ms dr prof sr jr st messrs mme mlle rev hon gen col capt lt sgt maj vs etc inc ltd co corp
  dept univ no nos vol vols fig figs eq sec ch pp ed eds al cf viz approx est jan feb mar apr jun jul
  aug sep sept oct nov dec bzw usw ca nr str bd hrsg art av sra srta ud uds`.split(/\s+/),
)

let starts = new Uint32Array(256)
let ends = new Uint32Array(256)

/** Sentences of `text` as spans without surrounding white space; never empty. */
export function splitSentences(text: string): Spans {
  const { length } = text
  let count = 0
  let start = -1
  let end = 0
  const push = (): void => {
    if (start < 0) return
    if (count === starts.length) {
      starts = grow(starts)
      ends = grow(ends)
    }
    starts[count] = start
    ends[count++] = end
    start = -1
  }
  for (let i = 0; i < length; i++) {
    const role = roles[text.charCodeAt(i)]!
    if (role === SPACE) continue
    if (role === BREAK) {
      push()
      continue
    }
    if (start < 0) start = i
    end = i + 1
    if (role < LATIN_STOP || role === CLOSER) continue
    // A cluster of stops (?!, ......), then the closers that belong to it.
    let hardest = role
    let isSoft = isSoftStop(text.charCodeAt(i))
    while (end < length) {
      const next = roles[text.charCodeAt(end)]!
      if (next < LATIN_STOP || next === CLOSER) break
      if (next === STOP) hardest = STOP
      isSoft &&= isSoftStop(text.charCodeAt(end))
      end++
    }
    const stopEnd = end
    while (end < length && roles[text.charCodeAt(end)] === CLOSER) end++
    const after = end < length ? roles[text.charCodeAt(end)]! : BREAK
    const isFollowedBySpace = after === SPACE || after === BREAK
    const isQuotation = end > stopEnd
    let isEnd = isFollowedBySpace
    if (hardest === STOP) isEnd ||= !isQuotation || isOpenEnded(text, end)
    else if (isEnd && isSoft && after === SPACE) isEnd = !isAbbreviated(text, start, i, end)
    i = end - 1
    if (isEnd) push()
  }
  push()
  return { count, starts: starts.slice(0, count), ends: ends.slice(0, count) }
}

/** A point or an ellipsis: it may stand inside a sentence, where ! and ? rarely do. */
function isSoftStop(unit: number): boolean {
  return unit === 0x2e || unit === 0x2026
}

/** Whether a new quotation or bracket opens at `at`: “好！”“走吧！” are two sentences. */
function isOpenEnded(text: string, at: number): boolean {
  const value = categories[text.charCodeAt(at)]!
  return value === category['Ps'] || value === category['Pi']
}

/** Whether the point at `point` belongs to an abbreviation or initial, or text goes on in lower case. */
function isAbbreviated(text: string, start: number, point: number, end: number): boolean {
  let next = end
  while (roles[text.charCodeAt(next)] === SPACE) next++
  const following = text.codePointAt(next)
  if (following !== undefined && categories[following] === category['Ll']) return true
  let from = point
  while (from > start && point - from < 8 && isLetter(text.charCodeAt(from - 1))) from--
  const size = point - from
  if (size === 0 || size > 6) return false
  if (size === 1) {
    // An initial (J. Smith) or the last letter of U.S., but not the pronoun I.
    const isPronoun = text.charCodeAt(from) === 0x49 && text.charCodeAt(from - 1) !== 0x2e
    return !isPronoun && categories[text.charCodeAt(from)] === category['Lu']
  }
  return abbreviations.has(text.slice(from, point).toLowerCase())
}

function isLetter(unit: number): boolean {
  const value = categories[unit]!
  return value >= category['Lu']! && value <= category['Lo']!
}

function roleOf(unit: number): number {
  if (unit === 10 || unit === 13 || unit === 0x85 || unit === 0x2028 || unit === 0x2029)
    return BREAK
  if (unit === 0x2e || unit === 0x21 || unit === 0x3f) return LATIN_STOP
  if (unit === 0x2026) return ELLIPSIS
  if (terminators.has(unit)) return STOP
  if (unit === 0x22 || unit === 0x27) return CLOSER
  const value = categories[unit]!
  if (value === category['Pe'] || value === category['Pf']) return CLOSER
  const isSpace = value >= category['Zs']! && value <= category['Cc']!
  return isSpace || unit === 0xfeff ? SPACE : OTHER
}

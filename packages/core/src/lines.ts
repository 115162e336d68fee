// Spans: many [start, end) ranges over one string in two typed arrays, so that a document of ten
// thousand lines costs two allocations and no substrings. Offsets are UTF-16 code units.

export interface Spans {
  readonly count: number
  /** At least `count` long. */
  readonly starts: Uint32Array
  /** At least `count` long; exclusive. */
  readonly ends: Uint32Array
}

// Scratch that grows to the longest document seen; results are copied out at their exact size.
let scratch = new Uint32Array(1024)

/** Lines of `text` split at LF, CRLF, CR, NEL, LS and PS; empty lines are kept as empty spans. */
export function splitLines(text: string): Spans {
  let breaks = scratch
  let count = 0
  const { length } = text
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 13 && unit !== 0x85 && unit !== 0x2028 && unit !== 0x2029) continue
    if (unit < 13 && unit !== 10) continue
    if (count + 2 > breaks.length) breaks = scratch = grow(breaks)
    breaks[count++] = i
    if (unit === 13 && text.charCodeAt(i + 1) === 10) i++
    breaks[count++] = i + 1
  }
  const lines = count / 2 + 1
  const starts = new Uint32Array(lines)
  const ends = new Uint32Array(lines)
  for (let line = 1; line < lines; line++) {
    ends[line - 1] = breaks[line * 2 - 2]!
    starts[line] = breaks[line * 2 - 1]!
  }
  ends[lines - 1] = length
  return { count: lines, starts, ends }
}

/** A copy of twice the length. */
export function grow(array: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(array.length * 2)
  larger.set(array)
  return larger
}

/** (start, end) pairs in any order as ascending spans; those that touch or overlap become one. */
export function mergeSpans(pairs: Uint32Array): Spans {
  const order = Uint32Array.from({ length: pairs.length / 2 }, (_, i) => i)
  order.sort((a, b) => pairs[a * 2]! - pairs[b * 2]!)
  const starts = new Uint32Array(order.length)
  const ends = new Uint32Array(order.length)
  let count = 0
  for (const i of order) {
    const [from, to] = [pairs[i * 2]!, pairs[i * 2 + 1]!]
    if (count > 0 && from <= ends[count - 1]!) {
      if (to > ends[count - 1]!) ends[count - 1] = to
      continue
    }
    starts[count] = from
    ends[count++] = to
  }
  return { count, starts: starts.slice(0, count), ends: ends.slice(0, count) }
}

// Spans: many [start, end) ranges over one string in two typed arrays, so that a document of ten
// thousand lines costs two allocations and no substrings. Offsets are UTF-16 code units.

export interface Spans {
  readonly count: number
  /** At least `count` long. */
  readonly starts: Uint32Array
  /** At least `count` long; exclusive. */
  readonly ends: Uint32Array
}

/** Lines of `text` split at LF, CRLF, CR, NEL, LS and PS; empty lines are kept as empty spans. */
export function splitLines(text: string): Spans {
  let starts = new Uint32Array(Math.max(8, text.length >>> 5))
  let ends = new Uint32Array(starts.length)
  let count = 0
  let start = 0
  const push = (end: number): void => {
    if (count === starts.length) {
      starts = grow(starts)
      ends = grow(ends)
    }
    starts[count] = start
    ends[count++] = end
  }
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 13 && code !== 0x85 && code !== 0x2028 && code !== 0x2029) continue
    if (code !== 10 && code !== 13 && code < 0x80) continue
    push(i)
    if (code === 13 && text.charCodeAt(i + 1) === 10) i++
    start = i + 1
  }
  push(text.length)
  return { count, starts, ends }
}

/** A copy of twice the length. */
export function grow(array: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(array.length * 2)
  larger.set(array)
  return larger
}

// Splitters that need no look-ahead: BERT, the two white space splitters of HF, and Metaspace.
// Every code point has one of three kinds of role: removed, alone in its piece, or member of a run
// of the same role. Cost: 1-2 ns per byte.
import { codePointAt, utf8Width } from './utf8.ts'
import type { Split } from './scanner.ts'

/** 0 is left out, 1 stands alone, any other number joins neighbours of the same number. */
export const role = { removed: 0, alone: 1, word: 2, symbols: 3 } as const

/** A splitter for one table of roles per code point. */
export function createRunScanner(roles: Uint8Array): Split {
  return function split(bytes, from, to, spans) {
    const capacity = spans.length & ~1
    let filled = 0
    let at = from
    while (at < to && filled < capacity) {
      const codePoint = codePointAt(bytes, at)
      const kind = roles[codePoint]!
      const start = at
      at += utf8Width(codePoint)
      if (kind === role.removed) continue
      if (kind !== role.alone) {
        while (at < to) {
          const next = codePointAt(bytes, at)
          if (roles[next] !== kind) break
          at += utf8Width(next)
        }
      }
      spans[filled++] = start
      spans[filled++] = Math.min(at, to)
    }
    return filled >> 1
  }
}

/** Pieces that begin at every U+2581 (E2 96 81), which `prepare` of Metaspace put for each space. */
export const splitAtMetaspace: Split = (bytes, from, to, spans) => {
  const capacity = spans.length & ~1
  let filled = 0
  let at = from
  while (at < to && filled < capacity) {
    spans[filled++] = at++
    while (at < to && !(bytes[at] === 0xe2 && bytes[at + 1] === 0x96 && bytes[at + 2] === 0x81)) {
      at++
    }
    spans[filled++] = at
  }
  return filled >> 1
}

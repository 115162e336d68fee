// Sentence spans. First form: Latin and CJK terminators, closers attached.
import { grow, type Spans } from './lines.ts'

/** Sentences of `text` as trimmed spans; a line break also ends one. */
export function splitSentences(text: string): Spans {
  let starts = new Uint32Array(16)
  let ends = new Uint32Array(16)
  let count = 0
  const pattern = /[^\n.!?。！？…]*(?:[.!?。！？…]+["'”’」』）)\]]*|\n|$)/gu
  for (const { 0: match, index } of text.matchAll(pattern)) {
    const trimmed = match.trim()
    if (trimmed === '') continue
    if (count === starts.length) {
      starts = grow(starts)
      ends = grow(ends)
    }
    const start = index + match.indexOf(trimmed)
    starts[count] = start
    ends[count++] = start + trimmed.length
  }
  return { count, starts, ends }
}

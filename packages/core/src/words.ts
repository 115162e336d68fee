// Word spans. First form: Intl.Segmenter for scripts without spaces, runs of non-space elsewhere.
import { grow, type Spans } from './lines.ts'
import type { ScriptHistogram } from './script-histogram.ts'

export interface Words extends Spans {
  /** A 32-bit hash of each word's code units; equal words have equal hashes. */
  readonly hashes: Uint32Array
}

/** Splits `text` into words and punctuation tokens; white space is never part of one. */
export function splitWords(text: string, scripts: ScriptHistogram): Words {
  let starts = new Uint32Array(64)
  let ends = new Uint32Array(64)
  let count = 0
  const locale = scripts.kana > 0 ? 'ja' : scripts.thai > scripts.han ? 'th' : 'zh'
  for (const { segment, index } of new Intl.Segmenter(locale, { granularity: 'word' }).segment(
    text,
  )) {
    if (segment.trim() === '') continue
    if (count === starts.length) {
      starts = grow(starts)
      ends = grow(ends)
    }
    starts[count] = index
    ends[count++] = index + segment.length
  }
  const hashes = new Uint32Array(count)
  for (let i = 0; i < count; i++) {
    let hash = 0x811c9dc5
    for (let at = starts[i]!; at < ends[i]!; at++) {
      hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
    }
    hashes[i] = hash
  }
  return { count, starts, ends, hashes }
}

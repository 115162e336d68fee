// Where repeated spans may be cut. Spans come from units.ts and so begin and end between code points,
// never inside an emoji or between a letter and its marks. Sentences go further: of a span that begins
// or ends inside a sentence only the whole sentences go, as long as they are half of it; a span that
// is mostly one long sentence is cut as it is.
import type { Document } from '@shardmill/core/document'
import type { Spans } from '@shardmill/core/lines'

/** Spans between which only white space stands, as one. */
export function joinAcrossSpace(text: string, { count, starts, ends }: Spans): Spans {
  const joined = { count: 0, starts: new Uint32Array(count), ends: new Uint32Array(count) }
  for (let i = 0; i < count; i++) {
    const last = joined.count - 1
    if (last >= 0 && /^\s*$/.test(text.slice(joined.ends[last], starts[i]))) {
      joined.ends[last] = ends[i]!
      continue
    }
    joined.starts[joined.count] = starts[i]!
    joined.ends[joined.count++] = ends[i]!
  }
  return joined
}

/** The whole sentences of each span, where they are at least half of it. */
export function toSentences({ sentences }: Document, { count, starts, ends }: Spans): Spans {
  const cut = { count, starts: starts.slice(), ends: ends.slice() }
  let sentence = 0
  for (let i = 0; i < count; i++) {
    while (sentence < sentences.count && sentences.starts[sentence]! < starts[i]!) sentence++
    let next = sentence
    while (next < sentences.count && sentences.ends[next]! <= ends[i]!) next++
    if (next === sentence) continue
    const [from, to] = [sentences.starts[sentence]!, sentences.ends[next - 1]!]
    if ((to - from) * 2 < ends[i]! - starts[i]!) continue
    cut.starts[i] = from
    cut.ends[i] = to
  }
  return cut
}

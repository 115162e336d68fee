// Applies a corpus stage's marks to a document on its way into the next phase: the spans that they mean
// are cut out of the text and recorded in `meta` under the stage's name, in code points of the text
// before the cut. A document that is worth nothing without them is dropped, its text left whole.
import type { CorpusPass, Document } from '@shardmill/core'
import { cutSpans, describeSpans } from '@shardmill/core/cut-spans'
import type { Spans } from '@shardmill/core/lines'
import { addTo, offerSample, type Stats } from '../stats.ts'

/** Cuts a document and counts what was cut under the stage's label. */
export function cutMarks(
  document: Document,
  marks: Spans,
  pass: CorpusPass,
  label: string,
  stats: Stats,
): void {
  const whole = document.text
  const spans = pass.spans?.(document, marks)
  if (!spans || spans.count === 0) return
  document.text = cutSpans(whole, spans)
  const reason = pass.judgeRest?.(document)
  if (reason !== undefined) {
    document.text = whole
    document.dropped = { stage: label, reason }
    return
  }
  document.meta[label] = describeSpans(whole, spans)
  const { counters } = stats.stages[label]!
  addTo(counters, 'documents-cut')
  addTo(counters, 'spans-cut', spans.count)
  let length = 0
  for (let i = 0; i < spans.count; i++) length += spans.ends[i]! - spans.starts[i]!
  addTo(counters, 'characters-cut', length)
  offerSample(stats, `${label}/cut`, document, () => quoteSpans(whole, spans))
}

const around = 30
const shown = 200

/** The first cuts of a text with a little of what stands around them: 'before ⟦cut⟧ after'. */
function quoteSpans(text: string, spans: Spans): string {
  const lines: string[] = []
  for (let i = 0; i < Math.min(spans.count, 4); i++) {
    const [start, end] = [spans.starts[i]!, spans.ends[i]!]
    const before = text.slice(Math.max(0, start - around), start)
    const cut = text.slice(start, Math.min(end, start + shown))
    const rest = end - start > shown ? `… (${end - start} in all)` : ''
    lines.push(`${before}⟦${cut}${rest}⟧${text.slice(end, end + around)}`)
  }
  return lines.join('\n…\n')
}

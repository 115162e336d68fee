// Extra borders inside pieces, for training counts only: where the segmenter ends a word of a script
// without spaces, or where a run of Han gets longer than a limit. Whole clauses of Chinese are one
// piece to GPT-2's pattern, so there are almost as many distinct pieces as pieces; borders bring
// that down, at the price of tokens that never cross them. Both are off by default: they change the
// result. Cost: the segmenter runs at about 13 MB/s, the limit at 300 MB/s.
import { analyseScripts } from '@shardmill/core/script-histogram'
import { scriptNumber, scripts } from '@shardmill/core/unicode'
import { splitWords } from '@shardmill/core/words'
import { codePointAt, utf8Width } from './pretokenize/utf8.ts'

const han = scriptNumber('Han')
const unspaced = new Set(
  ['Han', 'Hiragana', 'Katakana', 'Thai', 'Lao', 'Khmer', 'Myanmar'].map(scriptNumber),
)

export interface CutRules {
  readonly hanMaxRun: number
  readonly segment: boolean
}

/** Marks with 1 the bytes of `bytes[from, to)` at which a piece is cut; `marks` begins at `from`. */
export type Cutter = (bytes: Uint8Array, from: number, to: number, marks: Uint8Array) => void

/** The cutter of these rules. */
export function createCutter({ hanMaxRun, segment }: CutRules): Cutter {
  return (bytes, from, to, marks) => {
    marks.fill(0, 0, to - from)
    if (segment) markWords(bytes, from, to, marks)
    if (hanMaxRun > 0) markRuns(bytes, from, to, marks, hanMaxRun)
  }
}

function markRuns(
  bytes: Uint8Array,
  from: number,
  to: number,
  marks: Uint8Array,
  limit: number,
): void {
  let run = 0
  for (let at = from; at < to;) {
    const codePoint = codePointAt(bytes, at)
    if (scripts[codePoint] !== han || marks[at - from] === 1) run = 0
    if (scripts[codePoint] === han && run++ === limit) {
      marks[at - from] = 1
      run = 1
    }
    at += utf8Width(codePoint)
  }
}

function markWords(bytes: Uint8Array, from: number, to: number, marks: Uint8Array): void {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('utf8')
  const words = splitWords(text, analyseScripts(text))
  let at = from
  let unit = 0
  let isUnspacedBefore = false
  for (let word = 0; word < words.count; word++) {
    const start = words.starts[word]!
    while (unit < start) {
      const codePoint = codePointAt(bytes, at)
      isUnspacedBefore = unspaced.has(scripts[codePoint]!)
      at += utf8Width(codePoint)
      unit += codePoint > 0xffff ? 2 : 1
    }
    // Only between two such characters: spaces and punctuation are the pre-tokeniser's business.
    if (isUnspacedBefore && at < to && unspaced.has(scripts[codePointAt(bytes, at)]!)) {
      marks[at - from] = 1
    }
  }
}

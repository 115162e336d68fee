// Sentence pairs, the second objective of BERT and ALBERT, as a mode of the loader: every document
// piece of a row becomes `[CLS] A [SEP] B [SEP]`, cut in two somewhere in its middle half.
//
//   nsp  next sentence prediction (Devlin et al. 2019): half of the B come from another document.
//   sop  sentence order prediction (Lan et al. 2020): half of the pairs stand in reverse order.
//
// Differences from Google's scripts: cuts are at words where the shard knows them, not at sentences;
// nothing is truncated, so a row grows by three tokens per piece (pack rows of N - 3 for a model of N
// positions). What is drawn depends on (seed, sample number) only.
import { mix32, seeded, type Random } from '@shardmill/core/random'
import type { Row, SourceRow } from './packed-source.ts'

export interface PairOptions {
  readonly kind: 'nsp' | 'sop'
  readonly clsId: number
  readonly sepId: number
  /** Removed from both ends of a piece before it is cut. */
  readonly specialIds: ReadonlySet<number>
  readonly seed: number
}

/** What pairs add to a row. */
export interface PairColumns {
  /** 0 for `[CLS] A [SEP]`, 1 for `B [SEP]`; one for each token. */
  readonly segments: Uint8Array
  /**
   * One for each piece, as `next_sentence_label` of transformers: 0 as in the text, 1 random or in
   * reverse order, -1 when the piece was too short to cut.
   */
  readonly labels: Int8Array
}

/** Tokens that pairs add to a piece. */
export const PAIR_TOKENS = 3

/** Shorter pieces stay whole: [CLS] A [SEP]. */
const LEAST_TOKENS = 4
/** Rows that are looked at for one of another document before the pair stays as it is. */
const TRIES = 16

/** Tokens [from, to) of a row. */
interface Span {
  readonly row: Row
  readonly from: number
  readonly to: number
}

/** Turns rows into rows of pairs. */
export function createPairs(options: PairOptions): (row: SourceRow) => Row {
  return (row) => {
    const random = seeded(mix32(options.seed ^ mix32(row.sample ^ 0x9a125)))
    const pieces: Span[][] = []
    const labels = new Int8Array(row.lengths.length).fill(-1)
    for (const [i, piece] of listPieces(row, options.specialIds).entries()) {
      if (piece.to - piece.from < LEAST_TOKENS) {
        pieces.push([piece])
        continue
      }
      const cut = cutPlace(piece, random)
      const [a, b] = [
        { ...piece, to: cut },
        { ...piece, from: cut },
      ]
      // Drawn before anything else, so that every piece takes its turn in the same way.
      const changes = random.next() < 0.5
      const other = changes && options.kind === 'nsp' ? foreign(row, i, b, random, options) : b
      labels[i] = changes && (options.kind === 'sop' || other !== b) ? 1 : 0
      pieces.push(changes && options.kind === 'sop' ? [b, a] : [a, other])
    }
    return build(row, pieces, labels, options)
  }
}

/** The pieces of a row without special tokens at their ends. */
function listPieces(row: Row, specialIds: ReadonlySet<number>): Span[] {
  const spans: Span[] = []
  let start = 0
  for (const length of row.lengths) {
    let [from, to] = [start, start + length]
    while (from < to && specialIds.has(row.ids[from]!)) from++
    while (to > from && specialIds.has(row.ids[to - 1]!)) to--
    spans.push({ row, from, to })
    start += length
  }
  return spans
}

/** A place in the middle half, moved on to the next word; both sides keep a token. */
function cutPlace({ row, from, to }: Span, random: Random): number {
  const quarter = (to - from) >> 2
  const first = from + quarter + random.below(to - from - 2 * quarter)
  for (let i = first; i < to; i++) if (i > from && row.startsWord?.(i) !== false) return i
  return Math.max(from + 1, Math.min(first, to - 1))
}

/**
 * Tokens of another document in place of `b`, as many at most. Like BERT's script, gives the real
 * continuation when chance finds no other document.
 */
function foreign(
  row: SourceRow,
  piece: number,
  b: Span,
  random: Random,
  { specialIds }: PairOptions,
): Span {
  const doc = row.docId(piece)
  for (let i = 0; i < TRIES; i++) {
    const other = row.another(random)
    const spans = listPieces(other, specialIds)
    const at = random.below(spans.length)
    const { from, to } = spans[at]!
    if (to - from < 2 || other.docId(at) === doc) continue
    const length = Math.min(b.to - b.from, to - from)
    const start = from + random.below(to - from - length + 1)
    return { row: other, from: start, to: start + length }
  }
  return b
}

function build(
  row: Row,
  pieces: readonly Span[][],
  labels: Int8Array,
  { clsId, sepId }: PairOptions,
): Row {
  const lengths = Uint32Array.from(pieces, (parts) =>
    parts.reduce((sum, { from, to }) => sum + to - from + 1, 1),
  )
  const total = lengths.reduce((a, b) => a + b, 0)
  const ids = new Uint32Array(total)
  const segments = new Uint8Array(total)
  const starts = row.startsWord ? new Uint8Array(total) : undefined
  let at = 0
  for (const parts of pieces) {
    ids[at++] = clsId
    for (const [segment, part] of parts.entries()) {
      segments.fill(segment, at, at + part.to - part.from + 1)
      for (let i = part.from; i < part.to; i++, at++) {
        ids[at] = part.row.ids[i]!
        if (starts && part.row.startsWord?.(i) !== false) starts[at] = 1
      }
      ids[at++] = sepId
    }
  }
  const startsWord = starts && ((i: number): boolean => starts[i] === 1)
  return { ...row, ids, lengths, startsWord, pairs: { segments, labels } }
}

// Applies merges that are given, not learned: those of a tokenizer that is being extended, or seed
// merges of the training file. Every word is merged by rank, as an encoder would do it.
// Cost: quadratic in the length of a word, which is short; linear in the number of words.
import { covered, separator, type Cells } from './cells.ts'
import { maxTokens, type BpeVocabulary } from './bpe-vocabulary.ts'
import { ConfigError } from '@shardmill/core/errors'

/** Records the merges in `vocabulary`, in their order, and merges the cells. */
export function applyMerges(
  corpus: Cells,
  vocabulary: BpeVocabulary,
  merges: readonly (readonly [left: string, right: string])[],
): void {
  if (merges.length === 0) return
  const ranks = new Map<number, number>()
  const tokens: number[] = []
  for (const [left, right] of merges) {
    const leftId = vocabulary.idOf(left)
    const rightId = vocabulary.idOf(right)
    if (leftId === undefined || rightId === undefined) {
      throw new ConfigError(`tokenizer: the merge \`${left} ${right}\` joins a token nobody made`, {
        hint: 'merges must come in order, and their characters must be in the alphabet',
      })
    }
    ranks.set(leftId * maxTokens + rightId, tokens.length)
    tokens.push(vocabulary.joinAgain(leftId, rightId))
  }
  const { cells } = corpus
  for (let start = 1; start < corpus.length;) {
    let end = start
    while (cells[end] !== separator) end++
    mergeWord(cells, start, end, ranks, tokens)
    start = end + 1
  }
}

function mergeWord(
  cells: Int32Array,
  start: number,
  end: number,
  ranks: ReadonlyMap<number, number>,
  tokens: readonly number[],
): void {
  for (;;) {
    let best = Infinity
    for (let p = start, q; (q = nextToken(cells, p)) < end; p = q) {
      const rank = ranks.get(cells[p]! * maxTokens + cells[q]!)
      if (rank !== undefined && rank < best) best = rank
    }
    if (best === Infinity) return
    for (let p = start, q; (q = nextToken(cells, p)) < end;) {
      if (ranks.get(cells[p]! * maxTokens + cells[q]!) === best) {
        cells[p] = tokens[best]!
        cells[q] = covered
      } else p = q
    }
  }
}

function nextToken(cells: Int32Array, p: number): number {
  let q = p + 1
  while (cells[q] === covered) q++
  return q
}

// The perceptron's score of every tag at every symbol, written plainly: fifteen character templates
// (Zhang and Clark 2007), two type templates, two repeats and one lexicon feature. Training uses it,
// because its weights change at every step; the decoder (perceptron-decoder.ts) must agree with it.
import { markLexicon } from './lexicon.ts'
import { gapWidth, pairWidth, tagCount, unitWidth, type SegmentModel } from './perceptron-model.ts'
import type { Symbols } from './symbols.ts'

/** The rows that score one sentence; every array has two places for the pads before and after. */
export interface SentenceRows {
  readonly count: number
  /** Symbol numbers: 1 before the sentence, 2 after it. */
  readonly ids: Uint16Array
  readonly types: Uint8Array
  /** Row of the pair (j, j+1), -1 for none. */
  readonly pairs: Int32Array
  /** Row of the pair (j, j+2), -1 for none. */
  readonly gaps: Int32Array
  /** Lexicon feature of each symbol, without pads. */
  readonly words: Uint8Array
}

export interface RowFinder {
  readonly numbers: Uint16Array
  pairRow(first: number, second: number): number
  gapRow(first: number, second: number): number
}

/** Row numbers by key; the reference for the decoder's hash tables. */
export function createRowFinder(
  model: Pick<SegmentModel, 'symbols' | 'pairKeys' | 'gapKeys'>,
): RowFinder {
  const numbers = new Uint16Array(0x10000)
  for (let i = 3; i < model.symbols.length; i++) numbers[model.symbols.charCodeAt(i)] = i
  const pairs = new Map(Array.from(model.pairKeys, (key, row) => [key, row]))
  const gaps = new Map(Array.from(model.gapKeys, (key, row) => [key, row]))
  return {
    numbers,
    pairRow: (first, second) => pairs.get(((first << 16) | second) >>> 0) ?? -1,
    gapRow: (first, second) => gaps.get(((first << 16) | second) >>> 0) ?? -1,
  }
}

export function rowsOf(symbols: Symbols, lexicon: Uint32Array, finder: RowFinder): SentenceRows {
  const { count, codes } = symbols
  const ids = new Uint16Array(count + 4)
  const types = new Uint8Array(count + 4)
  ids[0] = ids[1] = 1
  ids[count + 2] = ids[count + 3] = 2
  for (let i = 0; i < count; i++) {
    ids[i + 2] = finder.numbers[codes[i]!]!
    types[i + 2] = symbols.types[i]!
  }
  const pairs = Int32Array.from({ length: count + 3 }, (_, j) =>
    finder.pairRow(ids[j]!, ids[j + 1]!),
  )
  const gaps = Int32Array.from({ length: count + 2 }, (_, j) => finder.gapRow(ids[j]!, ids[j + 2]!))
  const words = new Uint8Array(count)
  if (lexicon.length > 0) markLexicon(codes, count, lexicon, new Uint8Array(count), words)
  return { count, ids, types, pairs, gaps, words }
}

/** The groups of weights a position's score is the sum of. */
export type Group = 'units' | 'pairs' | 'gaps' | 'types' | 'repeats' | 'lexiconWeights'

/** Calls `visit` with the group and the place of the four tags' weights, for everything that scores symbol `i`. */
export function visitFeatures(
  rows: SentenceRows,
  i: number,
  useLexicon: boolean,
  visit: (group: Group, at: number) => void,
): void {
  const { ids, types, pairs, gaps, words } = rows
  const j = i + 2
  for (let t = 0; t < 5; t++) visit('units', ids[j - 2 + t]! * unitWidth + t * tagCount)
  for (let t = 0; t < 4; t++) {
    const pair = pairs[j - 2 + t]!
    if (pair >= 0) visit('pairs', pair * pairWidth + t * tagCount)
  }
  for (let t = 0; t < 3; t++) {
    const gap = gaps[j - 2 + t]!
    if (gap >= 0) visit('gaps', gap * gapWidth + t * tagCount)
  }
  visit('types', ((types[j - 1]! * 8 + types[j]!) * 8 + types[j + 1]!) * tagCount)
  visit('types', (512 + types[j - 2]! * 8 + types[j + 2]!) * tagCount)
  if (ids[j] === ids[j - 1]) visit('repeats', 0)
  if (ids[j] === ids[j - 2]) visit('repeats', tagCount)
  if (useLexicon) visit('lexiconWeights', words[i]! * tagCount)
}

/** Best tags by Viterbi over the eight legal steps; the first is B or S, the last E or S. */
export function decodePlainly(model: SegmentModel, rows: SentenceRows): Uint8Array {
  const { count } = rows
  const useLexicon = model.lexicon.length > 0
  const scores = new Float64Array(count * tagCount)
  for (let i = 0; i < count; i++) {
    visitFeatures(rows, i, useLexicon, (group, at) => {
      const weights = model[group]
      for (let k = 0; k < tagCount; k++) scores[i * tagCount + k]! += weights[at + k]!
    })
  }
  const before = [[2, 3], [0, 1], [0, 1], [2, 3]] as const // prettier-ignore
  const best = new Float64Array(count * tagCount).fill(-Infinity)
  const back = new Uint8Array(count * tagCount)
  best[0] = scores[0]!
  best[3] = scores[3]!
  for (let i = 1; i < count; i++) {
    for (let k = 0; k < tagCount; k++) {
      const at = i * tagCount + k
      for (const from of before[k]!) {
        const value =
          best[at - k - tagCount + from]! + model.transitions[from * tagCount + k]! + scores[at]!
        if (value <= best[at]!) continue
        best[at] = value
        back[at] = from
      }
    }
  }
  const tags = new Uint8Array(count)
  const last = (count - 1) * tagCount
  let tag = best[last + 2]! > best[last + 3]! ? 2 : 3
  for (let i = count - 1; i >= 0; i--) {
    tags[i] = tag
    tag = back[i * tagCount + tag]!
  }
  return tags
}

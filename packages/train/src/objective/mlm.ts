// Masked language modelling (Devlin et al. 2019): 15 % of the tokens are predicted; of these 80 %
// become the mask, 10 % a random token, 10 % stay. Masks are drawn anew every time a row comes by,
// from (seed, sample number), so they are dynamic as in RoBERTa and the same after a resume.
//
// Units: single tokens, whole words (Cui et al. 2019; needs shards with word starts, which for
// Chinese come from the segmenter), or spans of geometric length (SpanBERT, Joshi et al. 2020).
import { mix32, seeded, type Random } from '@shardmill/core/random'
import type { Row } from '../data/packed-source.ts'
import { joinRows, type Objective } from './host-batch.ts'

export interface MlmOptions {
  readonly maskId: number
  readonly vocabSize: number
  /** Never masked and never drawn as a random token: begin, end, padding, mask. */
  readonly specialIds: ReadonlySet<number>
  readonly rate: number
  readonly unit: 'token' | 'word' | 'span'
  readonly seed: number
}

/** SpanBERT: lengths from a geometric distribution with p = 0.2, at most 10. */
const SPAN_END = 0.2
const LONGEST_SPAN = 10

export function createMlm(options: MlmOptions): Objective {
  return (rows) => {
    const joined = joinRows(rows)
    const { ids } = joined
    const selected: number[] = []
    const targets: number[] = []
    let base = 0
    for (const row of rows) {
      const random = seeded(mix32(options.seed ^ mix32(row.sample + 1)))
      for (const i of chooseTokens(row, random, options)) {
        selected.push(base + i)
        targets.push(ids[base + i]!)
        ids[base + i] = disguise(ids[base + i]!, random, options)
      }
      base += row.ids.length
    }
    return {
      ...joined,
      selected: Int32Array.from(selected),
      targets: Int32Array.from(targets),
      targetCount: targets.length,
    }
  }
}

/** Tokens of a row to predict, ascending: whole units until the share is reached. */
function chooseTokens(row: Row, random: Random, options: MlmOptions): number[] {
  const units = listUnits(row, random, options)
  for (let i = units.length - 1; i > 0; i--) {
    const j = random.below(i + 1)
    ;[units[i], units[j]] = [units[j]!, units[i]!]
  }
  const maskable = units.reduce((sum, [from, to]) => sum + to - from, 0)
  const budget = Math.max(1, Math.round(maskable * options.rate))
  const chosen: number[] = []
  for (const [from, to] of units) {
    // A unit that does not fit is passed over; a shorter one may fit.
    if (chosen.length + to - from > budget && chosen.length > 0) continue
    for (let i = from; i < to; i++) chosen.push(i)
    if (chosen.length >= budget) break
  }
  return chosen.toSorted((a, b) => a - b)
}

/** [from, to) ranges that are masked together; they never cross documents or special tokens. */
function listUnits(row: Row, random: Random, options: MlmOptions): [number, number][] {
  const units: [number, number][] = []
  const { startsWord } = row
  let from = 0
  for (const length of row.lengths) {
    const end = from + length
    let open: [number, number] | undefined
    let left = 0
    for (let i = from; i < end; i++) {
      if (options.specialIds.has(row.ids[i]!)) {
        open = undefined
        continue
      }
      let joins = open !== undefined
      if (options.unit === 'token') joins = false
      else if (options.unit === 'word') joins &&= startsWord ? !startsWord(i) : false
      else joins &&= left > 0
      if (joins && open) {
        open[1] = i + 1
        left--
        continue
      }
      open = [i, i + 1]
      units.push(open)
      if (options.unit === 'span') left = spanLength(random) - 1
    }
    from = end
  }
  return units
}

function spanLength(random: Random): number {
  let length = 1
  while (length < LONGEST_SPAN && random.next() >= SPAN_END) length++
  return length
}

function disguise(id: number, random: Random, options: MlmOptions): number {
  const dice = random.next()
  if (dice < 0.8) return options.maskId
  if (dice >= 0.9) return id
  // A handful of tries: special tokens are few.
  for (let i = 0; i < 8; i++) {
    const other = random.below(options.vocabSize)
    if (!options.specialIds.has(other)) return other
  }
  return id
}

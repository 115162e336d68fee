// Trains the segmenter: averaged structured perceptron (Collins 2002). Every sentence is decoded
// with the weights so far; where the answer is wrong the gold tag's weights gain one and the
// answered tag's lose one. The average over all steps is kept, scaled to 11 bits, and rows that
// hardly matter are left out. Seeded order: same data, same model.
// Cost: about 1.5 MB of text per second and iteration.
import { mix32, seeded } from '@shardmill/core/random'
import { createRowFinder, decodePlainly, rowsOf, visitFeatures } from './perceptron-plain.ts'
import { addWord, lexiconSeed, longestLexiconWord, prefixHash, stepLexiconHash } from './lexicon.ts'
import {
  gapWidth, lexiconSlots, pairWidth, repeatSlots, tagB, tagCount, tagE, tagM, tagS, typeSlots, unitWidth,
  type SegmentModel, type Weights,
} from './perceptron-model.ts' // prettier-ignore
import { createSymbols, readSymbols } from './symbols.ts'

export interface SegmentTrainOptions {
  readonly iterations: number
  readonly seed: number
  readonly license: string
  /** Words for the lexicon features; they must not be taken from the training sentences. */
  readonly lexicon?: readonly string[]
  /** Rows whose largest weight is below this share of the largest of all are dropped. */
  readonly prune?: number
  onIteration?(iteration: number, wrongSymbols: number): void
}

/** A sentence as its words. */
export type GoldSentence = readonly string[]

interface Averaged {
  readonly weights: Int32Array
  readonly totals: Float64Array
}

/** Longest training sentence in UTF-16 units; longer ones are left out. */
const longestSentence = 1000
/** Seventeen weights are added up in 16 bits (perceptron-decoder.ts). */
export const largestWeight = 1900

export function trainSegmentModel(
  sentences: readonly GoldSentence[],
  { iterations, seed, license, lexicon = [], prune = 0.002, ...events }: SegmentTrainOptions,
): SegmentModel {
  const gold = sentences
    .map((words) => ({ text: words.join(''), words }))
    .filter(({ text }) => text.length > 0 && text.length <= longestSentence)
  const { symbols, pairKeys, gapKeys } = collectRows(gold.map(({ text }) => text))
  const bits = buildLexicon(lexicon)
  const model = {
    symbols,
    license,
    lexiconBits: bits.length === 0 ? 0 : Math.log2(bits.length * 32),
    units: new Int32Array(symbols.length * unitWidth),
    pairKeys,
    pairs: new Int32Array(pairKeys.length * pairWidth),
    gapKeys,
    gaps: new Int32Array(gapKeys.length * gapWidth),
    types: new Int32Array(typeSlots * tagCount),
    repeats: new Int32Array(repeatSlots * tagCount),
    lexiconWeights: new Int32Array(lexiconSlots * tagCount),
    transitions: new Int32Array(16),
    lexicon: bits,
  }
  const group = (weights: Int32Array): Averaged => ({
    weights,
    totals: new Float64Array(weights.length),
  })
  const groups = {
    units: group(model.units),
    pairs: group(model.pairs),
    gaps: group(model.gaps),
    types: group(model.types),
    repeats: group(model.repeats),
    lexiconWeights: group(model.lexiconWeights),
    transitions: group(model.transitions),
  }
  let now = 0

  const move = ({ weights, totals }: Averaged, at: number, right: number, wrong: number): void => {
    weights[at + right]! += 1
    totals[at + right]! += now
    weights[at + wrong]! -= 1
    totals[at + wrong]! -= now
  }
  const finder = createRowFinder(model)
  const read = createSymbols(longestSentence)
  const right = new Uint8Array(longestSentence)
  const order = Uint32Array.from(gold, (_, i) => i)
  for (let iteration = 0; iteration < iterations; iteration++) {
    shuffle(order, mix32(seed + iteration))
    let wrongSymbols = 0
    for (const index of order) {
      const { text, words } = gold[index]!
      now++
      readSymbols(text, 0, text.length, read)
      if (!goldTags(words, read.starts, read.count, right)) continue
      const rows = rowsOf(read, bits, finder)
      const tags = decodePlainly(model, rows)
      for (let i = 0; i < read.count; i++) {
        const [want, got] = [right[i]!, tags[i]!]
        if (want !== got) {
          wrongSymbols++
          visitFeatures(rows, i, bits.length > 0, (name, at) => move(groups[name], at, want, got))
        }
        if (i === 0) continue
        const [wantBefore, gotBefore] = [right[i - 1]!, tags[i - 1]!]
        if (want === got && wantBefore === gotBefore) continue
        move(groups.transitions, 0, wantBefore * tagCount + want, gotBefore * tagCount + got)
      }
    }
    events.onIteration?.(iteration, wrongSymbols)
  }

  // The average of a weight over all steps is weight - total / steps. One scale for all of them.
  let largest = 0
  for (const { weights, totals } of Object.values(groups)) {
    for (let i = 0; i < weights.length; i++) {
      largest = Math.max(largest, Math.abs(weights[i]! - totals[i]! / (now + 1)))
    }
  }
  const scale = largestWeight / Math.max(1e-9, largest)
  const shrink = ({ weights, totals }: Averaged): Int16Array =>
    Int16Array.from(weights, (weight, i) => Math.round((weight - totals[i]! / (now + 1)) * scale))
  const threshold = prune * largestWeight
  const [keptPairKeys, pairs] = pruneRows(pairKeys, shrink(groups.pairs), pairWidth, threshold)
  const [keptGapKeys, gaps] = pruneRows(gapKeys, shrink(groups.gaps), gapWidth, threshold)
  return {
    ...model,
    units: shrink(groups.units),
    pairKeys: keptPairKeys,
    pairs,
    gapKeys: keptGapKeys,
    gaps,
    types: shrink(groups.types),
    repeats: shrink(groups.repeats),
    lexiconWeights: shrink(groups.lexiconWeights),
    transitions: shrink(groups.transitions),
  }
}

/** Tags of the gold words over the symbols; false when a word ends inside a symbol. */
function goldTags(
  words: GoldSentence,
  starts: Uint32Array,
  count: number,
  out: Uint8Array,
): boolean {
  let i = 0
  let at = 0
  for (const word of words) {
    at += word.length
    const first = i
    while (i < count && starts[i]! < at) i++
    if (i < count ? starts[i] !== at : false) return false
    if (i === first) return false
    if (i - first === 1) out[first] = tagS
    else {
      out.fill(tagM, first, i)
      out[first] = tagB
      out[i - 1] = tagE
    }
  }
  return i === count
}

/** Symbols seen at least twice get a number; the others share 0, so that it learns the unknown. */
function collectRows(texts: readonly string[]) {
  const seen = new Uint32Array(0x10000)
  const read = createSymbols(longestSentence)
  for (const text of texts) {
    readSymbols(text, 0, text.length, read)
    for (let i = 0; i < read.count; i++) seen[read.codes[i]!]!++
  }
  const codes = Array.from(seen.keys()).filter((code) => seen[code]! >= 2)
  const symbols = `\u0000\u0001\u0002${String.fromCharCode(...codes.filter((code) => code > 2))}`
  const numbers = new Uint16Array(0x10000)
  for (let i = 3; i < symbols.length; i++) numbers[symbols.charCodeAt(i)] = i
  const pairs = new Set<number>()
  const gaps = new Set<number>()
  for (const text of texts) {
    readSymbols(text, 0, text.length, read)
    let [before, last] = [1, 1]
    pairs.add((1 << 16) | 1)
    for (let i = 0; i < read.count + 2; i++) {
      const id = i < read.count ? numbers[read.codes[i]!]! : 2
      pairs.add(((last << 16) | id) >>> 0)
      gaps.add(((before << 16) | id) >>> 0)
      ;[before, last] = [last, id]
    }
  }
  return {
    symbols,
    pairKeys: Uint32Array.from(pairs).toSorted(),
    gapKeys: Uint32Array.from(gaps).toSorted(),
  }
}

function buildLexicon(words: readonly string[]): Uint32Array {
  if (words.length === 0) return new Uint32Array(0)
  let size = 1024
  while (size < words.length * 10) size *= 2
  const bits = new Uint32Array(size / 32)
  const read = createSymbols(64)
  for (const word of words) {
    if (word.length > 32) continue
    readSymbols(word, 0, word.length, read)
    if (read.count < 2 || read.count > longestLexiconWord) continue
    let hash = lexiconSeed
    for (let i = 0; i < read.count; i++) {
      hash = stepLexiconHash(hash, read.codes[i]!)
      if (i === 1 && read.count > 2) addWord(bits, size - 1, prefixHash(hash))
    }
    addWord(bits, size - 1, hash)
  }
  return bits
}

function pruneRows(
  keys: Uint32Array,
  weights: Weights,
  width: number,
  threshold: number,
): [Uint32Array, Int16Array] {
  const kept: number[] = []
  for (let row = 0; row < keys.length; row++) {
    const values = weights.subarray(row * width, (row + 1) * width)
    if (values.some((value) => Math.abs(value) > threshold)) kept.push(row)
  }
  const out = new Int16Array(kept.length * width)
  kept.forEach((row, i) => out.set(weights.subarray(row * width, (row + 1) * width), i * width))
  return [Uint32Array.from(kept, (row) => keys[row]!), out]
}

function shuffle(order: Uint32Array, seed: number): void {
  const random = seeded(seed)
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.below(i + 1)
    const kept = order[i]!
    order[i] = order[j]!
    order[j] = kept
  }
}

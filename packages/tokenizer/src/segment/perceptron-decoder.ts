// Scores and decodes symbols with the averaged structured perceptron (Collins 2002), fast. The plain
// form is perceptron-plain.ts; this one gives the same tags.
//   - A pair of characters is looked up once and its row serves the four positions that see it.
//   - Two tags share a 32-bit word: weights are below 1,900, seventeen of them stay below 2^15, so a
//     sum of words is two sums. Half the loads and additions.
//   - Scores live in registers and go straight into Viterbi; no array of scores is written.
// All buffers are reused; one decoder per thread. About 10 MB/s on a quiet core.
import { markLexicon } from './lexicon.ts'
import {
  gapWidth,
  pairWidth,
  tagCount,
  unitWidth,
  type SegmentModel,
  type Weights,
} from './perceptron-model.ts'
import { createSymbols, readSymbols, type Symbols } from './symbols.ts'

/** Texts are decoded in pieces of at most this many units, cut where a word cannot run across. */
export const maxPiece = 1024
const never = -(2 ** 30)

export interface Decoder {
  /** Symbols of the piece decoded last. */
  readonly symbols: Symbols
  /** Tags of the piece decoded last. */
  readonly tags: Uint8Array
  /** Scores added per symbol and tag, all 0 unless the caller fills them before `decode`. */
  readonly bonus: Int32Array
  /** Reads text[from, to), at most `maxPiece` units, into `symbols`. */
  read(text: string, from: number, to: number): void
  /** Tags the symbols read last. */
  decode(withBonus: boolean): void
}

export function createDecoder(model: SegmentModel): Decoder {
  const numbers = new Uint16Array(0x10000)
  for (let i = 3; i < model.symbols.length; i++) numbers[model.symbols.charCodeAt(i)] = i
  const pairTable = createTable(model.pairKeys)
  const gapTable = createTable(model.gapKeys)
  const units = packTags(model.units, unitWidth, 10, 0)
  // Row 0 is empty and stands for all pairs that the model does not know.
  const pairs = packTags(model.pairs, pairWidth, 8, 1)
  const gaps = packTags(model.gaps, gapWidth, 6, 1)
  const typeWeights = packTags(model.types, tagCount, 2, 0)
  const repeats = packTags(model.repeats, tagCount, 2, 0)
  const words = packTags(model.lexiconWeights, tagCount, 2, 0)
  const { lexicon, transitions } = model
  const useLexicon = lexicon.length > 0
  const [bm, be, mm, me] = [transitions[1]!, transitions[2]!, transitions[5]!, transitions[6]!]
  const [eb, es, sb, ss] = [transitions[8]!, transitions[11]!, transitions[12]!, transitions[15]!]
  const symbols = createSymbols(maxPiece)
  const ids = new Uint16Array(maxPiece + 4)
  const types = new Uint8Array(maxPiece + 4)
  const pairRows = new Int32Array(maxPiece + 4)
  const gapRows = new Int32Array(maxPiece + 4)
  const lexical = new Uint8Array(maxPiece)
  const begins = new Uint8Array(maxPiece)
  const tags = new Uint8Array(maxPiece)
  const bonus = new Int32Array(maxPiece * tagCount)
  // Four bits per symbol: which of its two predecessors each tag has.
  const back = new Uint8Array(maxPiece)

  function findRows(count: number): void {
    const { codes, types: kinds } = symbols
    ids[0] = ids[1] = 1
    ids[count + 2] = ids[count + 3] = 2
    types[0] = types[1] = types[count + 2] = types[count + 3] = 0
    for (let i = 0; i < count; i++) {
      ids[i + 2] = numbers[codes[i]!]!
      types[i + 2] = kinds[i]!
    }
    for (let j = 0; j < count + 3; j++) {
      const high = ids[j]! << 16
      pairRows[j] = Math.imul(find(pairTable, high | ids[j + 1]!) + 1, 8)
      gapRows[j] = Math.imul(find(gapTable, high | ids[j + 2]!) + 1, 6)
    }
    if (useLexicon) markLexicon(codes, count, lexicon, begins, lexical)
  }

  function tag(count: number, withBonus: boolean): void {
    let [b, m, e, s] = [0, never, never, 0]
    for (let i = 0; i < count; i++) {
      const j = i + 2
      const [id0, id1, id2] = [ids[i]!, ids[i + 1]!, ids[j]!]
      let at = id0 * 10
      let bmSum = units[at]!
      let esSum = units[at + 1]!
      at = id1 * 10 + 2
      bmSum += units[at]!
      esSum += units[at + 1]!
      at = id2 * 10 + 4
      bmSum += units[at]!
      esSum += units[at + 1]!
      at = ids[i + 3]! * 10 + 6
      bmSum += units[at]!
      esSum += units[at + 1]!
      at = ids[i + 4]! * 10 + 8
      bmSum = (bmSum + units[at]!) | 0
      esSum = (esSum + units[at + 1]!) | 0
      at = pairRows[i]!
      bmSum += pairs[at]!
      esSum += pairs[at + 1]!
      at = pairRows[i + 1]! + 2
      bmSum += pairs[at]!
      esSum += pairs[at + 1]!
      at = pairRows[j]! + 4
      bmSum += pairs[at]!
      esSum += pairs[at + 1]!
      at = pairRows[i + 3]! + 6
      bmSum = (bmSum + pairs[at]!) | 0
      esSum = (esSum + pairs[at + 1]!) | 0
      at = gapRows[i]!
      bmSum += gaps[at]!
      esSum += gaps[at + 1]!
      at = gapRows[i + 1]! + 2
      bmSum += gaps[at]!
      esSum += gaps[at + 1]!
      at = gapRows[j]! + 4
      bmSum = (bmSum + gaps[at]!) | 0
      esSum = (esSum + gaps[at + 1]!) | 0
      at = ((types[i + 1]! << 6) | (types[j]! << 3) | types[i + 3]!) << 1
      bmSum += typeWeights[at]!
      esSum += typeWeights[at + 1]!
      at = (512 + ((types[i]! << 3) | types[i + 4]!)) << 1
      bmSum = (bmSum + typeWeights[at]!) | 0
      esSum = (esSum + typeWeights[at + 1]!) | 0
      if (id2 === id1) {
        bmSum += repeats[0]!
        esSum += repeats[1]!
      }
      if (id2 === id0) {
        bmSum += repeats[2]!
        esSum += repeats[3]!
      }
      if (useLexicon) {
        at = lexical[i]! << 1
        bmSum += words[at]!
        esSum += words[at + 1]!
      }
      // The low lane is a signed number; what it borrowed from the high one is given back.
      let toB = (bmSum << 16) >> 16
      let toM = (bmSum - toB) >> 16
      let toE = (esSum << 16) >> 16
      let toS = (esSum - toE) >> 16
      if (withBonus) {
        at = i * tagCount
        toB += bonus[at]!
        toM += bonus[at + 1]!
        toE += bonus[at + 2]!
        toS += bonus[at + 3]!
      }
      if (i === 0) {
        b = toB
        s = toS
        continue
      }
      let from = 0
      if (s + sb > e + eb) {
        toB += s + sb
        from = 1
      } else toB += e + eb
      if (m + mm > b + bm) {
        toM += m + mm
        from |= 2
      } else toM += b + bm
      if (m + me > b + be) {
        toE += m + me
        from |= 4
      } else toE += b + be
      if (s + ss > e + es) {
        toS += s + ss
        from |= 8
      } else toS += e + es
      back[i] = from
      b = toB
      m = toM
      e = toE
      s = toS
    }
    let best = e > s ? 2 : 3
    for (let i = count - 1; i >= 0; i--) {
      tags[i] = best
      const second = (back[i]! >> best) & 1
      best = best === 0 || best === 3 ? 2 + second : second
    }
  }

  return {
    symbols,
    tags,
    bonus,
    read: (text, from, to) => readSymbols(text, from, to, symbols),
    decode(withBonus) {
      const { count } = symbols
      if (count === 0) return
      findRows(count)
      tag(count, withBonus)
    },
  }
}

/** Rows of four tags a context as two words a context: B low and M high, E low and S high. */
function packTags(weights: Weights, width: number, words: number, emptyRows: number): Int32Array {
  const rows = weights.length / width
  const packed = new Int32Array((rows + emptyRows) * words)
  for (let row = 0; row < rows; row++) {
    for (let w = 0; w < words; w++) {
      const at = row * width + w * 2
      packed[(row + emptyRows) * words + w] = (weights[at + 1]! << 16) + weights[at]!
    }
  }
  return packed
}

interface Table {
  /** Key and row beside each other, so that a hit costs one cache line; row -1 is free. */
  readonly slots: Int32Array
  readonly mask: number
}

/** Open addressing at a load of at most one half. */
function createTable(keys: Uint32Array): Table {
  let size = 16
  while (size < keys.length * 2) size *= 2
  const slots = new Int32Array(size * 2).fill(-1)
  const mask = size - 1
  for (let row = 0; row < keys.length; row++) {
    let slot = hashKey(keys[row]!) & mask
    while (slots[slot * 2 + 1] !== -1) slot = (slot + 1) & mask
    slots[slot * 2] = keys[row]! | 0
    slots[slot * 2 + 1] = row
  }
  return { slots, mask }
}

function find({ slots, mask }: Table, key: number): number {
  let slot = hashKey(key) & mask
  for (;;) {
    const row = slots[slot * 2 + 1]!
    if (row === -1 || slots[slot * 2] === key) return row
    slot = (slot + 1) & mask
  }
}

function hashKey(key: number): number {
  const h = Math.imul(key, 0x9e3779b1)
  return h ^ (h >>> 15)
}

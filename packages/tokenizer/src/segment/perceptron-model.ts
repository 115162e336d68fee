// The weights of the perceptron segmenter and their file. Weights are grouped by what one lookup
// finds: a character holds its scores for the five positions it is seen from, a pair of neighbours
// for four, a pair with a gap for three. The prototype's fifteen hashed lookups per position become
// three, without collisions, and a rare pair costs a row instead of four.
//
// File: 'SEG1', Uint32 length of a JSON header, header, padding to 4 bytes, then the arrays in the
// order written by `encodeSegmentModel`, all little-endian; the whole compressed with gzip.
import { readFileSync } from 'node:fs'
import { gunzipSync, gzipSync } from 'node:zlib'
import { InputError } from '@shardmill/core'

/** Tags of a symbol: begins a word, middle, end, or a word of one symbol. */
export const tagCount = 4
export const [tagB, tagM, tagE, tagS] = [0, 1, 2, 3] as const

/** Scores of one character: seen from positions +2, +1, 0, -1, -2. */
export const unitWidth = 5 * tagCount
/** Scores of a pair of neighbours (i, i+1): for positions i+2, i+1, i, i-1. */
export const pairWidth = 4 * tagCount
/** Scores of a pair with a gap (i, i+2): for positions i+2, i+1, i. */
export const gapWidth = 3 * tagCount
/** 8^3 types of three neighbours, 8^2 types two before and two after. */
export const typeSlots = 512 + 64
/** Repeats: equal to the symbol before, equal to the one before that. */
export const repeatSlots = 2
/** Lexicon: longest word beginning here, ending here (0-5 each) and running through here (0-2). */
export const lexiconSlots = 6 * 6 * 3

/** 16 bits in a file, 32 while training. */
export type Weights = Int16Array | Int32Array

export interface SegmentModel {
  /** Known symbols; the index is their number. 0 unknown, 1 before the text, 2 after it. */
  readonly symbols: string
  /** Words of the lexicon as a Bloom filter of 2^lexiconBits bits; 0 for none. */
  readonly lexiconBits: number
  readonly license: string
  readonly units: Weights
  readonly pairKeys: Uint32Array
  readonly pairs: Weights
  readonly gapKeys: Uint32Array
  readonly gaps: Weights
  readonly types: Weights
  readonly repeats: Weights
  readonly lexiconWeights: Weights
  /** [previous tag, tag]; illegal steps are never read. */
  readonly transitions: Weights
  readonly lexicon: Uint32Array
}

interface Header {
  readonly symbols: string
  readonly lexiconBits: number
  readonly license: string
  readonly pairCount: number
  readonly gapCount: number
}

export function readSegmentModel(path: string | URL): SegmentModel {
  const file = readFileSync(path)
  const bytes = file[0] === 0x1f && file[1] === 0x8b ? gunzipSync(file) : file
  if (bytes.toString('latin1', 0, 4) !== 'SEG1') {
    throw new InputError(`${String(path)}: expected a segmentation model (SEG1)`)
  }
  const headerEnd = 8 + bytes.readUInt32LE(4)
  const header = JSON.parse(bytes.toString('utf8', 8, headerEnd)) as Header
  const { symbols, lexiconBits, license, pairCount, gapCount } = header
  let at = align(headerEnd)
  const take = (length: number): ArrayBuffer => {
    const part = new Uint8Array(bytes.subarray(at, at + length))
    if (part.length !== length) throw new InputError(`${String(path)}: the file is cut short`)
    at = align(at + length)
    return part.buffer
  }
  return {
    symbols,
    lexiconBits,
    license,
    units: new Int16Array(take(symbols.length * unitWidth * 2)),
    pairKeys: new Uint32Array(take(pairCount * 4)),
    pairs: new Int16Array(take(pairCount * pairWidth * 2)),
    gapKeys: new Uint32Array(take(gapCount * 4)),
    gaps: new Int16Array(take(gapCount * gapWidth * 2)),
    types: new Int16Array(take(typeSlots * tagCount * 2)),
    repeats: new Int16Array(take(repeatSlots * tagCount * 2)),
    lexiconWeights: new Int16Array(take(lexiconSlots * tagCount * 2)),
    transitions: new Int16Array(take(16 * 2)),
    lexicon: new Uint32Array(take(lexiconBits === 0 ? 0 : 2 ** lexiconBits / 8)),
  }
}

/** The bytes of a model file. */
export function encodeSegmentModel(model: SegmentModel): Uint8Array {
  const header: Header = {
    symbols: model.symbols,
    lexiconBits: model.lexiconBits,
    license: model.license,
    pairCount: model.pairKeys.length,
    gapCount: model.gapKeys.length,
  }
  const json = new TextEncoder().encode(JSON.stringify(header))
  const arrays = [
    model.units, model.pairKeys, model.pairs, model.gapKeys, model.gaps, model.types,
    model.repeats, model.lexiconWeights, model.transitions, model.lexicon,
  ] // prettier-ignore
  let size = align(8 + json.length)
  for (const array of arrays) size = align(size + array.byteLength)
  const bytes = new Uint8Array(size)
  bytes.set([0x53, 0x45, 0x47, 0x31])
  new DataView(bytes.buffer).setUint32(4, json.length, true)
  bytes.set(json, 8)
  let at = align(8 + json.length)
  for (const array of arrays) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at)
    at = align(at + array.byteLength)
  }
  return gzipSync(bytes, { level: 9 })
}

function align(length: number): number {
  return Math.ceil(length / 4) * 4
}

// Our own segmenter: reads a model, cuts text into pieces no word runs across, decodes each piece
// and answers token ends. Runs of Latin letters, of digits and of white space, URLs and mail
// addresses stay whole. A user's words get a bonus at decode time, so they win over a close call
// but not over strong evidence.
import { createDecoder, maxPiece } from './perceptron-decoder.ts'
import { largestWeight } from './perceptron-train.ts'
import { readSegmentModel, tagB, tagCount, tagE, tagM, tagS } from './perceptron-model.ts'
import { simplifyUnits } from './jieba-segmenter.ts'
import type { Segmenter } from './segmenter.ts'

export interface PerceptronOptions {
  readonly model?: string | URL
  readonly words?: readonly string[]
  /** Added per symbol of a user's word of two symbols, in largest weights; longer words get more. */
  readonly wordBonus?: number
}

const defaultModel = new URL('../data/segment-model.bin', import.meta.url)

/** URLs and mail addresses, matched where they begin. */
const wholeToken = /(?:https?:\/\/|ftp:\/\/|www\.)[\x21-\x7e]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g

export function createPerceptronSegmenter({
  model = defaultModel,
  words = [],
  wordBonus = 1,
}: PerceptronOptions = {}): Segmenter {
  const decoder = createDecoder(readSegmentModel(model))
  const { symbols, tags } = decoder
  const userWords = new Set(words.map(simplifyUnits))
  const longest = Math.max(0, ...words.map((word) => word.length))
  let ends = new Uint32Array(256)
  let count = 0

  const push = (end: number): void => {
    if (count === ends.length) {
      const larger = new Uint32Array(ends.length * 2)
      larger.set(ends)
      ends = larger
    }
    ends[count++] = end
  }

  function decodePiece(text: string, from: number, to: number): void {
    decoder.read(text, from, to)
    if (longest > 0) addUserWords(text)
    decoder.decode(longest > 0)
    const { starts } = symbols
    for (let i = 0; i < symbols.count; i++) {
      if (tags[i]! >= tagE) push(starts[i + 1]!)
    }
  }

  function addUserWords(text: string): void {
    const { starts } = symbols
    decoder.bonus.fill(0)
    for (let i = 0; i < symbols.count; i++) {
      const from = starts[i]!
      for (let j = symbols.count; j > i; j--) {
        const to = starts[j]!
        if (to - from > longest || !userWords.has(simplifyUnits(text.slice(from, to)))) continue
        // A long word is seldom there by accident; 和服 in 商品和服务 is.
        const bonus = Math.round(wordBonus * largestWeight * Math.min(2, 0.4 + 0.3 * (j - i)))
        const add = (at: number, tag: number): void => {
          decoder.bonus[at * tagCount + tag]! += bonus
        }
        if (j - i === 1) add(i, tagS)
        else {
          add(i, tagB)
          add(j - 1, tagE)
          for (let k = i + 1; k < j - 1; k++) add(k, tagM)
        }
        break
      }
    }
  }

  /** Decodes text[from, to), which holds no white space, in pieces of at most `maxPiece`. */
  function decodeRun(text: string, from: number, to: number): void {
    let start = from
    while (to - start > maxPiece) {
      let cut = start + maxPiece
      for (let i = cut - 1; i > start + maxPiece / 2; i--) {
        const unit = text.charCodeAt(i)
        if (
          unit === 0x3002 ||
          unit === 0xff0c ||
          unit === 0x2c ||
          unit === 0xff01 ||
          unit === 0xff1f
        ) {
          cut = i + 1
          break
        }
      }
      const unit = text.charCodeAt(cut)
      if (unit >= 0xdc00 && unit < 0xe000) cut--
      decodePiece(text, start, cut)
      start = cut
    }
    if (start < to) decodePiece(text, start, to)
  }

  function segmentPlain(text: string, from: number, to: number): void {
    let start = from
    let i = from
    while (i < to) {
      const unit = text.charCodeAt(i)
      if (!isSpace(unit)) {
        i++
        continue
      }
      if (i > start) decodeRun(text, start, i)
      while (i < to && isSpace(text.charCodeAt(i))) i++
      push(i)
      start = i
    }
    if (start < to) decodeRun(text, start, to)
  }

  return {
    name: 'perceptron',
    segment(text) {
      count = 0
      let from = 0
      if (text.includes('://') || text.includes('@') || text.includes('www.')) {
        for (const { index, 0: token } of text.matchAll(wholeToken)) {
          segmentPlain(text, from, index)
          from = index + token.length
          push(from)
        }
      }
      segmentPlain(text, from, text.length)
      return ends.slice(0, count)
    },
  }
}

function isSpace(unit: number): boolean {
  return unit === 0x20 || (unit >= 9 && unit <= 13) || unit === 0xa0 || unit === 0x3000 || unit === 0x85 ||
    (unit >= 0x2000 && unit <= 0x200a) || unit === 0x2028 || unit === 0x2029 || unit === 0x202f ||
    unit === 0x205f || unit === 0x1680 || unit === 0xfeff // prettier-ignore
}

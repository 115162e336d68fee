// The first vocabulary of Unigram training: all characters, and every substring of a word that occurs
// at least twice in the text and is not always followed by the same character (the inner nodes of the
// suffix tree, the end of a word counting as different from itself), best first by occurrences ×
// length. As sentencepiece 0.2.2, a piece keeps to one script, to `maxPieceLength` characters, with a
// space mark at its beginning only. Sentencepiece searches the running text; the distinct words with
// their counts give the same substrings for a fraction of the memory.
import { scriptNumber, scripts } from '@shardmill/core/unicode'
import { orderSuffixes } from './suffix-order.ts'
import { unknownSymbol, type WordSymbols } from './word-symbols.ts'

/** Sentencepiece's `max_sentencepiece_length`. */
export const maxPieceLength = 16
const spaceMark = 0x2581

/** Candidate pieces with all their places. Pieces below `characterCount` are single characters. */
export interface Seeds {
  readonly size: number
  readonly characterCount: number
  /** Length of each piece in symbols. */
  readonly lengths: Uint8Array
  /** One place of each piece in the text; -1 for a required character that does not occur. */
  readonly places: Int32Array
  /** Occurrences × length for substrings, weighted occurrences for characters. */
  readonly scores: Float64Array
  /** Pieces that begin at position p are `edges[edgeStarts[p], edgeStarts[p + 1])`. */
  readonly edges: Int32Array
  readonly edgeStarts: Uint32Array
}

/** Finds up to `seedSize` substrings; characters come on top. */
export function findSeeds(words: WordSymbols, seedSize: number): Seeds {
  const { text, characters, frequencies } = words
  const { suffixes, shared } = orderSuffixes(text, characters.length, maxPieceLength + 1)
  const nodes = new Nodes(weightSums(words, suffixes))
  const isValid = validity(words)
  const visit = (start: number, end: number, length: number): void => {
    if (length < 2 || length > maxPieceLength) return
    if (isValid(suffixes[start]!, length)) nodes.push(start, end, length)
  }
  eachNode(shared, visit)
  eachLonelyEnd(text, suffixes, shared, (at, length) => {
    if (nodes.occurrences(at, at + 1) >= 2) visit(at, at + 1, length)
  })
  const kept = nodes.best(seedSize)
  const characterCount = characters.length - 2
  const size = characterCount + kept.length
  const lengths = new Uint8Array(size).fill(1, 0, characterCount)
  const places = new Int32Array(size).fill(-1)
  const scores = new Float64Array(size)
  const edgeStarts = new Uint32Array(text.length + 1)
  for (let symbol = 2; symbol < characters.length; symbol++)
    scores[symbol - 2] = frequencies[symbol]!
  for (let p = 0; p < text.length; p++) {
    if (text[p]! <= unknownSymbol) continue
    places[text[p]! - 2] = p
    edgeStarts[p + 1]!++
  }
  kept.forEach((node, i) => {
    const piece = characterCount + i
    const start = nodes.starts[node]!
    const end = nodes.ends[node]!
    lengths[piece] = nodes.lengths[node]!
    places[piece] = suffixes[start]!
    scores[piece] = nodes.score(node)
    for (let j = start; j < end; j++) edgeStarts[suffixes[j]! + 1]!++
  })
  for (let p = 0; p < text.length; p++) edgeStarts[p + 1]! += edgeStarts[p]!
  const cursors = edgeStarts.slice()
  const edges = new Int32Array(edgeStarts[text.length]!)
  for (let p = 0; p < text.length; p++) {
    if (text[p]! > unknownSymbol) edges[cursors[p]!++] = text[p]! - 2
  }
  kept.forEach((node, i) => {
    for (let j = nodes.starts[node]!; j < nodes.ends[node]!; j++) {
      edges[cursors[suffixes[j]!]!++] = characterCount + i
    }
  })
  return { size, characterCount, lengths, places, scores, edges, edgeStarts }
}

/** Visits the inner nodes of the suffix tree: suffixes [start, end) share exactly `length` symbols. */
function eachNode(
  shared: Uint8Array,
  visit: (start: number, end: number, length: number) => void,
): void {
  const starts: number[] = []
  const lengths: number[] = []
  for (let i = 1; i <= shared.length; i++) {
    const length = i < shared.length ? shared[i]! : 0
    let start = i - 1
    while (lengths.length > 0 && lengths.at(-1)! > length) {
      start = starts.pop()!
      visit(start, i, lengths.pop()!)
    }
    if (length > 0 && (lengths.length === 0 || lengths.at(-1)! < length)) {
      starts.push(start)
      lengths.push(length)
    }
  }
}

/** Visits the ends of words that are no inner node because only one distinct word has them. */
function eachLonelyEnd(
  text: Int32Array,
  suffixes: Int32Array,
  shared: Uint8Array,
  visit: (at: number, length: number) => void,
): void {
  for (let at = 0; at < suffixes.length; at++) {
    const most = Math.max(shared[at]!, at + 1 < shared.length ? shared[at + 1]! : 0)
    let length = most
    while (length <= maxPieceLength && text[suffixes[at]! + length] !== 0) length++
    if (length > most) visit(at, length)
  }
}

/** A test whether the piece of that length at a position is allowed. */
function validity({ text, characters }: WordSymbols): (place: number, length: number) => boolean {
  const han = scriptNumber('Han')
  const inherited = scriptNumber('Inherited')
  const isHan = new Set([han, scriptNumber('Hiragana'), scriptNumber('Katakana')])
  const none = -1
  // Kana and Han mix freely; a combining mark has the script of what it stands on.
  const scriptOf = Int32Array.from(characters, (codePoint) => {
    const script = scripts[codePoint]!
    if (isHan.has(script) || codePoint === 0x30fc) return han
    return codePoint === spaceMark || script === inherited ? none : script
  })
  const markSymbol = characters.indexOf(spaceMark)
  return (place, length) => {
    let before = none
    for (let i = 0; i < length; i++) {
      const symbol = text[place + i]!
      if (symbol <= unknownSymbol) return false
      if (symbol === markSymbol) {
        if (i > 0) return false
        continue
      }
      const script = scriptOf[symbol]!
      if (script === none) continue
      if (before !== none && before !== script) return false
      before = script
    }
    return true
  }
}

/** Sum of the counts of the words of the first i suffixes, for every i. */
function weightSums({ text, starts, counts }: WordSymbols, suffixes: Int32Array): Float64Array {
  const wordCounts = new Float64Array(text.length)
  for (let word = 0; word < counts.length; word++) {
    wordCounts.fill(counts[word]!, starts[word], starts[word + 1])
  }
  const sums = new Float64Array(suffixes.length + 1)
  for (let i = 0; i < suffixes.length; i++) sums[i + 1] = sums[i]! + wordCounts[suffixes[i]!]!
  return sums
}

class Nodes {
  readonly #sums: Float64Array
  #size = 0
  starts = new Uint32Array(1 << 14)
  ends = new Uint32Array(1 << 14)
  lengths = new Uint8Array(1 << 14)

  constructor(sums: Float64Array) {
    this.#sums = sums
  }

  push(start: number, end: number, length: number): void {
    if (this.#size === this.starts.length) {
      this.starts = enlarged(this.starts, new Uint32Array(this.#size * 2))
      this.ends = enlarged(this.ends, new Uint32Array(this.#size * 2))
      this.lengths = enlarged(this.lengths, new Uint8Array(this.#size * 2))
    }
    this.starts[this.#size] = start
    this.ends[this.#size] = end
    this.lengths[this.#size++] = length
  }

  /** The `wanted` nodes of highest score, in suffix order; of equal ones the first. */
  best(wanted: number): Uint32Array {
    const scores = Float64Array.from({ length: this.#size }, (_, i) => this.score(i))
    const all = Uint32Array.from({ length: this.#size }, (_, i) => i)
    if (this.#size <= wanted) return all
    const lowest = scores.toSorted()[this.#size - wanted]!
    let ties = wanted
    for (const score of scores) if (score > lowest) ties--
    return all.filter((i) => scores[i]! > lowest || (scores[i] === lowest && ties-- > 0))
  }

  /** Occurrences × length. */
  score(node: number): number {
    return this.occurrences(this.starts[node]!, this.ends[node]!) * this.lengths[node]!
  }

  /** How often the words of suffixes [start, end) were counted. */
  occurrences(start: number, end: number): number {
    return this.#sums[end]! - this.#sums[start]!
  }
}

function enlarged<T extends { set(from: T): void }>(old: T, larger: T): T {
  larger.set(old)
  return larger
}

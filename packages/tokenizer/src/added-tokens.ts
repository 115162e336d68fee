// Tokens outside the model: <|endoftext|>, [MASK], chat markers. They are searched in the text before
// anything else happens to it, the longest at the leftmost place first, as HF tokenizers do.
// Cost without a hit: one native `indexOf` per distinct first byte (there are rarely more than two).
import { ByteTrie } from './byte-trie.ts'
import { isSpace, isWordCharacter } from './character-kinds.ts'
import { codePointAt, utf8Width } from './pretokenize/utf8.ts'

export interface AddedToken {
  readonly id: number
  readonly content: string
  /** Has a meaning of its own: skipped when decoding, not matched when specials are plain text. */
  readonly special: boolean
  /** Only between characters that are not part of a word. */
  readonly singleWord: boolean
  /** Takes the white space before it along. */
  readonly stripsLeft: boolean
  readonly stripsRight: boolean
  /** Searched in the normalised text, not in the text as it came. */
  readonly normalized: boolean
}

/** Beyond this many distinct first bytes a table walk is faster than native searches. */
const maxSearches = 4

/** Finds added tokens in UTF-8 text. */
export class AddedTokenFinder {
  readonly tokens: readonly AddedToken[]
  readonly #trie = new ByteTrie()
  readonly #firstBytes: number[]
  readonly #isFirst = new Uint8Array(256)
  /** Set by `find`: the match, white space it takes along included. */
  start = 0
  end = 0
  id = -1

  constructor(tokens: readonly AddedToken[]) {
    this.tokens = tokens.filter((token) => token.content !== '')
    for (const [index, token] of this.tokens.entries()) {
      const bytes = Buffer.from(token.content, 'utf8')
      this.#trie.add(bytes, index)
      this.#isFirst[bytes[0]!] = 1
    }
    this.#firstBytes = [...this.#isFirst.keys()].filter((byte) => this.#isFirst[byte] === 1)
  }

  /** The next token in `bytes[from, to)`; answers in `start`, `end` and `id`. */
  find(bytes: Uint8Array, from: number, to: number): boolean {
    if (this.tokens.length === 0) return false
    for (let at = from; (at = this.#nextFirst(bytes, at, to)) < to; at++) {
      let node = 0
      let best = -1
      let bestEnd = at
      for (let i = at; i < to; i++) {
        node = this.#trie.step(node, bytes[i]!)
        if (node < 0) break
        if (this.#trie.values[node]! < 0) continue
        best = this.#trie.values[node]!
        bestEnd = i + 1
      }
      if (best < 0) continue
      const token = this.tokens[best]!
      if (token.singleWord && touchesWord(bytes, from, at, bestEnd, to)) {
        at = bestEnd - 1
        continue
      }
      this.start = token.stripsLeft ? skipSpaceLeft(bytes, from, at) : at
      this.end = token.stripsRight ? skipSpaceRight(bytes, bestEnd, to) : bestEnd
      this.id = token.id
      return true
    }
    return false
  }

  /** Where the next byte is that may begin a token; `to` or more when there is none. */
  #nextFirst(bytes: Uint8Array, from: number, to: number): number {
    if (this.#firstBytes.length > maxSearches) {
      let at = from
      while (at < to && this.#isFirst[bytes[at]!] === 0) at++
      return at
    }
    let nearest = to
    for (const byte of this.#firstBytes) {
      // Bounded by the nearest so far, so that a rare byte is not searched again and again.
      const found = bytes.subarray(from, nearest).indexOf(byte)
      if (found >= 0) nearest = from + found
    }
    return nearest
  }
}

function touchesWord(
  bytes: Uint8Array,
  from: number,
  start: number,
  end: number,
  to: number,
): boolean {
  if (end < to && isWordCharacter(codePointAt(bytes, end))) return true
  return start > from && isWordCharacter(codePointAt(bytes, previous(bytes, start)))
}

function previous(bytes: Uint8Array, at: number): number {
  let before = at - 1
  while ((bytes[before]! & 0xc0) === 0x80) before--
  return before
}

function skipSpaceLeft(bytes: Uint8Array, from: number, at: number): number {
  let start = at
  while (start > from) {
    const before = previous(bytes, start)
    if (!isSpace(codePointAt(bytes, before))) break
    start = before
  }
  return start
}

function skipSpaceRight(bytes: Uint8Array, at: number, to: number): number {
  let end = at
  while (end < to) {
    const codePoint = codePointAt(bytes, end)
    if (!isSpace(codePoint)) break
    end += utf8Width(codePoint)
  }
  return end
}

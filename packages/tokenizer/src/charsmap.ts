// Sentencepiece's normalisation rules as stored in its models and in tokenizer.json (`Precompiled`):
// a Darts double-array trie (Aoe 1989; s-yata/darts-clone) from character sequences to offsets into
// a pool of NUL-terminated replacements. Layout: u32 byte length of the trie, the trie as u32 units,
// the pool. The longest match at a position is replaced.
//
// The two users of the format differ. Sentencepiece replaces the longest match at each position. HF
// goes grapheme by grapheme (spm_precompiled crate): one of fewer than 6 bytes is looked up as a
// whole, and failing that each of its characters alone, the shortest key counting. Both are here.
import { InputError } from '@shardmill/core/errors'
import type { AlignedText, TextNormalizer } from './text-normalizer.ts'

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

interface Match {
  readonly replacement: string
  /** Bytes matched. */
  readonly length: number
}

class CharsMap {
  readonly #units: Uint32Array
  readonly #pool: Uint8Array

  constructor(blob: Uint8Array) {
    const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength)
    const trieBytes = blob.byteLength >= 4 ? view.getUint32(0, true) : 0
    if (blob.byteLength < 4 || 4 + trieBytes > blob.byteLength) {
      const got = blob.byteLength - 4
      throw new InputError(
        `precompiled charsmap: expected a trie of ${trieBytes} bytes, got ${got}`,
      )
    }
    this.#units = new Uint32Array(trieBytes >>> 2)
    for (let i = 0; i < this.#units.length; i++) this.#units[i] = view.getUint32(4 + i * 4, true)
    this.#pool = blob.subarray(4 + trieBytes)
  }

  /** The longest (or shortest) key that begins at `from`. */
  match(bytes: Uint8Array, from: number, isShortest: boolean): Match | undefined {
    const units = this.#units
    let node = offsetOf(units[0]!)
    let found: Match | undefined
    for (let i = from; i < bytes.length; i++) {
      const byte = bytes[i]!
      node ^= byte
      const unit = units[node]
      if (unit === undefined || (unit & 0x800000ff) !== byte) break
      node ^= offsetOf(unit)
      if ((unit >>> 8) & 1) {
        found = { replacement: this.#text(units[node]! & 0x7fffffff), length: i + 1 - from }
        if (isShortest) break
      }
    }
    return found
  }

  #text(at: number): string {
    const end = this.#pool.indexOf(0, at)
    return Buffer.from(this.#pool.subarray(at, end)).toString('utf8')
  }
}

/**
 * Characters that may share a grapheme with a neighbour (Unicode annex 29): marks, joiners and other
 * format characters, Hangul jamo, regional indicators, emoji modifiers, CR, and the few letters that
 * extend or prepend. A line without any of them is one grapheme per character.
 */
const mayJoin =
  /[\p{M}\p{Cf}\p{RI}\p{Emoji_Modifier}\r\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7fb\uff9e\uff9f\u0e33\u0eb3\u0d4e\u{111c2}\u{111c3}\u{1193f}\u{11941}\u{11a84}-\u{11a89}\u{11d46}\u{11f02}]/u

/** HF's `Precompiled` normalizer. Throws `InputError` when the map is cut short. */
export function createCharsMap(blob: Uint8Array): (text: string) => string {
  const map = new CharsMap(blob)
  const lookUp = (text: string): string | undefined =>
    map.match(Buffer.from(text, 'utf8'), 0, true)?.replacement
  const known = new Map<string, string>()
  const imageOf = (character: string): string => {
    let image = known.get(character)
    if (image === undefined) known.set(character, (image = lookUp(character) ?? character))
    return image
  }

  function normalizeLine(line: string): string {
    let made = ''
    if (!mayJoin.test(line)) {
      for (const character of line) made += imageOf(character)
      return made
    }
    for (const { segment } of graphemes.segment(line)) {
      const whole = Buffer.byteLength(segment) < 6 ? lookUp(segment) : undefined
      if (whole !== undefined) {
        made += whole
        continue
      }
      for (const character of segment) made += imageOf(character)
    }
    return made
  }

  return (text) => {
    let made = ''
    // A line end stands alone, but for CR LF, which is one grapheme.
    for (const [line] of text.matchAll(/[^\n]*\n|[^\n]+/g)) made += normalizeLine(line)
    return made
  }
}

export interface PieceNormalizerOptions {
  readonly charsMap: Uint8Array | undefined
  /** Trims the text and makes one space of several. */
  readonly removesExtraSpaces: boolean
  /** Puts a space in front. */
  readonly hasDummyPrefix: boolean
}

const mark = '\u2581'

/** Sentencepiece's own normalisation: map, space rules, and U+2581 for spaces. */
export function pieceNormalizer(options: PieceNormalizerOptions): TextNormalizer {
  const { charsMap, removesExtraSpaces, hasDummyPrefix } = options
  const map = charsMap && charsMap.length > 0 ? new CharsMap(charsMap) : undefined
  const apply = (text: string): string => {
    let made = map ? replaceLongest(map, text) : text
    if (removesExtraSpaces) made = made.replace(/ {2,}/g, ' ').replace(/^ | $/g, '')
    if (made !== '' && hasDummyPrefix) made = ` ${made}`
    return made.replaceAll(' ', mark)
  }
  const align = (original: string): AlignedText => {
    const text = apply(original)
    const starts = new Uint32Array(text.length)
    const ends = new Uint32Array(text.length)
    let made = hasDummyPrefix ? 1 : 0
    for (const [from, to, image] of images(map, original)) {
      for (let i = 0; i < image.length && made < text.length; i++) {
        const isSpace = image[i] === ' '
        // A space that was taken out: the normalised text goes on without one.
        if (isSpace && text[made] !== mark) continue
        if (isSpace && removesExtraSpaces && (made === 0 || text[made - 1] === mark)) continue
        starts[made] = from
        ends[made++] = to
      }
    }
    return { text, starts, ends }
  }
  return { prepend: '', keepsAscii: false, apply, align }
}

function replaceLongest(map: CharsMap, text: string): string {
  let made = ''
  for (const [, , image] of images(map, text)) made += image
  return made
}

/** Stretches of a text in UTF-16 units with what each becomes; unmatched characters are themselves. */
function* images(
  map: CharsMap | undefined,
  text: string,
): Generator<readonly [from: number, to: number, image: string]> {
  const bytes = Buffer.from(text, 'utf8')
  for (let at = 0, unit = 0; at < bytes.length;) {
    const match = map?.match(bytes, at, false)
    const lead = bytes[at]!
    const width = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
    const part = bytes.toString('utf8', at, at + (match?.length ?? width))
    yield [unit, unit + part.length, match?.replacement ?? part]
    at += match?.length ?? width
    unit += part.length
  }
}

/** Where the children of a unit are, relative to it (darts-clone's packed form). */
function offsetOf(unit: number): number {
  return ((unit >>> 10) << ((unit & (1 << 9)) >>> 6)) >>> 0
}

// The tokenizer everybody uses: text to ids and back. `load.ts` makes one from a file.
//
// Encoding works on UTF-8 bytes from end to end: special tokens are searched, what lies between them
// is normalised if the tokenizer wants that, cut into pieces and encoded (piece-encoder.ts). Three
// outputs: ids only (the fast path), ids with byte ends, ids with offsets into the JavaScript string.
// Instances keep caches and scratch buffers and are for one thread; memory is about 15 MB plus the
// vocabulary, and five bytes of scratch per byte of the longest text seen.
import { isAscii } from 'node:buffer'
import { AddedTokenFinder, type AddedToken } from './added-tokens.ts'
import type { DecodeStream, Decoder } from './decoder.ts'
import { IdBuffer } from './id-buffer.ts'
import { PieceEncoder, type PieceModel } from './piece-encoder.ts'
import type { Split } from './pretokenize/scanner.ts'
import { alignText, normalizeText, type TextNormalizer } from './text-normalizer.ts'

export interface TokenizerParts {
  readonly kind: 'bpe' | 'wordpiece' | 'unigram'
  /** Highest id + 1, added tokens included. */
  readonly vocabSize: number
  /** Hash of vocabulary, merges and rules: shards of different hashes must not be mixed. */
  readonly hash: string
  readonly model: PieceModel
  readonly split: Split
  readonly normalizer?: TextNormalizer | undefined
  /** Put in front of a text between special tokens: of every one, or only at the very beginning. */
  readonly prefix?: { readonly text: string; readonly onlyFirst: boolean } | undefined
  readonly addedTokens: readonly AddedToken[]
  /** Normalized added tokens are spelled as they look after normalisation (sentencepiece). */
  readonly spellsNormalized?: boolean
  /** Ids around every text when `addSpecialTokens` is on. */
  readonly before: readonly number[]
  readonly after: readonly number[]
  readonly decoder: Decoder
  /** Text of a token as its file spells it, or undefined for a gap. */
  readonly tokenText: (id: number) => string | undefined
  readonly idOf: (token: string) => number | undefined
}

export interface EncodeOptions {
  /** Adds what the tokenizer's template puts around a text: [CLS] … [SEP], <s>. Default false. */
  readonly addSpecialTokens?: boolean
  /**
   * `match`: <|endoftext|> in the text becomes that token, as in HF. `text`: it is encoded like any
   * other text; right for web pages. Default `match`.
   */
  readonly specials?: 'match' | 'text'
}

export interface Encoding {
  readonly ids: Int32Array
  /** Token i covers `text.slice(starts[i], ends[i])`; parts of one character all cover it. */
  readonly starts: Uint32Array
  readonly ends: Uint32Array
}

/** Room behind a text for reads of whole words (piece-cache.ts). */
const slack = 16

export class Tokenizer {
  readonly parts: TokenizerParts
  readonly #encoder: PieceEncoder
  readonly #finders: Record<'match' | 'text', [raw: AddedTokenFinder, normalized: AddedTokenFinder]>
  readonly #addedById: Map<number, AddedToken>
  #source = new Scratch(1 << 16)
  #changed = new Scratch(1 << 12)
  readonly #out = new IdBuffer(1 << 12)

  constructor(parts: TokenizerParts) {
    this.parts = parts
    this.#encoder = new PieceEncoder(parts.model, parts.split)
    const all = parts.addedTokens
    const plain = all.filter((token) => !token.special)
    const finders = (tokens: readonly AddedToken[]): [AddedTokenFinder, AddedTokenFinder] => [
      new AddedTokenFinder(tokens.filter((token) => !token.normalized)),
      new AddedTokenFinder(
        tokens
          .filter((token) => token.normalized)
          .map((token) => ({ ...token, content: this.#normalizeContent(token.content) })),
      ),
    ]
    this.#finders = { match: finders(all), text: finders(plain) }
    this.#addedById = new Map(all.map((token) => [token.id, token]))
  }

  get vocabSize(): number {
    return this.parts.vocabSize
  }

  get hash(): string {
    return this.parts.hash
  }

  /** Ids of a text. Lone surrogates count as U+FFFD. */
  encode(text: string, options: EncodeOptions = {}): Int32Array {
    const length = this.#source.write(text)
    this.#out.length = 0
    this.#encodeSource(length, options, this.#out)
    return this.#out.slice()
  }

  /** Ids of UTF-8 bytes, which must be valid. */
  encodeBytes(bytes: Uint8Array, options: EncodeOptions = {}): Int32Array {
    this.#out.length = 0
    this.encodeInto(bytes, this.#out, options)
    return this.#out.slice()
  }

  /** Appends the ids of UTF-8 bytes to `out`; no allocation besides its growth. */
  encodeInto(bytes: Uint8Array, out: IdBuffer, options: EncodeOptions = {}): void {
    this.#source.copy(bytes)
    this.#encodeSource(bytes.length, options, out)
  }

  /**
   * Encodes an Arrow Utf8 column: text i is `values[offsets[i], offsets[i + 1])`. Returns all ids and
   * where those of each text begin (one entry more than texts).
   */
  encodeColumn(
    values: Uint8Array,
    offsets: Int32Array,
    options: EncodeOptions = {},
  ): { ids: Int32Array; starts: Int32Array } {
    const out = new IdBuffer(Math.max(1024, (offsets[offsets.length - 1]! - offsets[0]!) >> 1))
    const starts = new Int32Array(Math.max(1, offsets.length))
    for (let i = 0; i + 1 < offsets.length; i++) {
      this.encodeInto(values.subarray(offsets[i], offsets[i + 1]), out, options)
      starts[i + 1] = out.length
    }
    return { ids: out.ids.subarray(0, out.length), starts }
  }

  /** Ids with the part of `text` each covers. Template tokens cover nothing. Slower by 2-5 times. */
  encodeWithOffsets(text: string, options: EncodeOptions = {}): Encoding {
    const length = this.#source.write(text)
    const bytes = this.#source.bytes
    const units = unitsOfBytes(bytes, length)
    const ids = new IdBuffer()
    const starts = new IdBuffer()
    const ends = new IdBuffer()
    const add = (id: number, start: number, end: number): void => {
      ids.push(id)
      starts.push(start)
      ends.push(end)
    }
    if (options.addSpecialTokens) for (const id of this.parts.before) add(id, 0, 0)
    this.#walk(bytes, 0, length, this.#finders[options.specials ?? 'match'][0], (from, to, id) => {
      if (id >= 0) add(id, units[from]!, unitEnd(units, to))
      else this.#offsetsOfSection(from, to, text, units, options, add)
    })
    if (options.addSpecialTokens) for (const id of this.parts.after) add(id, 0, 0)
    return {
      ids: ids.slice(),
      starts: Uint32Array.from(starts.slice()),
      ends: Uint32Array.from(ends.slice()),
    }
  }

  /** Text of ids; special tokens are left out unless `keepSpecialTokens` is set. */
  decode(ids: Iterable<number>, options: { keepSpecialTokens?: boolean } = {}): string {
    let text = ''
    let run: number[] = []
    for (const id of ids) {
      const added = this.#addedById.get(id)
      if (!added) {
        run.push(id)
        continue
      }
      if (added.special && !options.keepSpecialTokens) continue
      text += this.parts.decoder.decode(run) + added.content
      run = []
    }
    return text + this.parts.decoder.decode(run)
  }

  /** Decodes ids one by one as they are generated. */
  decodeStream(options: { keepSpecialTokens?: boolean } = {}): DecodeStream {
    let stream = this.parts.decoder.stream()
    return {
      push: (id) => {
        const added = this.#addedById.get(id)
        if (!added) return stream.push(id)
        if (added.special && !options.keepSpecialTokens) return ''
        const text = stream.end() + added.content
        stream = this.parts.decoder.stream()
        return text
      },
      end: () => stream.end(),
    }
  }

  /** The token as its file spells it (`Ġthe`, `##ing`), or undefined. */
  tokenOf(id: number): string | undefined {
    return this.#addedById.get(id)?.content ?? this.parts.tokenText(id)
  }

  /** The id of a token spelled as in its file, or undefined. */
  idOf(token: string): number | undefined {
    return (
      this.parts.addedTokens.find((added) => added.content === token)?.id ?? this.parts.idOf(token)
    )
  }

  #encodeSource(length: number, options: EncodeOptions, out: IdBuffer): void {
    const { before, after } = this.parts
    if (options.addSpecialTokens) for (const id of before) out.push(id)
    const source = this.#source
    const finder = this.#finders[options.specials ?? 'match'][0]
    if (finder.tokens.length === 0) {
      if (length > 0) this.#encodeSection(0, length, options, out)
    } else {
      this.#walk(source.bytes, 0, length, finder, (from, to, id) => {
        if (id >= 0) out.push(id)
        else this.#encodeSection(from, to, options, out)
      })
    }
    if (options.addSpecialTokens) for (const id of after) out.push(id)
  }

  /** Calls `visit` for every added token (with its id) and every stretch between (with -1). */
  #walk(
    bytes: Uint8Array,
    from: number,
    to: number,
    finder: AddedTokenFinder,
    visit: (from: number, to: number, id: number) => void,
  ): void {
    let at = from
    while (at < to && finder.find(bytes, at, to)) {
      const { start, end, id } = finder
      if (start > at) visit(at, start, -1)
      visit(start, end, id)
      at = end
    }
    if (at < to) visit(at, to, -1)
  }

  /** Encodes a stretch of the source that holds no raw added token. */
  #encodeSection(from: number, to: number, options: EncodeOptions, out: IdBuffer): void {
    const { normalizer, prefix } = this.parts
    const source = this.#source
    const finder = this.#finders[options.specials ?? 'match'][1]
    const prepends = prefix !== undefined && (!prefix.onlyFirst || from === 0)
    const isKept =
      !normalizer || (normalizer.keepsAscii && isAscii(source.bytes.subarray(from, to)))
    if (isKept && !prepends && finder.tokens.length === 0) {
      this.#encoder.encode(source.bytes, source.view, from, to, out)
      return
    }
    let text = source.text(from, to)
    if (normalizer) text = normalizeText(text, normalizer)
    // Normalised away: not even the prefix is left of it.
    if (text === '') return
    const changed = this.#changed
    if (finder.tokens.length === 0) {
      const whole = prepends && !text.startsWith(prefix.text) ? prefix.text + text : text
      const length = changed.write(whole)
      this.#encoder.encode(changed.bytes, changed.view, 0, length, out)
      return
    }
    const length = changed.write(text)
    this.#walk(changed.bytes, 0, length, finder, (start, end, id) => {
      if (id >= 0) {
        out.push(id)
        return
      }
      const isFirst = from === 0 && start === 0
      if (prefix && (isFirst || !prefix.onlyFirst)) {
        const piece = changed.text(start, end)
        const whole = piece.startsWith(prefix.text) ? piece : prefix.text + piece
        const scratch = new Scratch(whole.length * 3 + slack)
        const written = scratch.write(whole)
        this.#encoder.encode(scratch.bytes, scratch.view, 0, written, out)
      } else {
        this.#encoder.encode(changed.bytes, changed.view, start, end, out)
      }
    })
  }

  #offsetsOfSection(
    from: number,
    to: number,
    text: string,
    units: Uint32Array,
    options: EncodeOptions,
    add: (id: number, start: number, end: number) => void,
  ): void {
    const { normalizer, prefix } = this.parts
    const base = units[from]!
    const original = text.slice(base, unitEnd(units, to))
    const aligned = normalizer ? alignText(original, normalizer) : undefined
    const scratch = new Scratch((aligned?.text.length ?? original.length) * 3 + slack)
    const length = scratch.write(aligned?.text ?? original)
    const inner = unitsOfBytes(scratch.bytes, length)
    /** Original code unit where what became code unit `unit` begins, or ends. */
    const startOf = (unit: number): number =>
      base + (aligned ? (aligned.starts[unit] ?? original.length) : unit)
    const endOf = (unit: number): number =>
      base + (aligned ? (unit === 0 ? 0 : aligned.ends[unit - 1]!) : unit)
    const finder = this.#finders[options.specials ?? 'match'][1]
    this.#walk(scratch.bytes, 0, length, finder, (start, end, id) => {
      if (id >= 0) {
        add(id, startOf(inner[start]!), endOf(unitEnd(inner, end)))
        return
      }
      const isFirst = from === 0 && start === 0
      let part = scratch
      let [partStart, partEnd, shift] = [start, end, 0]
      if (prefix && (isFirst || !prefix.onlyFirst)) {
        const piece = scratch.text(start, end)
        if (!piece.startsWith(prefix.text)) {
          part = new Scratch((prefix.text.length + piece.length) * 3 + slack)
          shift = Buffer.byteLength(prefix.text)
          ;[partStart, partEnd] = [0, part.write(prefix.text + piece)]
        }
      }
      // Byte b of `part` is byte b - shift + start of `scratch` (shift is 0 when they are the same).
      const back = (byte: number): number =>
        part === scratch ? byte : Math.max(start, byte - shift + start)
      const ids = new IdBuffer()
      const ends = new IdBuffer()
      const tokenStarts = new IdBuffer()
      this.#encoder.encodeWithEnds(part.bytes, partStart, partEnd, ids, tokenStarts, ends)
      for (let i = 0; i < ids.length; i++) {
        const first = inner[back(tokenStarts.ids[i]!)]!
        const last = unitEnd(inner, back(ends.ids[i]!))
        add(ids.ids[i]!, startOf(first), Math.max(startOf(first), endOf(last)))
      }
    })
  }

  #normalizeContent(content: string): string {
    const { normalizer, spellsNormalized } = this.parts
    return normalizer && !spellsNormalized ? normalizer.apply(content) : content
  }
}

/** A reused buffer of UTF-8 with room behind the text. */
class Scratch {
  bytes: Buffer
  view: DataView

  constructor(size: number) {
    this.bytes = Buffer.alloc(size)
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength)
  }

  /** Writes a text from the beginning; returns its length in bytes. */
  write(text: string): number {
    this.#reserve(text.length * 3)
    return this.bytes.write(text, 0, 'utf8')
  }

  copy(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.bytes.set(bytes)
  }

  text(from: number, to: number): string {
    return this.bytes.toString('utf8', from, to)
  }

  #reserve(length: number): void {
    if (length + slack <= this.bytes.length) return
    this.bytes = Buffer.alloc(Math.max(length + slack, this.bytes.length * 2))
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength)
  }
}

/** For each byte the UTF-16 offset of its character, and the whole length behind the last byte. */
function unitsOfBytes(bytes: Uint8Array, length: number): Uint32Array {
  const units = new Uint32Array(length + 1)
  let unit = 0
  let width = 0
  for (let i = 0; i < length; i++) {
    const byte = bytes[i]!
    if ((byte & 0xc0) !== 0x80) {
      unit += width
      width = byte >= 0xf0 ? 2 : 1
    }
    units[i] = unit
  }
  units[length] = unit + width
  return units
}

/** UTF-16 end of a range that ends before byte `to`: characters cut by it are covered whole. */
function unitEnd(units: Uint32Array, to: number): number {
  if (to === 0) return 0
  const last = units[to - 1]!
  let next = to
  while (next < units.length - 1 && units[next] === last) next++
  return units[next]!
}

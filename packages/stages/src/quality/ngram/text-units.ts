// Cuts text into the units that a language model counts. A line is a sentence (<s> … </s>), empty
// lines are none.
//   word        words, numbers and marks of core/words.ts; Chinese, Japanese, Thai are segmented
//   whitespace  what stands between white space, as KenLM reads text: for text that is cut already
//   character   code points; a run of white space inside a line is ▁
//   tokenizer   tokens of a tokenizer.json, without special tokens
// Cost: one pass over the text; `word` adds that of the segmenter, `tokenizer` that of encoding.
import { analyseScripts } from '@shardmill/core/script-histogram'
import { mix32 } from '@shardmill/core/random'
import { splitWords } from '@shardmill/core/words'
import type { Tokenizer } from '@shardmill/tokenizer/tokenizer'
import { applyRules, unitTable, type TextRules } from './scoring-text.ts'

export const unitNames = ['word', 'whitespace', 'character', 'tokenizer'] as const
export type UnitName = (typeof unitNames)[number]

/** The spans of one text, valid until the next is split. */
export interface UnitSpans {
  /** Where spans point to: the text after the rules, or the tokens of a tokenizer. */
  readonly units: Uint16Array
  readonly count: number
  readonly starts: Uint32Array
  readonly ends: Uint32Array
  /** `hashWord` of each span. */
  readonly hashes: Uint32Array
  /** Sentences that are not empty, and the number of spans before the end of each. */
  readonly lineCount: number
  readonly lineEnds: Uint32Array
}

const newline = 10
const ideographicSpace = 0x3000
const visibleSpace = 0x2581 // ▁, as sentencepiece writes a space

export class TextUnits implements UnitSpans {
  units: Uint16Array = new Uint16Array(1 << 14)
  count = 0
  starts = new Uint32Array(1 << 12)
  ends = new Uint32Array(1 << 12)
  hashes = new Uint32Array(1 << 12)
  lineCount = 0
  lineEnds = new Uint32Array(1 << 8)
  readonly #unit: UnitName
  readonly #table: Uint32Array
  readonly #tokenizer: Tokenizer | undefined
  readonly #tokens: TokenSpans | undefined
  #text = this.units

  constructor(unit: UnitName, rules: TextRules, tokenizer?: Tokenizer) {
    this.#unit = unit
    this.#table = unitTable(rules)
    this.#tokenizer = tokenizer
    this.#tokens = tokenizer === undefined ? undefined : tokenSpans(tokenizer)
  }

  /** Splits `text`; the result is this object, until the next call. */
  split(text: string): UnitSpans {
    // One unit more, so that a line end can always be written behind the text.
    if (text.length >= this.#text.length) this.#text = new Uint16Array(2 * text.length + 1)
    const length = applyRules(text, this.#table, this.#text)
    this.#text[length] = newline
    this.units = this.#text
    this.count = 0
    this.lineCount = 0
    if (this.#unit === 'whitespace') this.#splitAtSpaces(length)
    else if (this.#unit === 'character') this.#splitCharacters(length)
    else if (this.#unit === 'word') this.#splitWords(length)
    else this.#encode(length)
    return this
  }

  #splitAtSpaces(length: number): void {
    const units = this.#text
    for (let i = 0; i <= length; i++) {
      const unit = units[i]!
      if (isSpace(unit)) {
        if (unit === newline) this.#endLine()
        continue
      }
      const start = i
      let hash = 0x811c9dc5
      for (let each = unit; !isSpace(each); each = units[++i]!) {
        hash = Math.imul(hash ^ each, 0x01000193)
      }
      this.#push(start, i--, mix32(hash))
    }
  }

  #splitCharacters(length: number): void {
    const units = this.#text
    let spaceAt = -1
    let isLineStart = true
    for (let i = 0; i <= length; i++) {
      const unit = units[i]!
      if (isSpace(unit) || unit === ideographicSpace) {
        if (unit === newline) {
          this.#endLine()
          isLineStart = true
          spaceAt = -1
        } else spaceAt = i
        continue
      }
      if (spaceAt >= 0 && !isLineStart) {
        units[spaceAt] = visibleSpace
        this.#push(spaceAt, spaceAt + 1, spaceHash)
      }
      spaceAt = -1
      isLineStart = false
      let hash = Math.imul(0x811c9dc5 ^ unit, 0x01000193)
      const start = i
      if (unit >= 0xd800 && unit < 0xdc00) hash = Math.imul(hash ^ units[++i]!, 0x01000193)
      this.#push(start, i + 1, mix32(hash))
    }
  }

  #splitWords(length: number): void {
    const units = this.#text
    const text = textOf(units, length)
    const words = splitWords(text, analyseScripts(text))
    let lineEnd = text.indexOf('\n')
    for (let word = 0; word < words.count; word++) {
      const start = words.starts[word]!
      const end = words.ends[word]!
      while (lineEnd >= 0 && lineEnd < start) {
        this.#endLine()
        lineEnd = text.indexOf('\n', lineEnd + 1)
      }
      // The hashes of splitWords are others for marks.
      let hash = 0x811c9dc5
      for (let i = start; i < end; i++) hash = Math.imul(hash ^ units[i]!, 0x01000193)
      this.#push(start, end, mix32(hash))
    }
    this.#endLine()
  }

  #encode(length: number): void {
    const { units, starts, hashes } = this.#tokens!
    this.units = units
    for (const line of textOf(this.#text, length).split('\n')) {
      if (line.trim() === '') continue
      for (const id of this.#tokenizer!.encode(line)) {
        this.#push(starts[id]!, starts[id + 1]!, hashes[id]!)
      }
      this.#endLine()
    }
  }

  #push(start: number, end: number, hash: number): void {
    const at = this.count++
    if (at === this.starts.length) {
      this.starts = doubled(this.starts)
      this.ends = doubled(this.ends)
      this.hashes = doubled(this.hashes)
    }
    this.starts[at] = start
    this.ends[at] = end
    this.hashes[at] = hash
  }

  #endLine(): void {
    const before = this.lineCount === 0 ? 0 : this.lineEnds[this.lineCount - 1]!
    if (this.count === before) return
    if (this.lineCount === this.lineEnds.length) this.lineEnds = doubled(this.lineEnds)
    this.lineEnds[this.lineCount++] = this.count
  }
}

/** ASCII white space and NUL: where KenLM divides words. */
function isSpace(unit: number): boolean {
  return unit <= 32 && (unit === 32 || (unit >= 9 && unit <= 13) || unit === 0)
}

const spaceHash = mix32(Math.imul(0x811c9dc5 ^ visibleSpace, 0x01000193))

interface TokenSpans {
  readonly units: Uint16Array
  readonly starts: Uint32Array
  readonly hashes: Uint32Array
}

/** The tokens of a tokenizer laid end to end; token i is [starts[i], starts[i + 1]). */
function tokenSpans(tokenizer: Tokenizer): TokenSpans {
  const starts = new Uint32Array(tokenizer.vocabSize + 1)
  const hashes = new Uint32Array(tokenizer.vocabSize)
  const tokens: string[] = []
  for (let id = 0; id < tokenizer.vocabSize; id++) {
    const token = tokenizer.tokenOf(id) ?? `<${id}>`
    tokens.push(token)
    starts[id + 1] = starts[id]! + token.length
    let hash = 0x811c9dc5
    for (let i = 0; i < token.length; i++) {
      hash = Math.imul(hash ^ token.charCodeAt(i), 0x01000193)
    }
    hashes[id] = mix32(hash)
  }
  const units = new Uint16Array(starts[tokenizer.vocabSize]!)
  applyRules(tokens.join(''), unitIdentity, units)
  return { units, starts, hashes }
}

const unitIdentity = Uint32Array.from({ length: 0x10000 }, (_, unit) => unit)

function textOf(units: Uint16Array, length: number): string {
  return Buffer.from(units.buffer, units.byteOffset, 2 * length).toString('utf16le')
}

function doubled(old: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(old.length * 2)
  larger.set(old)
  return larger
}

// The growing vocabulary of a BPE training: special tokens, then the alphabet, then what the merges
// spell. Ids, order and the treatment of repeated strings are HF's (models/bpe/trainer.rs).
//
// Learned merges never spell one string twice (proof in assembly/merge-loop.ts), so in plain BPE only
// strings as long as a special token are looked up. With a prefix or suffix, or merges from outside,
// all are.
//
// Memory: 21 bytes a token. Strings are only made when they are asked for: they live as long as the
// training, and V8 answers long-lived strings with a larger heap for all that is short-lived.
import type { MergeTarget } from './bpe-merge.ts'
import { ConfigError } from '@shardmill/core/errors'

/** Token ids stay below this, so that a pair is one exact double. */
export const maxTokens = 2 ** 21

export interface VocabularyRules {
  readonly vocabSize: number
  /** Put in front of every symbol but a word's first ('##'); '' for none. */
  readonly continuingPrefix: string
  readonly endOfWordSuffix: string
  readonly initialMerges: readonly unknown[]
  /** False keeps a pair apart for good; its strings are in the vocabulary's own spelling. */
  readonly mergeFilter?: ((left: string, right: string) => boolean) | undefined
}

/** Merges in order, spelt while they are gone through: kept as pairs they would outweigh the tokens. */
export interface MergePairs extends Iterable<readonly [left: string, right: string]> {
  readonly length: number
}

/** Tokens by id, spelt while they are gone through. */
export interface TokenTexts extends Iterable<string> {
  readonly length: number
}

export class BpeVocabulary implements MergeTarget {
  #size = 0
  /** Ids of the strings that are looked up. */
  readonly #ids = new Map<string, number>()
  /** Special tokens and alphabet, by id. */
  readonly #names: string[] = []
  /** Left, right and resulting token of every merge, one behind the other. */
  #merges = new Int32Array(3 << 10)
  #mergeCount = 0
  readonly #rules: VocabularyRules
  /** The merge that spelt a token, -1 for a name; by id, as the next three. */
  #origins = new Int32Array(1 << 10)
  /** Length in symbols. */
  #lengths = new Int32Array(1 << 10)
  /** Length of the string. */
  #widths = new Int32Array(1 << 10)
  /** 1 when it stands somewhere in the corpus, or did. */
  #isUsed = new Uint8Array(1 << 10)
  #alphabetSize = 0
  /** Every string must be looked up, not only those of the length of a special token. */
  readonly #looksUpAll: boolean
  readonly #specialLengths = new Set<number>()

  constructor(rules: VocabularyRules) {
    this.#rules = rules
    this.#looksUpAll =
      rules.continuingPrefix !== '' ||
      rules.endOfWordSuffix !== '' ||
      rules.initialMerges.length > 0
  }

  get size(): number {
    return this.#size
  }

  get tokens(): TokenTexts {
    const length = this.#size
    const textOf = (token: number): string => this.textOf(token)
    return {
      length,
      *[Symbol.iterator]() {
        for (let token = 0; token < length; token++) yield textOf(token)
      },
    }
  }

  /** The string of a token. */
  textOf(token: number): string {
    const origin = this.#origins[token]!
    if (origin < 0) return this.#names[token]!
    return this.#spell(this.#merges[3 * origin]!, this.#merges[3 * origin + 1]!)
  }

  /** Left, right and resulting token of every merge, in order; a repeated pair appears again. */
  get merges(): readonly (readonly [left: number, right: number, token: number])[] {
    const parts = this.#merges
    return Array.from({ length: this.#mergeCount }, (_, rank) => {
      return [parts[3 * rank]!, parts[3 * rank + 1]!, parts[3 * rank + 2]!] as const
    })
  }

  get vocabSize(): number {
    return this.#rules.vocabSize
  }

  get isFiltered(): boolean {
    return this.#rules.mergeFilter !== undefined
  }

  get isFull(): boolean {
    return this.#size >= this.#rules.vocabSize
  }

  /** Two merges may spell one string. */
  get canRepeat(): boolean {
    return this.#looksUpAll
  }

  /** The id of a string, added when it is new. */
  add(token: string): number {
    const known = this.#ids.get(token)
    if (known !== undefined) return known
    const id = this.#append(-1, token.length)
    this.#names[id] = token
    this.#ids.set(token, id)
    this.#specialLengths.add(token.length)
    return id
  }

  /** As `add`, for a symbol that stands in the corpus. */
  addSymbol(token: string): number {
    const id = this.add(token)
    this.#isUsed[id] = 1
    return id
  }

  /** Marks where the alphabet ends, for `reset`. */
  closeAlphabet(): void {
    this.#alphabetSize = this.#size
  }

  /** Forgets all merges. */
  reset(): void {
    for (const text of this.tokens)
      if (this.#ids.get(text)! >= this.#alphabetSize) this.#ids.delete(text)
    this.#size = this.#alphabetSize
    for (const [, , token] of this.merges) {
      // A merge may have spelt a special token.
      if (token < this.#alphabetSize) {
        this.#isUsed[token] = 0
        this.#lengths[token] = 1
      }
    }
    this.#mergeCount = 0
  }

  /** The id of a string, if it has one. */
  idOf(token: string): number | undefined {
    return this.#ids.get(token)
  }

  lengthOf(token: number): number {
    return this.#lengths[token]!
  }

  allows(left: number, right: number): boolean {
    const filter = this.#rules.mergeFilter
    return filter === undefined || filter(this.textOf(left), this.textOf(right))
  }

  join(left: number, right: number): number | undefined {
    const width = this.#widthOf(left, right)
    if (!this.#looksUpAll && !this.#specialLengths.has(width))
      return this.#spellNew(left, right, width)
    const text = this.#spell(left, right)
    const known = this.#ids.get(text)
    if (known === undefined) return this.#spellNew(left, right, width, text)
    return this.#isUsed[known] === 1 ? undefined : this.#record(left, right, known)
  }

  /** As `join`, but a string that is in use already gives its old token once more. */
  joinAgain(left: number, right: number): number {
    const text = this.#spell(left, right)
    const known = this.#ids.get(text)
    if (known !== undefined) return this.#record(left, right, known)
    return this.#spellNew(left, right, this.#widthOf(left, right), text)
  }

  /** A token for a string that has none; a given `text` can be found again. */
  #spellNew(left: number, right: number, width: number, text?: string): number {
    const token = this.#append(this.#mergeCount, width)
    if (text !== undefined) this.#ids.set(text, token)
    return this.#record(left, right, token)
  }

  #append(origin: number, width: number): number {
    const id = this.#size++
    if (id >= maxTokens) {
      throw new ConfigError(`tokenizer: a vocabulary has at most ${maxTokens} tokens`)
    }
    if (id === this.#origins.length) {
      this.#origins = doubled(this.#origins)
      this.#lengths = doubled(this.#lengths)
      this.#widths = doubled(this.#widths)
      const used = this.#isUsed
      this.#isUsed = new Uint8Array(used.length * 2)
      this.#isUsed.set(used)
    }
    this.#origins[id] = origin
    this.#lengths[id] = 1
    this.#widths[id] = width
    this.#isUsed[id] = 0
    return id
  }

  #record(left: number, right: number, token: number): number {
    this.#isUsed[token] = 1
    this.#lengths[token] = this.#lengths[left]! + this.#lengths[right]!
    const at = 3 * this.#mergeCount++
    if (at === this.#merges.length) this.#merges = doubled(this.#merges)
    this.#merges[at] = left
    this.#merges[at + 1] = right
    this.#merges[at + 2] = token
    return token
  }

  /** The merges as HF writes them: of a pair recorded twice only the later stays. */
  mergePairs(): MergePairs {
    const textOf = (token: number): string => this.textOf(token)
    const parts = this.#merges
    const count = this.#mergeCount
    const last = new Map<number, number>()
    if (this.#looksUpAll) {
      for (let rank = 0; rank < count; rank++) {
        last.set(parts[3 * rank]! * maxTokens + parts[3 * rank + 1]!, rank)
      }
    }
    return {
      length: this.#looksUpAll ? last.size : count,
      *[Symbol.iterator]() {
        for (let rank = 0; rank < count; rank++) {
          const left = parts[3 * rank]!
          const right = parts[3 * rank + 1]!
          if ((last.get(left * maxTokens + right) ?? rank) !== rank) continue
          yield [textOf(left), textOf(right)] as const
        }
      },
    }
  }

  #spell(left: number, right: number): string {
    const tail = this.textOf(right)
    return (
      this.textOf(left) +
      (this.#isPrefixed(tail) ? tail.slice(this.#rules.continuingPrefix.length) : tail)
    )
  }

  /** Length of what `#spell` gives. */
  #widthOf(left: number, right: number): number {
    const width = this.#widths[left]! + this.#widths[right]!
    const { continuingPrefix } = this.#rules
    if (continuingPrefix === '' || !this.#isPrefixed(this.textOf(right))) return width
    return width - continuingPrefix.length
  }

  #isPrefixed(text: string): boolean {
    const { continuingPrefix } = this.#rules
    return continuingPrefix !== '' && text.startsWith(continuingPrefix)
  }
}

function doubled(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2)
  larger.set(array)
  return larger
}

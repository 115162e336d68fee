// The growing vocabulary of a BPE training: special tokens, then the alphabet, then what the merges
// spell. Ids, order and the treatment of repeated strings are HF's (models/bpe/trainer.rs).
//
// Learned merges never spell one string twice (proof in assembly/merge-loop.ts), so in plain BPE only
// strings as long as a special token are looked up. With a prefix or suffix, or merges from outside,
// all are.
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

export class BpeVocabulary implements MergeTarget {
  readonly tokens: string[] = []
  readonly #ids = new Map<string, number>()
  /** Left, right and resulting token of every merge, one behind the other. */
  #merges = new Int32Array(3 << 10)
  #mergeCount = 0
  readonly #rules: VocabularyRules
  readonly #lengths: number[] = []
  /** Tokens that stand somewhere in the corpus, or did. */
  readonly #isUsed: boolean[] = []
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
    return this.tokens.length
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
    return this.tokens.length >= this.#rules.vocabSize
  }

  /** The id of a string, added when it is new. */
  add(token: string): number {
    const known = this.#ids.get(token)
    if (known !== undefined) return known
    const id = this.#append(token)
    this.#ids.set(token, id)
    this.#specialLengths.add(token.length)
    return id
  }

  /** As `add`, for a symbol that stands in the corpus. */
  addSymbol(token: string): number {
    const id = this.add(token)
    this.#isUsed[id] = true
    return id
  }

  /** Marks where the alphabet ends, for `reset`. */
  closeAlphabet(): void {
    this.#alphabetSize = this.tokens.length
  }

  /** Forgets all merges. */
  reset(): void {
    for (const token of this.tokens.splice(this.#alphabetSize)) this.#ids.delete(token)
    this.#lengths.length = this.#alphabetSize
    this.#isUsed.length = this.#alphabetSize
    for (const [, , token] of this.merges) {
      // A merge may have spelt a special token.
      if (token < this.#alphabetSize) {
        this.#isUsed[token] = false
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
    return filter === undefined || filter(this.tokens[left]!, this.tokens[right]!)
  }

  join(left: number, right: number): number | undefined {
    const token = this.#spell(left, right)
    const known = this.#find(token)
    if (known !== undefined && this.#isUsed[known]) return undefined
    return this.#record(left, right, known ?? this.#appendSpelt(token))
  }

  /** As `join`, but a string that is in use already gives its old token once more. */
  joinAgain(left: number, right: number): number {
    const token = this.#spell(left, right)
    return this.#record(left, right, this.#ids.get(token) ?? this.#appendSpelt(token, true))
  }

  #find(token: string): number | undefined {
    const mayExist = this.#looksUpAll || this.#specialLengths.has(token.length)
    return mayExist ? this.#ids.get(token) : undefined
  }

  #appendSpelt(token: string, isLookedUp = this.#looksUpAll): number {
    const id = this.#append(token)
    if (isLookedUp) this.#ids.set(token, id)
    return id
  }

  #append(token: string): number {
    const id = this.tokens.length
    if (id >= maxTokens) {
      throw new ConfigError(`tokenizer: a vocabulary has at most ${maxTokens} tokens`)
    }
    this.tokens.push(token)
    this.#lengths.push(1)
    this.#isUsed.push(false)
    return id
  }

  #record(left: number, right: number, token: number): number {
    this.#isUsed[token] = true
    this.#lengths[token] = this.#lengths[left]! + this.#lengths[right]!
    const at = 3 * this.#mergeCount++
    if (at === this.#merges.length) {
      const larger = new Int32Array(at * 2)
      larger.set(this.#merges)
      this.#merges = larger
    }
    this.#merges[at] = left
    this.#merges[at + 1] = right
    this.#merges[at + 2] = token
    return token
  }

  /** The merges as HF writes them: of a pair recorded twice only the later stays. */
  mergePairs(): (readonly [string, string])[] {
    const { tokens } = this
    const parts = this.#merges
    const last = new Map<number, number>()
    if (this.#looksUpAll) {
      for (let rank = 0; rank < this.#mergeCount; rank++) {
        last.set(parts[3 * rank]! * maxTokens + parts[3 * rank + 1]!, rank)
      }
    }
    const pairs: (readonly [string, string])[] = []
    for (let rank = 0; rank < this.#mergeCount; rank++) {
      const left = parts[3 * rank]!
      const right = parts[3 * rank + 1]!
      if ((last.get(left * maxTokens + right) ?? rank) !== rank) continue
      pairs.push([tokens[left]!, tokens[right]!])
    }
    return pairs
  }

  #spell(left: number, right: number): string {
    const { continuingPrefix } = this.#rules
    const tail = this.tokens[right]!
    const isPrefixed = continuingPrefix !== '' && tail.startsWith(continuingPrefix)
    return this.tokens[left]! + (isPrefixed ? tail.slice(continuingPrefix.length) : tail)
  }
}

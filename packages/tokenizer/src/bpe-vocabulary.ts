// The growing vocabulary of a BPE training: special tokens, then the alphabet, then what the merges
// spell. Ids, order and the treatment of repeated strings are HF's (models/bpe/trainer.rs).
import { maxTokens } from './pair-heap.ts'
import type { MergeTarget } from './bpe-merge.ts'
import { ConfigError } from '@shardmill/core/errors'

export interface VocabularyRules {
  readonly vocabSize: number
  /** Put in front of every symbol but a word's first ('##'); '' for none. */
  readonly continuingPrefix: string
  /** False keeps a pair apart for good; its strings are in the vocabulary's own spelling. */
  readonly mergeFilter?: ((left: string, right: string) => boolean) | undefined
}

export class BpeVocabulary implements MergeTarget {
  readonly tokens: string[] = []
  readonly ids = new Map<string, number>()
  /** Left, right and resulting token of every merge, in order; a repeated pair appears again. */
  readonly merges: (readonly [left: number, right: number, token: number])[] = []
  readonly #rules: VocabularyRules
  readonly #lengths: number[] = []
  /** Tokens that stand somewhere in the corpus, or did. */
  readonly #isUsed: boolean[] = []
  #alphabetSize = 0

  constructor(rules: VocabularyRules) {
    this.#rules = rules
  }

  get size(): number {
    return this.tokens.length
  }

  get isFull(): boolean {
    return this.tokens.length >= this.#rules.vocabSize
  }

  /** The id of a string, added when it is new. */
  add(token: string): number {
    const known = this.ids.get(token)
    if (known !== undefined) return known
    const id = this.tokens.length
    if (id >= maxTokens) {
      throw new ConfigError(`tokenizer: a vocabulary has at most ${maxTokens} tokens`)
    }
    this.tokens.push(token)
    this.ids.set(token, id)
    this.#lengths.push(1)
    this.#isUsed.push(false)
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
    for (const token of this.tokens.splice(this.#alphabetSize)) this.ids.delete(token)
    this.#lengths.length = this.#alphabetSize
    this.#isUsed.length = this.#alphabetSize
    for (const [, , token] of this.merges) {
      // A merge may have spelt a special token.
      if (token < this.#alphabetSize) {
        this.#isUsed[token] = false
        this.#lengths[token] = 1
      }
    }
    this.merges.length = 0
  }

  /** The id of a string, if it has one. */
  idOf(token: string): number | undefined {
    return this.ids.get(token)
  }

  lengthOf(token: number): number {
    return this.#lengths[token]!
  }

  allows(left: number, right: number): boolean {
    const filter = this.#rules.mergeFilter
    return filter === undefined || filter(this.tokens[left]!, this.tokens[right]!)
  }

  join(left: number, right: number): number | undefined {
    const known = this.ids.get(this.#spell(left, right))
    if (known !== undefined && this.#isUsed[known]) return undefined
    return this.joinAgain(left, right)
  }

  /** As `join`, but a string that is in use already gives its old token once more. */
  joinAgain(left: number, right: number): number {
    const token = this.add(this.#spell(left, right))
    this.#isUsed[token] = true
    this.#lengths[token] = this.#lengths[left]! + this.#lengths[right]!
    this.merges.push([left, right, token])
    return token
  }

  /** The merges as HF writes them: of a pair recorded twice only the later stays. */
  mergePairs(): (readonly [string, string])[] {
    const last = new Map<number, number>()
    this.merges.forEach(([left, right], rank) => last.set(left * maxTokens + right, rank))
    return this.merges
      .filter(([left, right], rank) => last.get(left * maxTokens + right) === rank)
      .map(([left, right]) => [this.tokens[left]!, this.tokens[right]!] as const)
  }

  #spell(left: number, right: number): string {
    const { continuingPrefix } = this.#rules
    const tail = this.tokens[right]!
    const isPrefixed = continuingPrefix !== '' && tail.startsWith(continuingPrefix)
    return this.tokens[left]! + (isPrefixed ? tail.slice(continuingPrefix.length) : tail)
  }
}

// A language model in memory, and how it scores. A state is the longest context that the model knows;
// the n-grams after it are looked for by binary search. Found, the n-gram names the next state; not
// found, the backoff is added and the context gets shorter by its first word. Contexts that shrink had
// to grow, so a token costs at most two searches on average, whatever the order (KenLM's trie: one per
// order).
//
// What is read together lies together: a context is three words (start, parent, backoff), an n-gram
// its last word in a dense array to search in, and two words (next state, probability) read when found.
// Memory: 12 bytes per n-gram and 12 per context, 9 per n-gram when quantised. Loaded once per process,
// about 0.5 GB/s with checksums.
import type { ModelHeader } from './model-header.ts'
import { basesOf } from './model-arrays.ts'
import { ModelFile } from './model-file.ts'
import { bookSize } from './quantize.ts'
import { endId, startId, Vocabulary } from './vocabulary.ts'

/** Words of a context: where its n-grams start, its parent, its backoff as the bits of a float32. */
const contextWords = 3

export class NgramModel {
  readonly header: ModelHeader
  readonly vocabulary: Vocabulary
  readonly #words: Uint32Array
  readonly #contexts: Uint32Array
  readonly #backoffs: Float32Array
  /** Next states, and probabilities between them; only next states when quantised. */
  readonly #next: Uint32Array
  readonly #probs: Float32Array
  readonly #codes: Uint8Array | undefined
  readonly #book: Float32Array
  readonly #contextBase: readonly number[]

  constructor(file: ModelFile) {
    this.header = file.header
    this.vocabulary = readVocabulary(file)
    this.#words = file.read('words', 'u32')
    this.#contextBase = basesOf(file.header.contexts)
    this.#contexts = interleaveContexts(file)
    this.#backoffs = new Float32Array(this.#contexts.buffer)
    const isQuantized = file.header.bits > 0
    const next = file.read('next', 'u32')
    this.#next = isQuantized ? next : new Uint32Array(2 * next.length)
    this.#probs = isQuantized ? file.read('probs', 'f32') : new Float32Array(this.#next.buffer)
    if (isQuantized) {
      const hasCodes = file.header.order > 1
      this.#codes = hasCodes ? file.read('prob-codes', 'u8') : new Uint8Array(0)
    } else {
      const probs = file.read('probs', 'f32')
      for (let at = 0; at < next.length; at++) {
        this.#next[2 * at] = next[at]!
        this.#probs[2 * at + 1] = probs[at]!
      }
    }
    this.#book = isQuantized ? file.read('prob-book', 'f32') : new Float32Array(0)
  }

  static load(path: string): NgramModel {
    const file = new ModelFile(path)
    try {
      return new NgramModel(file)
    } finally {
      file.close()
    }
  }

  get order(): number {
    return this.header.order
  }

  /** Memory of the arrays. */
  get bytes(): number {
    const { bytes } = this.vocabulary
    const codes = this.#codes === undefined ? 0 : this.#codes.byteLength + this.#probs.byteLength
    return (
      bytes + this.#words.byteLength + this.#contexts.byteLength + this.#next.byteLength + codes
    )
  }

  /** The state at the beginning of a sentence: <s> has been seen. */
  get startState(): number {
    return this.#codes === undefined ? this.#next[2 * startId]! : this.#next[startId]!
  }

  /**
   * The sum of the log10 probabilities of ids[from, to) and </s> after <s>. With `out`, the single
   * ones are written there, </s> last.
   */
  scoreSentence(ids: Uint32Array, from: number, to: number, out?: Float64Array): number {
    if (this.#codes !== undefined) return this.#scoreQuantized(ids, from, to, out)
    const [words, next, probs] = [this.#words, this.#next, this.#probs]
    const [contexts, backoffs] = [this.#contexts, this.#backoffs]
    let state = this.startState
    let total = 0
    for (let i = from; i <= to; i++) {
      const word = i === to ? endId : ids[i]!
      let score = 0
      // Single words lie at their ids.
      let at = word
      while (state !== 0) {
        const record = state * contextWords
        const end = contexts[record + contextWords]!
        at = search(words, word, contexts[record]!, end)
        if (at < end && words[at] === word) break
        score += backoffs[record + 2]!
        state = contexts[record + 1]!
        at = word
      }
      score += probs[2 * at + 1]!
      state = next[2 * at]!
      if (out !== undefined) out[i - from] = score
      total += score
    }
    return total
  }

  /** The same with codes: the length of the state says which book a code is of. */
  #scoreQuantized(ids: Uint32Array, from: number, to: number, out?: Float64Array): number {
    let state = this.startState
    let length = this.#lengthOf(state)
    let total = 0
    for (let i = from; i <= to; i++) {
      const step = this.step(state, i === to ? endId : ids[i]!, length)
      state = step.state
      length = step.length
      if (out !== undefined) out[i - from] = step.logProb
      total += step.logProb
    }
    return total
  }

  /** One step from a state: the log10 probability of a word, and the state behind it. */
  step(state: number, word: number, length = this.#lengthOf(state)): Step {
    const [words, contexts] = [this.#words, this.#contexts]
    let backoff = 0
    let at = word
    while (state !== 0) {
      const record = state * contextWords
      const end = contexts[record + contextWords]!
      at = search(words, word, contexts[record]!, end)
      if (at < end && words[at] === word) break
      backoff += this.#backoffs[record + 2]!
      state = contexts[record + 1]!
      at = word
      length--
    }
    const logProb = backoff + this.#probAt(at, length)
    const next = this.#codes === undefined ? this.#next[2 * at]! : this.#next[at]!
    const longest = Math.min(length + 1, this.#contextBase.length - 1)
    return { logProb, state: next, length: this.#lengthOf(next, longest) }
  }

  /** log10 p(word | context), the context in reading order; it may begin with <s>. */
  logProb(context: readonly number[], word: number): number {
    let state = context[0] === startId ? this.startState : 0
    for (const id of context) if (id !== startId) ({ state } = this.step(state, id))
    return this.step(state, word).logProb
  }

  #probAt(at: number, contextLength: number): number {
    if (this.#codes === undefined) return this.#probs[2 * at + 1]!
    if (contextLength === 0) return this.#probs[at]!
    return this.#book[(contextLength - 1) * bookSize + this.#codes[at - this.#probs.length]!]!
  }

  #lengthOf(state: number, longest = this.#contextBase.length - 1): number {
    while (state < this.#contextBase[longest]!) longest--
    return longest
  }
}

export interface Step {
  readonly logProb: number
  readonly state: number
  /** Words of the state. */
  readonly length: number
}

/** The first place in words[low, high) whose word is not below `word`. */
function search(words: Uint32Array, word: number, low: number, high: number): number {
  while (low < high) {
    const middle = (low + high) >>> 1
    if (words[middle]! < word) low = middle + 1
    else high = middle
  }
  return low
}

/** Contexts as records, and one behind the last whose start is the end of all n-grams. */
function interleaveContexts(file: ModelFile): Uint32Array {
  const starts = file.read('starts', 'u32')
  const parents = file.read('parents', 'u32')
  const backoffs = readBackoffs(file)
  const contexts = new Uint32Array(contextWords * starts.length)
  const floats = new Float32Array(contexts.buffer)
  for (let i = 0; i < starts.length; i++) {
    contexts[contextWords * i] = starts[i]!
    if (i === parents.length) break
    contexts[contextWords * i + 1] = parents[i]!
    floats[contextWords * i + 2] = backoffs[i]!
  }
  return contexts
}

/** The backoffs of all contexts, decoded. */
export function readBackoffs(file: ModelFile): Float32Array {
  return readDecoded(file, 'backoff', file.header.contexts.slice(2))
}

/** The log10 probabilities of all n-grams, decoded. */
export function readProbs(file: ModelFile): Float32Array {
  return readDecoded(file, 'prob', file.header.ngrams.slice(1))
}

/** Plain numbers, and behind them those of parts with a book each. */
function readDecoded(file: ModelFile, kind: string, parts: readonly number[]): Float32Array {
  const plain = file.read(`${kind}s`, 'f32')
  if (file.header.bits === 0 || parts.length === 0) return plain
  const codes = file.read(`${kind}-codes`, 'u8')
  const book = file.read(`${kind}-book`, 'f32')
  const all = new Float32Array(plain.length + codes.length)
  all.set(plain)
  let at = 0
  for (const [part, count] of parts.entries()) {
    for (let i = 0; i < count; i++, at++) {
      all[plain.length + at] = book[part * bookSize + codes[at]!]!
    }
  }
  return all
}

export function readVocabulary(file: ModelFile): Vocabulary {
  const ends = file.read('vocabulary-ends', 'u32')
  const bytes = Buffer.from(file.read('vocabulary-bytes', 'u8').buffer)
  const vocabulary = new Vocabulary()
  for (let id = 0; id < ends.length; id++) {
    vocabulary.addWord(bytes.toString('utf8', id === 0 ? 0 : ends[id - 1], ends[id]))
  }
  return vocabulary
}

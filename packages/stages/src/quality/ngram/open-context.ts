// The words seen after one context while it is open, with their counts. Most contexts hold the words
// of one longer context only (in 20 MB of English three words have 1.25 on average): those stay a list. From the second longer
// context on counts are kept in an array by word, and listed in order when the context closes.

export class OpenContext {
  /** After `settle`: the words in order, how many different words stand in front, how often it occurs. */
  words = new Uint32Array(64)
  adjusted = new Float64Array(64)
  raw = new Float64Array(64)
  count = 0
  /** Kept contexts that are longer by one word. */
  children = 0
  #longer = 0
  /** Counts by word once there are two longer contexts; occurrences only when pruning asks for them. */
  readonly #adjustedOf: Uint32Array
  readonly #rawOf: Float64Array | undefined
  #isSorted = true

  constructor(vocabularySize: number, isPruned: boolean) {
    this.#adjustedOf = new Uint32Array(vocabularySize)
    this.#rawOf = isPruned ? new Float64Array(vocabularySize) : undefined
  }

  /** A word after a context that nothing is longer than: both counts are the frequency. */
  append(word: number, frequency: number): void {
    if (this.count === this.words.length) this.#grow(this.count + 1)
    this.words[this.count] = word
    this.adjusted[this.count] = frequency
    this.raw[this.count++] = frequency
  }

  /** The words of a longer context that has closed; each stands behind one more word. */
  addLonger(words: Uint32Array, raw: Float64Array, count: number): void {
    if (this.#longer++ === 0) {
      if (count > this.words.length) this.#grow(count)
      for (let i = 0; i < count; i++) {
        this.words[i] = words[i]!
        this.adjusted[i] = 1
        this.raw[i] = raw[i]!
      }
      this.count = count
      return
    }
    if (this.#longer === 2) this.#spread()
    if (this.count + count > this.words.length) this.#grow(this.count + count)
    const [adjustedOf, rawOf, list] = [this.#adjustedOf, this.#rawOf, this.words]
    let known = this.count
    for (let i = 0; i < count; i++) {
      const word = words[i]!
      if (adjustedOf[word]!++ === 0) {
        if (known > 0 && list[known - 1]! > word) this.#isSorted = false
        list[known++] = word
      }
      if (rawOf !== undefined) rawOf[word]! += raw[i]!
    }
    this.count = known
  }

  /** Brings the lists up to date. */
  settle(): void {
    if (this.#longer < 2) return
    const [adjustedOf, rawOf, words] = [this.#adjustedOf, this.#rawOf, this.words]
    if (!this.#isSorted) sortWords(words, this.count)
    for (let i = 0; i < this.count; i++) {
      const word = words[i]!
      this.adjusted[i] = adjustedOf[word]!
      adjustedOf[word] = 0
      // Without pruning only "more than never" matters.
      this.raw[i] = 1
      if (rawOf !== undefined) {
        this.raw[i] = rawOf[word]!
        rawOf[word] = 0
      }
    }
  }

  clear(): void {
    this.count = 0
    this.children = 0
    this.#longer = 0
    this.#isSorted = true
  }

  /** From the list to the array by word. */
  #spread(): void {
    for (let i = 0; i < this.count; i++) {
      const word = this.words[i]!
      this.#adjustedOf[word] = 1
      if (this.#rawOf !== undefined) this.#rawOf[word] = this.raw[i]!
    }
  }

  #grow(needed: number): void {
    const length = Math.max(needed, 2 * this.words.length)
    this.words = copied(new Uint32Array(length), this.words)
    this.adjusted = copied(new Float64Array(length), this.adjusted)
    this.raw = copied(new Float64Array(length), this.raw)
  }
}

/** Short lists by insertion: a call of the engine's sort costs as much as sorting 40 words. */
function sortWords(words: Uint32Array, count: number): void {
  if (count > 40) {
    words.subarray(0, count).sort()
    return
  }
  for (let i = 1; i < count; i++) {
    const word = words[i]!
    let hole = i
    for (; hole > 0 && words[hole - 1]! > word; hole--) words[hole] = words[hole - 1]!
    words[hole] = word
  }
}

function copied<T extends Uint32Array | Float64Array>(larger: T, old: T): T {
  larger.set(old)
  return larger
}

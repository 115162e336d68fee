// Trains a language model from sentences: count (count-ngrams.ts), lower orders (adjust-counts.ts),
// discounts, probabilities (estimate.ts). Everything between lies in a temporary folder beside the
// output. The same sentences give the same bytes, whatever the memory.
//
// Memory: `memoryMB` is divided into the block that is being counted and what depends on the
// vocabulary; one that needs more than all of it (about 20 bytes per word and order) is still
// trained. Long loops pause every 100 ms or so for signals and progress; the sort of a block does not.
import { mkdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { InputError } from '@shardmill/core/errors'
import { CountAdjuster } from './adjust-counts.ts'
import { NgramCounter } from './count-ngrams.ts'
import { discountsOf, type Discounts } from './discounts.ts'
import { Estimator } from './estimate.ts'
import type { ModelFacts } from './model-header.ts'
import { ModelWriter } from './model-writer.ts'
import type { NgramStream } from './ngram-stream.ts'
import { endId, type Vocabulary } from './vocabulary.ts'
import { writeVocabulary } from './vocabulary-section.ts'
import type { UnitSpans } from './text-units.ts'

export interface ModelTraining {
  readonly order: number
  /** `prune[n - 1]`: n-grams that occur so often or less are left out; never falls, [0] is 0. */
  readonly prune: readonly number[]
  readonly fallback: Discounts | undefined
  readonly memoryMB: number
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((phase: string, done: number, total: number) => void) | undefined
}

/** Bytes of a counted token: itself and two positions. */
const tokenBytes = 12
/** Smallest block, whatever the vocabulary takes. */
const leastTokens = 1 << 10
/** N-grams, or contexts, between two looks at the clock. */
const stepSize = 1 << 14
const pauseMs = 100

export class ModelTrainer {
  readonly #options: ModelTraining
  readonly #vocabulary: Vocabulary
  readonly #folder: string
  readonly #counter: NgramCounter
  #ids = new Uint32Array(256)
  #sentences = 0
  #tokens = 0
  #pausedAt = performance.now()

  constructor(output: string, vocabulary: Vocabulary, options: ModelTraining) {
    this.#options = options
    this.#vocabulary = vocabulary
    this.#folder = `${output}.${process.pid}.counts`
    mkdirSync(dirname(output), { recursive: true })
    rmSync(this.#folder, { recursive: true, force: true })
    mkdirSync(this.#folder)
    this.#counter = new NgramCounter(options.order, this.#folder, () => this.#maxTokens())
  }

  get sentences(): number {
    return this.#sentences
  }

  /** Words, without <s> and </s>. */
  get tokens(): number {
    return this.#tokens
  }

  get runCount(): number {
    return this.#counter.runCount
  }

  /** Adds all lines of a split text as sentences. <s>, </s> and <unk> in a text are passed over. */
  add({ units, starts, ends, hashes, lineCount, lineEnds }: UnitSpans): void {
    const vocabulary = this.#vocabulary
    let at = 0
    for (let line = 0; line < lineCount; line++) {
      const end = lineEnds[line]!
      if (end - at > this.#ids.length) this.#ids = new Uint32Array(2 * (end - at))
      let length = 0
      for (; at < end; at++) {
        const id = vocabulary.add(units, starts[at]!, ends[at]!, hashes[at]!)
        if (id > endId) this.#ids[length++] = id
      }
      this.#counter.addSentence(this.#ids, 0, length, vocabulary.count)
      this.#sentences++
      this.#tokens += length
    }
  }

  /** Lets signals and progress through when it is time. */
  async pause(): Promise<void> {
    const now = performance.now()
    if (now - this.#pausedAt < pauseMs) return
    this.#pausedAt = now
    await setImmediate()
    this.#options.signal?.throwIfAborted()
  }

  /** Estimates the model into `path`; `facts` describes the rest of its header. */
  async finish(
    path: string,
    facts: Pick<ModelFacts, 'unit' | 'rules' | 'segmenter'> & { documents: number },
    tokenizer?: Uint8Array,
  ): Promise<void> {
    if (this.#tokens === 0) throw new InputError('ngram: the inputs hold no words to train on')
    const { order, prune, fallback } = this.#options
    const stream = this.#counter.finish()
    const counts = await this.#adjust(stream)
    const discounts = counts.orders.map(({ byCount }, i) => discountsOf(i + 1, byCount, fallback))
    const writer = new ModelWriter(path)
    try {
      writeVocabulary(writer, this.#vocabulary)
      if (tokenizer !== undefined) writer.whole('tokenizer', tokenizer)
      const estimator = new Estimator(order, this.#vocabulary.count, counts, discounts, writer)
      for (let i = 0; i < estimator.contextsOfOneWord; i++) {
        estimator.next()
        if (i % 64 === 0) {
          await this.pause()
          this.#options.onProgress?.('estimate', i, estimator.contextsOfOneWord)
        }
      }
      estimator.finish()
      const { documents, ...rest } = facts
      writer.commit({
        ...rest,
        order,
        ngrams: [this.#vocabulary.count, ...counts.orders.slice(1).map(({ kept }) => kept)],
        contexts: [...counts.contexts],
        bits: 0,
        discounts: discounts.map((each) => [...each]),
        prune: [...prune],
        training: { documents, sentences: this.#sentences, tokens: this.#tokens },
      })
    } finally {
      writer.close()
    }
  }

  /** Removes the temporary folder. */
  close(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #adjust(stream: NgramStream): Promise<ReturnType<CountAdjuster['finish']>> {
    const { order, prune, onProgress } = this.#options
    const adjuster = new CountAdjuster(order, prune, this.#vocabulary.count, this.#folder)
    try {
      let done = 0
      while (adjuster.read(stream, stepSize)) {
        done += stepSize
        onProgress?.('adjust', done, this.#tokens)
        await this.pause()
      }
      return adjuster.finish()
    } finally {
      adjuster.close()
      stream.close()
    }
  }

  #maxTokens(): number {
    const { memoryMB, order } = this.#options
    const { count, bytes } = this.#vocabulary
    // Counters of the sort, 4 bytes per word and order; room for growth of the tables.
    const others = 1.5 * bytes + 4 * order * count
    return Math.max(leastTokens, Math.floor((memoryMB * 1e6 - others) / tokenBytes))
  }
}

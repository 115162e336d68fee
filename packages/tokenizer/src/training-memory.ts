// The memory in which words are counted, laid out as cells and merged, and the code that does it: one
// WebAssembly instance (assembly/). There because a training of 20 MB is over before V8 has compiled
// the same loops, and because V8's compiler and collector take more memory than the words do.
//
// It is one address space of 4 GB, which is about 500 million symbols of distinct words.
import { readFileSync } from 'node:fs'
import { InputError } from '@shardmill/core/errors'

/** What assembly/training.ts exports. Addresses and 32-bit numbers without sign are answered signed. */
export interface TrainingKernel {
  readonly memory: { readonly buffer: ArrayBuffer }
  create(limitBytes: number): void
  clear(): void
  textBuffer(length: number): number
  spansAddress(): number
  offsetsAddress(): number
  countsAddress(): number
  arenaAddress(): number
  wordCount(): number
  tableBytes(): number
  addSpans(first: number, last: number, base: number, weight: number): number
  useRules(
    contractions: number,
    maxDigits: number,
    spaceBeforeDigits: boolean,
    keepsNewlines: boolean,
    keepsSlash: boolean,
    splitsCase: boolean,
    cutsFirst: boolean,
  ): number
  addText(from: number, to: number, isLines: boolean, weight: number): number
  lineCount(): number
  closeTable(): void
  forgetWords(): void
  openTable(words: number, bytes: number): void
  symbolBuffer(count: number): number
  layOut(isByte: boolean, hasPlaces: boolean): number
  cellsAddress(): number
  startsAddress(): number
  weightsAddress(): number
  runCountOf(): number
  openLoop(
    tokens: number,
    mostTokens: number,
    minFrequency: number,
    maxLength: number,
    isFiltered: boolean,
  ): number
  run(budget: number): number
  closeLoop(): void
}

/** Answers the merge loop's questions. */
export interface MergeAnswers {
  /** The token of a merge, -1 when that token is in use already. */
  join(left: number, right: number): number
  allows(left: number, right: number): boolean
}

let module: WebAssembly.Module | undefined

export class TrainingMemory {
  readonly kernel: TrainingKernel
  #answers: MergeAnswers | undefined

  constructor() {
    module ??= new WebAssembly.Module(readFileSync(new URL('./training.wasm', import.meta.url)))
    const env = {
      join: (left: number, right: number) => this.#answers!.join(left, right),
      allows: (left: number, right: number) => (this.#answers!.allows(left, right) ? 1 : 0),
    }
    this.kernel = new WebAssembly.Instance(module, { env }).exports as TrainingKernel
  }

  /** The bytes; another buffer after each growth, which empties the one before. */
  get buffer(): ArrayBuffer {
    return this.kernel.memory.buffer
  }

  /** Answers the loop from now on. */
  answer(answers: MergeAnswers): void {
    this.#answers = answers
  }

  /** Calls the kernel; its only trap is that a block does not fit into its memory. */
  call<T>(work: (kernel: TrainingKernel) => T): T {
    try {
      return work(this.kernel)
    } catch (cause) {
      if (!(cause instanceof Error && cause.message === 'unreachable')) throw cause
      throw new InputError(
        'tokenizer: the distinct words do not fit into the 4 GB of memory that training can address',
        {
          cause,
          hint: 'lower memoryMB, which leaves out rare words, or raise minFrequency, for fewer pairs',
        },
      )
    }
  }
}

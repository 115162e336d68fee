// The merge loop of BPE training. It runs in WebAssembly (assembly/merge-loop.ts, which explains it);
// here it is given its cells and asked for its merges. The plain twin is bpe-merge-plain.ts.
import type { Cells } from './cells.ts'
import type { TrainingMemory } from './training-memory.ts'

export interface MergeRules {
  /** Pairs counted less often are not merged; at least 1. */
  readonly minFrequency: number
  /** A new pair is only considered when its length in symbols is below this. */
  readonly maxLength: number
}

/** Where the merge loop asks for names and reports what it did. */
export interface MergeTarget {
  /** Ids in use; grows with `join`. */
  readonly size: number
  /** No further token is wanted when there are so many. */
  readonly vocabSize: number
  /** False when `allows` would refuse nothing. */
  readonly isFiltered: boolean
  /** Length of a token in symbols. */
  lengthOf(token: number): number
  /** False when the pair must not be merged. */
  allows(left: number, right: number): boolean
  /** Records the merge and answers its token, or undefined when that token is in use already. */
  join(left: number, right: number): number | undefined
}

export type MergeState = 'working' | 'done' | 'repeated'

const states: readonly MergeState[] = ['working', 'done', 'repeated']

export class MergeLoop {
  readonly #memory: TrainingMemory

  /** Takes the cells that are laid out in the memory of `corpus`. */
  constructor({ memory }: Cells, rules: MergeRules, target: MergeTarget) {
    this.#memory = memory
    memory.answer({
      join: (left, right) => target.join(left, right) ?? -1,
      allows: (left, right) => target.allows(left, right),
    })
    const { minFrequency, maxLength } = rules
    const { size, vocabSize, isFiltered } = target
    const address = memory.call((kernel) =>
      kernel.openLoop(size, vocabSize, minFrequency, maxLength, isFiltered),
    )
    const lengths = new Int32Array(memory.buffer, address >>> 0, size)
    for (let token = 0; token < size; token++) lengths[token] = target.lengthOf(token)
  }

  /** Does up to `budget` pops of the queue. */
  run(budget: number): MergeState {
    return states[this.#memory.call((kernel) => kernel.run(budget))]!
  }

  /** Gives back everything but the words. */
  close(): void {
    this.#memory.kernel.closeLoop()
  }
}

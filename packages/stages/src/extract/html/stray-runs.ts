// Teasers and promotions below an article look like paragraphs, and a model that has not met the site
// gives each of them a little more than it takes to stay. What gives them away is that they stand apart:
// runs of blocks after the text, much smaller than it, with no block among them that convinces. A page
// of another type is made of such runs, so this is for articles only. Cost: one pass over the blocks.
import type { Blocks } from './blocks.ts'

/** Dropped blocks that part two runs. */
const gapBlocks = 2
/** From this probability a block convinces, and its run stays. */
const convincing = 0.75
/** A run with more than this share of the main run's expected words is a part of the text. */
const largestShare = 0.3

interface Run {
  readonly from: number
  to: number
  /** Words expected to be content. */
  mass: number
  surest: number
}

/** Drops the runs of kept blocks after the largest one that are small and convince nowhere. */
export function dropStrayRuns(
  { count, words }: Blocks,
  probabilities: Float32Array,
  keep: Uint8Array,
): void {
  const runs: Run[] = []
  for (let block = 0; block < count; block++) {
    if (keep[block] !== 1) continue
    let run = runs.at(-1)
    if (!run || block - run.to > gapBlocks) {
      run = { from: block, to: block, mass: 0, surest: 0 }
      runs.push(run)
    }
    const p = probabilities[block] ?? 0
    run.to = block
    run.mass += p * (words[block] ?? 0)
    run.surest = Math.max(run.surest, p)
  }
  let main = 0
  runs.forEach(({ mass }, i) => {
    if (mass > (runs[main]?.mass ?? 0)) main = i
  })
  const largestMass = largestShare * (runs[main]?.mass ?? 0)
  for (const { from, to, mass, surest } of runs.slice(main + 1))
    if (surest < convincing && mass < largestMass) keep.fill(0, from, to + 1)
}

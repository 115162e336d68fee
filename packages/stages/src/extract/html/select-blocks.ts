// From probabilities to a choice of blocks.
import type { Analysis } from './analyse-page.ts'

const threshold = 0.45

/** 1 for every block of the main content. */
export function chooseBlocks({ blocks }: Analysis, probabilities: Float32Array): Uint8Array {
  const keep = new Uint8Array(blocks.count)
  let best = -1
  let kept = 0
  for (let block = 0; block < blocks.count; block++) {
    const p = probabilities[block] ?? 0
    if (p >= threshold) {
      keep[block] = 1
      kept++
    }
    if (best < 0 || p > (probabilities[best] ?? 0)) best = block
  }
  if (kept === 0 && best >= 0) {
    // Nothing convinces: the best there is, and what is nearly as good.
    const enough = (probabilities[best] ?? 0) * 0.7
    for (let block = 0; block < blocks.count; block++)
      if ((probabilities[block] ?? 0) >= enough) keep[block] = 1
  }
  return keep
}

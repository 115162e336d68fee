// How the surroundings of a block widen: from its container up, each time to the nearest element that
// holds more blocks. Wrappers that hold the same blocks are passed over. For every element the next wider
// one is found once, so that the thousand items of a list do not each climb the tree.
import type { Blocks } from './blocks.ts'
import type { Page } from './scan.ts'

let scratch = new Int32Array(0)

/**
 * By element with blocks inside: the nearest element above it that holds more, or -1. Valid until the
 * next call.
 */
export function widerElements({ count, parent, end }: Page, { begun }: Blocks): Int32Array {
  if (scratch.length < count) scratch = new Int32Array(count * 2)
  const wider = scratch
  for (let node = 0; node < count; node++) {
    const start = begun[node] as number
    const stop = begun[end[node] as number] as number
    if (start === stop) continue
    const up = parent[node] as number
    if (up < 0) wider[node] = -1
    else if (begun[up] === start && begun[end[up] as number] === stop)
      wider[node] = wider[up] as number
    else wider[node] = up
  }
  return wider
}

/** The nearest element that holds a block and at least one more, or -1. */
export function firstWider(
  { end }: Page,
  { container, begun }: Blocks,
  wider: Int32Array,
  block: number,
): number {
  const node = container[block] as number
  if (node < 0) return -1
  const blocksInside = (begun[end[node] as number] as number) - (begun[node] as number)
  return blocksInside > 1 ? node : (wider[node] as number)
}

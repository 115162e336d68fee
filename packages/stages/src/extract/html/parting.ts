// Where two blocks part: the elements below the innermost one that holds both. What a page says beside its
// text stands in an element of its own. Cost: one walk up the tree from each block.
import type { Blocks } from './blocks.ts'
import type { Page } from './scan.ts'

export interface Parting {
  /** The element with the first block and not the second, and the block it ends before. */
  readonly left: number
  readonly leftStop: number
  /** The element with the second block and not the first, and the block it starts with. */
  readonly right: number
  readonly rightStart: number
}

/** Undefined where one of the blocks is a text of the element that holds both. */
export function partingOf(
  page: Page,
  { begun, container, count }: Blocks,
  before: number,
  after: number,
): Parting | undefined {
  const startOf = (node: number): number => (node < 0 ? 0 : (begun[node] ?? 0))
  const stopOf = (node: number): number =>
    node < 0 ? count : (begun[page.end[node] ?? 0] ?? count)
  const parentOf = (node: number): number => page.parent[node] ?? -1
  let left = container[before] ?? -1
  while (left >= 0 && stopOf(parentOf(left)) <= after) left = parentOf(left)
  let right = container[after] ?? -1
  while (right >= 0 && startOf(parentOf(right)) > before) right = parentOf(right)
  const leftStop = stopOf(left)
  const rightStart = startOf(right)
  return leftStop > after || rightStart <= before
    ? undefined
    : { left, leftStop, right, rightStart }
}

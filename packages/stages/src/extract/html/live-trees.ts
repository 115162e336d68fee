// What is left of an ensemble of trees for rows whose values are known to lie within bounds. A split whose
// threshold lies outside of them sends all rows the same way, so it need not be looked at, and the
// side where no row goes need not either: a partial evaluation of the trees (Jones et al. 1993). The blocks
// of one page are much alike, and what describes the page is the same for all of them: of 27 splits a tree,
// 10 are left on a usual page, one or two on a page of one long list. Cost: about 10 ns for each split that is
// looked at; those below a decided side are not.
import { headWords, maxLeaves, splitWords, type BitTree, type TreeKernel } from './tree-kernel.ts'

export interface LiveTrees {
  /** Writes trees from..to as far as `kernel.least` and `kernel.largest` leave them open. */
  write(from: number, to: number): void
  /** Where each tree was written; behind the last one, where it ends. */
  readonly starts: Int32Array
  /** How many groups of four columns they look at; listed in `kernel.groups`. */
  groupCount(): number
}

export function liveTrees(trees: readonly BitTree[], kernel: TreeKernel): LiveTrees {
  const { words, least, largest, leavesAt, liveAt, groups } = kernel
  const floats = kernel.memory.numbers
  const table = splitTable(trees)
  const limits = new Float32Array(table.buffer)
  const every = Int32Array.from(trees, (tree) => -1 >>> (maxLeaves - tree.leaves.length))
  const ends = new Int32Array(trees.length + 1)
  trees.forEach((tree, i) => {
    ends[i + 1] = (ends[i] ?? 0) + entry.words * tree.splits.length
  })
  const starts = new Int32Array(trees.length + 1)
  /** 1 for groups of four columns that a live split looks at. */
  const isLooked = new Uint8Array(groups.length)
  let looked = 0

  const write = (from: number, to: number): void => {
    let at = liveAt >> 2
    isLooked.fill(0)
    for (let tree = from; tree < to; tree++) {
      const start = at
      starts[tree] = 4 * start
      /** Leaves that a row may still come to. */
      let open = every[tree] as number
      at += headWords
      const end = ends[tree + 1] as number
      for (let split = ends[tree] as number; split < end; split += entry.words) {
        const onLeft = table[split + entry.left] as number
        const onRight = table[split + entry.right] as number
        if (((onLeft | onRight) & open) === 0) {
          split += entry.words * splitsBelow(table[split + entry.place] as number)
          continue
        }
        const column = columnOf(table[split + entry.place] as number)
        const limit = limits[split + entry.limit] as number
        if ((least[column] as number) > limit) {
          open &= ~onLeft
          split += entry.words * splitsOnLeft(table[split + entry.place] as number)
        } else if ((largest[column] as number) <= limit) open &= ~onRight
        else {
          words[at] = kernel.featureAddress(column)
          floats[at + 1] = limit
          isLooked[column >> 2] = 1
          words[at + 2] = onLeft
          at += splitWords
        }
      }
      words[start] = 4 * at
      words[start + 1] = leavesAt[tree] as number
      words[start + 2] = open
    }
    starts[to] = 4 * at
    looked = 0
    for (let group = 0; group < isLooked.length; group++)
      if (isLooked[group] === 1) groups[looked++] = 16 * group
  }
  return { write, starts, groupCount: () => looked }
}

/**
 * What stands where about a split: together and in little room, since few of the splits are looked at and they
 * come from far when a large page was in between.
 */
const entry = {
  /** Its column, how many splits are below it and how many of those on its left. */
  place: 0,
  limit: 1,
  left: 2,
  right: 3,
  words: 4,
} as const

const columnOf = (place: number): number => place >>> 16
const splitsBelow = (place: number): number => (place >> 8) & 0xff
const splitsOnLeft = (place: number): number => place & 0xff

function splitTable(trees: readonly BitTree[]): Int32Array<ArrayBuffer> {
  const splits = trees.flatMap((tree) => tree.splits)
  const table = new Int32Array(entry.words * splits.length)
  const limits = new Float32Array(table.buffer)
  splits.forEach(({ feature, least, left, right }, i) => {
    const at = entry.words * i
    const onLeft = splitsAbove(left)
    table[at + entry.place] = (feature << 16) | ((onLeft + splitsAbove(right)) << 8) | onLeft
    limits[at + entry.limit] = least
    table[at + entry.left] = left
    table[at + entry.right] = right
  })
  return table
}

/** Splits that part these leaves: one less than they are. */
function splitsAbove(leaves: number): number {
  let count = -1
  for (let rest = leaves; rest !== 0; rest &= rest - 1) count++
  return count
}

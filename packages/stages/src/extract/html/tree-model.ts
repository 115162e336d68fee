// Applies ensembles of small decision trees, trained by ../train/boosted-trees.ts and stored as JSON. It is
// first found between which values the rows of a page lie, which decides most splits (live-trees.ts); the
// rest is run for eight rows at a time (tree-kernel.ts). Rows that are surely boilerplate after a part of
// the trees leave early (Cambazoglu et al. 2010). Cost: 1 to 3 ns per tree and row, 12 us per call.
import { liveTrees } from './live-trees.ts'
import type { RowMemory } from './row-pieces.ts'
import {
  chunkRows,
  lanes,
  maxLeaves,
  treeKernel,
  type BitTree,
  type RowRoom,
} from './tree-kernel.ts'

export interface TreeModelData {
  readonly features: readonly string[]
  /** Added to every sum: the log odds before any tree. */
  readonly base: number
  /** Each tree: split features (-1 in leaves), thresholds or leaf values, left children; right is left + 1. */
  readonly trees: readonly {
    readonly feature: readonly number[]
    readonly value: readonly number[]
    readonly left: readonly number[]
  }[]
}

type Tree = TreeModelData['trees'][number]

export interface TreeModel {
  /** Log odds of the row that starts at `offset`, by all trees. */
  score(rows: Float32Array, offset: number): number
  /**
   * Log odds of the rows listed in `chosen[0..count)`, each `width` numbers long, written to
   * `out[row]`. Rows that leave early get the score that such rows end with on average. Where the model
   * before has judged these very rows, and at most `chunkRows` of them, the first `known` columns are not
   * measured again.
   */
  scoreMany(
    rows: Float32Array,
    width: number,
    chosen: Int32Array,
    count: number,
    out: Float32Array,
    known?: number,
  ): void
}

/**
 * After how many trees rows below which log odds leave. Of blocks that leave, fewer than 3 in 10,000 would
 * have ended above 12 % (counted on pages of the training sets); on a usual page half of them do.
 */
const exits: readonly { readonly trees: number; readonly below: number }[] = [
  { trees: 20, below: -2 },
  { trees: 32, below: -2.3 },
  { trees: 48, below: -2.7 },
  { trees: 72, below: -3 },
]
/** All trees of an early leaver would have said about this: a probability of 2 %. */
const scoreOfLeavers = -3.9
const everyLane = (1 << lanes) - 1

interface Ensemble {
  readonly data: TreeModelData
  /** The columns that the caller computes; they must be those the trees were trained with. */
  readonly features: readonly string[]
}

/** A model by itself. */
export const loadTreeModel = (data: TreeModelData, features: readonly string[]): TreeModel =>
  loadTreeModels([{ data, features }])[0][0] as TreeModel

/** Models that look at the same rows, and their memory: rows that lie in it need not be copied. */
export function loadTreeModels(
  ensembles: readonly Ensemble[],
  room: RowRoom = { rowRoom: 0, pieceRoom: 0, layouts: [] },
): [TreeModel[], RowMemory] {
  for (const { data, features } of ensembles) checkFeatures(data, features)
  const columns = Math.max(...ensembles.map(({ features }) => features.length))
  const trees = ensembles.flatMap(({ data }) => data.trees.map(bitTree))
  const kernel = treeKernel(trees, columns, {
    ...room,
    rowRoom: Math.max(room.rowRoom, chunkRows * columns),
  })
  const live = liveTrees(trees, kernel)
  const { memory, chosen: addresses, sums } = kernel
  const { starts } = live

  /** Puts a row from elsewhere into the memory; returns its address. */
  const bring = (rows: Float32Array, offset: number, width: number, to: number): number => {
    const place = memory.rowsAt + to * columns
    memory.numbers.set(rows.subarray(offset, offset + Math.min(width, columns)), place)
    return 4 * place
  }

  const loadOne = (
    { data: { base, trees: ownTrees }, features }: Ensemble,
    from: number,
  ): TreeModel => {
    const to = from + ownTrees.length
    const score = (rows: Float32Array, offset: number): number => {
      // Of a single row nothing is left to decide.
      const row = rows.subarray(offset, offset + features.length)
      kernel.least.set(row)
      kernel.largest.set(row)
      live.write(from, to)
      sums[0] = base
      kernel.add(starts[from] as number, starts[to] as number)
      return sums[0]
    }
    const scoreMany: TreeModel['scoreMany'] = (rows, width, chosen, count, out, known = 0) => {
      const isHere = rows.buffer === memory.numbers.buffer
      const start = rows.byteOffset
      for (let chunk = 0; chunk < count; chunk += chunkRows) {
        const some = Math.min(chunkRows, count - chunk)
        for (let i = 0; i < some; i++) {
          const offset = (chosen[chunk + i] as number) * width
          addresses[i] = isHere ? start + 4 * offset : bring(rows, offset, width, i)
        }
        addresses.fill(addresses[some - 1] as number, some, some + lanes - 1)
        kernel.measure(some, known)
        live.write(from, to)
        for (let first = 0; first < some; first += lanes)
          scoreLanes(first, Math.min(lanes, some - first), chosen, chunk + first, out)
      }
    }
    const scoreLanes = (
      first: number,
      filled: number,
      chosen: Int32Array,
      at: number,
      out: Float32Array,
    ): void => {
      kernel.setRows(first, live.groupCount())
      for (let lane = 0; lane < lanes; lane++) sums[lane] = base
      let gone = everyLane & (everyLane << filled)
      let done = from
      for (let i = 0; i < exits.length; i++) {
        const exit = exits[i] as (typeof exits)[number]
        const next = from + exit.trees
        if (next >= to || gone === everyLane) break
        kernel.add(starts[done] as number, starts[next] as number)
        done = next
        for (let lane = 0; lane < filled; lane++) {
          if ((sums[lane] as number) >= exit.below || (gone >> lane) & 1) continue
          gone |= 1 << lane
          out[chosen[at + lane] as number] = scoreOfLeavers
        }
      }
      if (gone === everyLane) return
      kernel.add(starts[done] as number, starts[to] as number)
      for (let lane = 0; lane < filled; lane++)
        if (((gone >> lane) & 1) === 0) out[chosen[at + lane] as number] = sums[lane] as number
    }
    return { score, scoreMany }
  }
  let placed = 0
  const models = ensembles.map((each) => {
    placed += each.data.trees.length
    return loadOne(each, placed - each.data.trees.length)
  })
  return [models, memory]
}

function checkFeatures(data: TreeModelData, features: readonly string[]): void {
  const strange = features.findIndex((name, i) => data.features[i] !== name)
  if (strange < 0 && data.features.length === features.length) return
  throw new Error(
    `extraction model: feature ${strange} is \`${features[strange]}\`, the model was trained with ` +
      `\`${data.features[strange]}\`; train it again`,
  )
}

/** A tree whose splits know the leaves on either side. */
function bitTree({ feature, value, left }: Tree): BitTree {
  const leaves: number[] = []
  const splits: { feature: number; least: number; left: number; right: number }[] = []
  /** Visits the leaves below a node from left to right; returns their bits. */
  const visit = (node: number): number => {
    const column = feature[node] ?? -1
    if (column < 0) return 1 << (leaves.push(Math.fround(value[node] ?? 0)) - 1)
    const child = left[node] ?? 0
    const split = { feature: column, least: value[node] ?? 0, left: 0, right: 0 }
    splits.push(split)
    split.left = visit(child)
    split.right = visit(child + 1)
    return split.left | split.right
  }
  visit(0)
  if (leaves.length > maxLeaves) {
    throw new Error(
      `extraction model: a tree has ${leaves.length} leaves, at most ${maxLeaves} fit into a word; ` +
        'train it with fewer',
    )
  }
  return { splits, leaves }
}

/** Log odds to probability. */
export const probability = (score: number): number => 1 / (1 + Math.exp(-score))

// Applies an ensemble of small decision trees, trained by ../train/boosted-trees.ts and stored as
// JSON, to eight rows at a time (tree-kernel.ts). Rows that are surely boilerplate after a part of the
// trees leave early (Cambazoglu et al. 2010). Cost: about 3 ns per tree and row.
import { lanes, maxLeaves, maxStride, treeKernel, type BitTree } from './tree-kernel.ts'

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
   * `out[row]`. Rows that leave early get the score that such rows end with on average.
   */
  scoreMany(
    rows: Float32Array,
    width: number,
    chosen: Int32Array,
    count: number,
    out: Float32Array,
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

/** Lays out the trees. The feature list must be the one the caller computes. */
export function loadTreeModel(data: TreeModelData, features: readonly string[]): TreeModel {
  const strange = features.findIndex((name, i) => data.features[i] !== name)
  if (strange >= 0 || data.features.length !== features.length) {
    throw new Error(
      `extraction model: feature ${strange} is \`${features[strange]}\`, the model was trained with ` +
        `\`${data.features[strange]}\`; train it again`,
    )
  }
  if (features.length > maxStride) {
    throw new Error(
      `extraction model: ${features.length} features, at most ${maxStride} are possible`,
    )
  }
  const { base, trees } = data
  const kernel = treeKernel(trees.map(bitTree), features.length)
  const { sums } = kernel

  const score = (rows: Float32Array, offset: number): number => {
    kernel.setRows(0, rows, offset, offset + features.length, maxStride)
    kernel.transpose(maxStride)
    sums[0] = base
    kernel.add(0, trees.length)
    return sums[0]
  }

  const scoreMany: TreeModel['scoreMany'] = (rows, width, chosen, count, out) => {
    for (let first = 0; first < count; first += lanes) {
      const filled = Math.min(lanes, count - first)
      for (let lane = 0; lane < filled;) {
        const row = chosen[first + lane] as number
        let run = 1
        while (lane + run < filled && chosen[first + lane + run] === row + run) run++
        kernel.setRows(lane, rows, row * width, (row + run) * width, width)
        lane += run
      }
      kernel.transpose(width)
      sums.fill(base)
      let gone = everyLane & (everyLane << filled)
      let done = 0
      for (const { trees: to, below } of exits) {
        if (to >= trees.length || gone === everyLane) break
        kernel.add(done, to)
        done = to
        for (let lane = 0; lane < filled; lane++) {
          if ((gone >> lane) & 1 || (sums[lane] as number) >= below) continue
          gone |= 1 << lane
          out[chosen[first + lane] as number] = scoreOfLeavers
        }
      }
      if (gone === everyLane) continue
      kernel.add(done, trees.length)
      for (let lane = 0; lane < filled; lane++)
        if (((gone >> lane) & 1) === 0) out[chosen[first + lane] as number] = sums[lane] as number
    }
  }
  return { score, scoreMany }
}

/** A tree whose splits know the leaves on their left. */
function bitTree({ feature, value, left }: Tree): BitTree {
  const leaves: number[] = []
  const splits: { feature: number; least: number; left: number }[] = []
  /** Visits the leaves below a node from left to right; returns their bits. */
  const visit = (node: number): number => {
    const column = feature[node] ?? -1
    if (column < 0) return 1 << (leaves.push(Math.fround(value[node] ?? 0)) - 1)
    const child = left[node] ?? 0
    const below = visit(child)
    splits.push({ feature: column, least: value[node] ?? 0, left: below })
    return below | visit(child + 1)
  }
  visit(0)
  if (leaves.length > maxLeaves) {
    throw new Error(
      `extraction model: a tree has ${leaves.length} leaves, at most ${maxLeaves} fit into a word; ` +
        'train it with fewer',
    )
  }
  // The kernel looks at one split at least.
  if (splits.length === 0) splits.push({ feature: 0, least: Infinity, left: 0 })
  return { splits, leaves }
}

/** Log odds to probability. */
export const probability = (score: number): number => 1 / (1 + Math.exp(-score))

// Applies an ensemble of small decision trees, trained by ../train/boosted-trees.ts and stored as
// JSON. All trees lie in four typed arrays; a step down is two loads and a comparison. No native
// code. Cost: about 3 ns per step, 6 steps per tree.

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

export interface TreeModel {
  /** Log odds of the row that starts at `offset`. */
  score(rows: Float32Array, offset: number): number
}

/** Log odds below which half of the trees are enough: a probability of 2 %. */
const hopeless = -3.9

/** Flattens the trees. The feature list must be the one the caller computes. */
export function loadTreeModel(data: TreeModelData, features: readonly string[]): TreeModel {
  const strange = features.findIndex((name, i) => data.features[i] !== name)
  if (strange >= 0 || data.features.length !== features.length) {
    throw new Error(
      `extraction model: feature ${strange} is \`${features[strange]}\`, the model was trained with ` +
        `\`${data.features[strange]}\`; train it again`,
    )
  }
  const size = data.trees.reduce((sum, tree) => sum + tree.feature.length, 0)
  // Split feature and left child share a word, so that a step is three loads: word, value, feature.
  const words = new Int32Array(size)
  const value = new Float32Array(size)
  const roots = new Int32Array(data.trees.length)
  let at = 0
  data.trees.forEach((tree, t) => {
    roots[t] = at
    const start = at
    for (let i = 0; i < tree.feature.length; i++, at++) {
      const split = tree.feature[i] ?? -1
      words[at] = split < 0 ? -1 : ((start + (tree.left[i] ?? 0)) << 9) | split
      value[at] = tree.value[i] ?? 0
    }
  })
  const { base } = data
  const half = roots.length >> 1
  return {
    score(rows, offset) {
      let sum = base
      for (let t = 0; t < roots.length; t++) {
        // Half of the blocks of a page are so surely boilerplate that the other trees change nothing.
        if (t === half && sum < hopeless) return sum
        let node = roots[t] as number
        let word = words[node] as number
        while (word >= 0) {
          const goesRight = (rows[offset + (word & 511)] as number) > (value[node] as number)
          node = (word >> 9) + (goesRight ? 1 : 0)
          word = words[node] as number
        }
        sum += value[node] as number
      }
      return sum
    },
  }
}

/** Log odds to probability. */
export const probability = (score: number): number => 1 / (1 + Math.exp(-score))

// The default engine: logistic regression with an L2 penalty by stochastic dual coordinate ascent
// (Shalev-Shwartz and Zhang 2013; two labels as in Yu, Huang and Lin 2011, more along the line to the
// model's own probabilities). Each example keeps its share of the weights and moves it to the best place
// at once, so there is no learning rate and nothing to stop early; the strength of the penalty is chosen
// on inner folds (choose-settings.ts). Before, AdaGrad stopped early: up to 2 points of AUC lower on rare
// labels and on whole pages (docs/log.md). Examples come in a seeded order.
// Cost: about 10 ns per n-gram, output and pass; memory 8 bytes per row and output, and per example and output.
import { seeded } from '@shardmill/core/random'
import { createVectors, type TrainingSet, type Weights } from './training-set.ts'

export interface NgramsOptions {
  /** Weight of the losses against half the squared length of the weights (scikit-learn's C). */
  readonly inverseRegularization: number
  /** Passes over the examples. */
  readonly epochs: number
  readonly seed: number
}

/** Where training stands; a solution for one strength is a good start for the next. */
export interface DualState extends Weights {
  readonly weights: Float64Array
  /** Target minus fitted probability of each training example and output, at most 1 apart. */
  readonly shares: Float64Array
  readonly inverseRegularization: number
}

/** Steps of the inner search; the shares need no more digits than a pass changes. */
const searchSteps = 12
/** Keeps logarithms of probabilities finite. */
const leastProbability = 1e-12
/** Squared length of a document's vector (1) and of the constant that the bias stands over. */
const squaredLength = 2

/** Trains on `set.train`, from `start` if there is one. */
export function trainNgrams(
  set: TrainingSet,
  options: NgramsOptions,
  start?: DualState,
): DualState {
  const { store, truth, outputs } = set
  const { rows, starts } = store
  const { inverseRegularization: strength, epochs } = options
  const ratio = start ? strength / start.inverseRegularization : 1
  const weights = start
    ? start.weights.map((each) => each * ratio)
    : new Float64Array(set.idf.length * outputs)
  const biases = start ? start.biases.map((each) => each * ratio) : new Float64Array(outputs)
  const shares = start ? start.shares.slice() : new Float64Array(set.train.length * outputs)
  const { values, fill } = createVectors(set)
  const scores = new Float64Array(outputs)
  const changes = new Float64Array(outputs)
  const random = seeded(options.seed)
  const order = Uint32Array.from(set.train, (_, i) => i)
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (let i = order.length - 1; i > 0; i--) {
      const j = random.below(i + 1)
      const kept = order[i]!
      order[i] = order[j]!
      order[j] = kept
    }
    for (const place of order) {
      const example = set.train[place]!
      fill(example)
      const [from, to] = [starts[example]!, starts[example + 1]!]
      scores.set(biases)
      for (let i = from; i < to; i++) {
        const [at, value] = [rows[i]! * outputs, values[i - from]!]
        for (let k = 0; k < outputs; k++) scores[k]! += weights[at + k]! * value
      }
      const own = shares.subarray(place * outputs, (place + 1) * outputs)
      if (outputs === 1) changes[0] = bestChange(scores[0]!, own[0]!, truth[example]!, strength)
      else setChanges(changes, scores, own, truth[example]!, strength)
      for (let k = 0; k < outputs; k++) {
        own[k]! += changes[k]!
        changes[k]! *= strength
        biases[k]! += changes[k]!
      }
      for (let i = from; i < to; i++) {
        const [at, value] = [rows[i]! * outputs, values[i - from]!]
        for (let k = 0; k < outputs; k++) weights[at + k]! += changes[k]! * value
      }
    }
  }
  return { weights, biases, shares, inverseRegularization: strength }
}

/** Two labels: the change after which an example's share is its error. Newton's method, kept in bounds. */
function bestChange(score: number, share: number, label: number, strength: number): number {
  const slope = strength * squaredLength
  let [low, high] = [label - 1 - share, label - share]
  let change = 0
  for (let step = 0; step < searchSteps; step++) {
    const p = 1 / (1 + Math.exp(-(score + slope * change)))
    const excess = share + change + p - label
    if (excess > 0) high = change
    else low = change
    let next = change - excess / (1 + slope * p * (1 - p))
    if (!(next > low && next < high)) next = (low + high) / 2
    if (Math.abs(next - change) < 1e-7) return next
    change = next
  }
  return change
}

/**
 * More labels: the best step from the probabilities that an example's shares stand for towards those
 * that the model gives, by halving: the dual objective is concave along it.
 */
function setChanges(
  changes: Float64Array,
  scores: Float64Array,
  shares: Float64Array,
  label: number,
  strength: number,
): void {
  let largest = -Infinity
  for (const score of scores) largest = Math.max(largest, score)
  let sum = 0
  for (const score of scores) sum += Math.exp(score - largest)
  let square = 0
  for (let k = 0; k < scores.length; k++) {
    const own = (k === label ? 1 : 0) - shares[k]!
    changes[k] = Math.exp(scores[k]! - largest) / sum - own
    square += changes[k]! ** 2
  }
  const rising = (step: number): boolean => {
    let slope = -strength * squaredLength * step * square
    for (let k = 0; k < scores.length; k++) {
      const p = (k === label ? 1 : 0) - shares[k]! + step * changes[k]!
      slope += changes[k]! * (scores[k]! - Math.log(Math.max(leastProbability, p)))
    }
    return slope > 0
  }
  let [low, high] = [0, 1]
  if (rising(1)) low = 1
  else {
    for (let step = 0; step < searchSteps; step++) {
      const middle = (low + high) / 2
      if (rising(middle)) low = middle
      else high = middle
    }
  }
  for (let k = 0; k < scores.length; k++) changes[k]! *= -low
}

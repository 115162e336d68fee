// The baseline engine: TF-IDF bag of words and logistic regression with an L2 penalty, trained to its
// optimum by L-BFGS (Nocedal and Wright 2006, algorithms 7.4 and 7.5, step halving): the recipe of
// scikit-learn's TfidfVectorizer and LogisticRegression, with hashed words for a dictionary.
// Deterministic, no learning rate. Cost: one pass over the examples per step, 50 to 200 steps; memory
// 180 bytes per word seen in training and output.
import type { TrainingSet, Weights } from './training-set.ts'
import { createVectors, lossAndGradient } from './training-set.ts'

export interface TfidfOptions {
  /** Weight of the losses against half the squared length of the weights (scikit-learn's C). */
  readonly inverseRegularization: number
  readonly maxSteps: number
  onStep?(step: number, objective: number): void
}

const historyLength = 10
/** Relative decrease of the objective at which the optimum counts as reached. */
const tolerance = 1e-7

/** Trains to the optimum of the penalised loss. */
export function trainTfidf(set: TrainingSet, options: TfidfOptions): Weights {
  const { outputs, idf } = set
  // Only rows that occur get a place; the biases stand behind them.
  const places = new Int32Array(idf.length).fill(-1)
  let used = 0
  for (let row = 0; row < idf.length; row++) if (idf[row]! > 0) places[row] = used++
  const objective = createObjective(set, places, used, options.inverseRegularization)
  const solution = minimise(objective, (used + 1) * outputs, options)
  const weights = new Float32Array(idf.length * outputs)
  for (let row = 0; row < idf.length; row++) {
    if (places[row]! < 0) continue
    for (let k = 0; k < outputs; k++) {
      weights[row * outputs + k] = solution[places[row]! * outputs + k]!
    }
  }
  return { weights, biases: solution.slice(used * outputs) }
}

/** Value at `point`; writes its gradient. */
type Objective = (point: Float64Array, gradient: Float64Array) => number

function createObjective(
  set: TrainingSet,
  places: Int32Array,
  used: number,
  inverseRegularization: number,
): Objective {
  const { store, truth, outputs } = set
  const { rows, starts } = store
  const { values, fill } = createVectors(set)
  const scores = new Float64Array(outputs)
  return (point, gradient) => {
    let value = 0
    for (let i = 0; i < used * outputs; i++) {
      value += (point[i]! * point[i]!) / 2
      gradient[i] = point[i]!
    }
    gradient.fill(0, used * outputs)
    for (const example of set.train) {
      fill(example)
      const [from, to] = [starts[example]!, starts[example + 1]!]
      for (let k = 0; k < outputs; k++) scores[k] = point[used * outputs + k]!
      for (let i = from; i < to; i++) {
        const at = places[rows[i]!]! * outputs
        for (let k = 0; k < outputs; k++) scores[k]! += point[at + k]! * values[i - from]!
      }
      value += inverseRegularization * lossAndGradient(scores, truth[example]!)
      for (let k = 0; k < outputs; k++) scores[k]! *= inverseRegularization
      for (let i = from; i < to; i++) {
        const at = places[rows[i]!]! * outputs
        for (let k = 0; k < outputs; k++) gradient[at + k]! += scores[k]! * values[i - from]!
      }
      for (let k = 0; k < outputs; k++) gradient[used * outputs + k]! += scores[k]!
    }
    return value
  }
}

function minimise(objective: Objective, size: number, options: TfidfOptions): Float64Array {
  let point = new Float64Array(size)
  let gradient = new Float64Array(size)
  let value = objective(point, gradient)
  const history: { step: Float64Array; change: Float64Array; inverse: number }[] = []
  for (let round = 1; round <= options.maxSteps; round++) {
    const direction = descent(gradient, history)
    const slope = dot(direction, gradient)
    let rate = history.length === 0 ? 1 / Math.max(1, Math.sqrt(dot(gradient, gradient))) : 1
    const next = new Float64Array(size)
    const nextGradient = new Float64Array(size)
    let nextValue = Infinity
    for (let halving = 0; halving < 30; halving++, rate /= 2) {
      for (let i = 0; i < size; i++) next[i] = point[i]! + rate * direction[i]!
      nextValue = objective(next, nextGradient)
      if (nextValue <= value + 1e-4 * rate * slope) break
    }
    if (!(nextValue < value)) return point
    options.onStep?.(round, nextValue)
    const step = next.map((each, i) => each - point[i]!)
    const change = nextGradient.map((each, i) => each - gradient[i]!)
    const curvature = dot(step, change)
    // Step halving alone does not promise positive curvature; a pair without it is left out.
    if (curvature > 1e-10) history.push({ step, change, inverse: 1 / curvature })
    if (history.length > historyLength) history.shift()
    const isDone = value - nextValue < tolerance * Math.abs(value)
    point = next
    gradient = nextGradient
    value = nextValue
    if (isDone) return point
  }
  return point
}

/** The two-loop recursion: minus the approximate inverse Hessian times the gradient. */
function descent(
  gradient: Float64Array,
  history: readonly { step: Float64Array; change: Float64Array; inverse: number }[],
): Float64Array {
  const direction = gradient.map((each) => -each)
  const factors: number[] = []
  for (const { step, change, inverse } of history.toReversed()) {
    const factor = inverse * dot(step, direction)
    factors.push(factor)
    addTimes(direction, -factor, change)
  }
  const last = history.at(-1)
  if (last) {
    const scale = 1 / (last.inverse * dot(last.change, last.change))
    for (let i = 0; i < direction.length; i++) direction[i]! *= scale
  }
  for (const { step, change, inverse } of history) {
    addTimes(direction, factors.pop()! - inverse * dot(change, direction), step)
  }
  return direction
}

function addTimes(to: Float64Array, factor: number, from: Float64Array): void {
  for (let i = 0; i < to.length; i++) to[i]! += factor * from[i]!
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}

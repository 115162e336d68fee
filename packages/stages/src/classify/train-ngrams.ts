// The default engine: stochastic gradient descent with a step size per weight (AdaGrad, Duchi et al.
// 2011), examples in a seeded order, as many passes as help the held-out loss (after calibration:
// what over-confidence costs is mended there anyway). fastText (Joulin et al.
// 2016) puts a narrow layer between n-grams and labels and averages: with few labels that layer only
// slows learning down, and on our label sets the mean and one falling rate for all weights came out
// 0.5 to 3 points of AUC lower than vectors of length 1 with AdaGrad (docs/log.md).
// Cost: about 20 ns per n-gram, output and pass; memory 8 bytes per row and output (12 with the best pass).
import { seeded } from '@shardmill/core/random'
import { calibratedLoss, fitCalibration } from './calibrate.ts'
import { createVectors, lossAndGradient, type TrainingSet, type Weights } from './training-set.ts'

export interface NgramsOptions {
  /** Most passes over the training examples. */
  readonly epochs: number
  /** How far the first step on an average example moves its score. */
  readonly learningRate: number
  readonly seed: number
  /** Called after each pass with the mean losses in nats. */
  onEpoch?(epoch: number, trainLoss: number, validationLoss: number): void
}

/** Keeps a step finite where a weight was never moved. */
const epsilon = 1e-4
/** Rate of the biases. */
const biasRate = 0.1
/** Passes without a better held-out loss after which training ends. */
const patience = 2

/** Trains, and answers the weights of the pass with the least held-out loss. */
export function trainNgrams(set: TrainingSet, options: NgramsOptions): Weights {
  const { store, truth, outputs } = set
  const { rows, starts } = store
  const weights = new Float32Array(set.idf.length * outputs)
  const squares = new Float32Array(weights.length)
  const biases = new Float64Array(outputs)
  const biasSquares = new Float64Array(outputs)
  const { values, fill } = createVectors(set)
  const scores = new Float64Array(outputs)
  const order = set.train.slice()
  const rate = options.learningRate / meanSum(set, values, fill)
  const random = seeded(options.seed)
  const heldOut = new Float64Array(set.validation.length * outputs)
  const heldOutLabels = Array.from(set.validation, (example) => truth[example]!)
  let best: Weights = { weights: weights.slice(), biases: biases.slice() }
  let [leastLoss, bestEpoch] = [Infinity, 0]

  function score(example: number): void {
    fill(example)
    const [from, to] = [starts[example]!, starts[example + 1]!]
    scores.set(biases)
    for (let i = from; i < to; i++) {
      const [at, value] = [rows[i]! * outputs, values[i - from]!]
      for (let k = 0; k < outputs; k++) scores[k]! += weights[at + k]! * value
    }
  }

  function step(example: number): void {
    const [from, to] = [starts[example]!, starts[example + 1]!]
    for (let i = from; i < to; i++) {
      const [at, value] = [rows[i]! * outputs, values[i - from]!]
      for (let k = 0; k < outputs; k++) {
        const gradient = scores[k]! * value
        const square = squares[at + k]! + gradient * gradient
        squares[at + k] = square
        weights[at + k]! -= (rate * gradient) / (Math.sqrt(square) + epsilon)
      }
    }
    for (let k = 0; k < outputs; k++) {
      biasSquares[k]! += scores[k]! ** 2
      const scale = Math.sqrt(biasSquares[k]!) + epsilon
      biases[k]! -= (biasRate * scores[k]!) / scale
    }
  }

  for (let epoch = 1; epoch <= options.epochs; epoch++) {
    for (let i = order.length - 1; i > 0; i--) {
      const j = random.below(i + 1)
      const kept = order[i]!
      order[i] = order[j]!
      order[j] = kept
    }
    let trainLoss = 0
    for (const example of order) {
      score(example)
      trainLoss += lossAndGradient(scores, truth[example]!)
      step(example)
    }
    for (const [i, example] of set.validation.entries()) {
      score(example)
      heldOut.set(scores, i * outputs)
    }
    const calibration = fitCalibration(heldOut, outputs, heldOutLabels)
    const loss = calibratedLoss(heldOut, outputs, heldOutLabels, calibration)
    options.onEpoch?.(epoch, trainLoss / order.length, loss)
    if (loss < leastLoss) {
      leastLoss = loss
      bestEpoch = epoch
      best = { weights: weights.slice(), biases: biases.slice() }
    } else if (epoch - bestEpoch >= patience) break
  }
  return best
}

/**
 * Mean of the sums of the example vectors. AdaGrad's first step moves every weight of an example by the
 * same amount, so its score by that times this sum: 6 for a sentence, 40 for a page. Divided by it, one
 * learning rate fits both.
 */
function meanSum(
  { store, train }: TrainingSet,
  values: Float64Array,
  fill: (example: number) => void,
): number {
  let sum = 0
  for (const example of train) {
    fill(example)
    const count = store.starts[example + 1]! - store.starts[example]!
    for (let i = 0; i < count; i++) sum += values[i]!
  }
  return Math.max(1, sum / train.length)
}

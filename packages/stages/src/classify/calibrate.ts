// Makes probabilities honest on held-out examples. Two labels: Platt scaling (Platt 1999), p =
// sigmoid(scale * z + offset), with his smoothed targets, fitted by Newton's method as Lin, Lin and
// Weng (2007) advise. More labels: temperature scaling (Guo et al. 2017), softmax(scale * z), the scale
// found by golden-section search of its logarithm. Costs nothing beside training.
import { lossAndGradient } from './training-set.ts'

export interface Calibration {
  readonly scale: number
  readonly offset: number
}

export const uncalibrated: Calibration = { scale: 1, offset: 0 }

/** The calibration with the least loss of raw `outputs` [examples, outputCount] against `labels`. */
export function fitCalibration(
  outputs: Float64Array,
  outputCount: number,
  labels: ArrayLike<number>,
): Calibration {
  return outputCount === 1
    ? fitPlatt(outputs, labels)
    : fitTemperature(outputs, outputCount, labels)
}

/** Mean loss in nats of calibrated outputs. */
export function calibratedLoss(
  outputs: Float64Array,
  outputCount: number,
  labels: ArrayLike<number>,
  { scale, offset }: Calibration,
): number {
  const scores = new Float64Array(outputCount)
  let loss = 0
  for (let i = 0; i < labels.length; i++) {
    for (let k = 0; k < outputCount; k++) {
      scores[k] = scale * outputs[i * outputCount + k]! + (outputCount === 1 ? offset : 0)
    }
    loss += lossAndGradient(scores, labels[i]!)
  }
  return loss / Math.max(1, labels.length)
}

function fitPlatt(outputs: Float64Array, labels: ArrayLike<number>): Calibration {
  const count = labels.length
  let positives = 0
  for (let i = 0; i < count; i++) positives += labels[i]!
  const high = (positives + 1) / (positives + 2)
  const low = 1 / (count - positives + 2)
  const lossAt = (scale: number, offset: number): number => {
    let loss = 0
    for (let i = 0; i < count; i++) {
      const z = scale * outputs[i]! + offset
      const target = labels[i] === 1 ? high : low
      loss += Math.max(z, 0) - z * target + Math.log1p(Math.exp(-Math.abs(z)))
    }
    return loss
  }
  let [scale, offset] = [1, 0]
  let loss = lossAt(scale, offset)
  for (let round = 0; round < 100; round++) {
    // Gradient and Hessian; the small ridge keeps the latter invertible.
    let [g1, g2, h11, h12, h22] = [0, 0, 1e-9, 0, 1e-9]
    for (let i = 0; i < count; i++) {
      const p = 1 / (1 + Math.exp(-(scale * outputs[i]! + offset)))
      const error = p - (labels[i] === 1 ? high : low)
      const curvature = p * (1 - p)
      g1 += error * outputs[i]!
      g2 += error
      h11 += curvature * outputs[i]! * outputs[i]!
      h12 += curvature * outputs[i]!
      h22 += curvature
    }
    const determinant = h11 * h22 - h12 * h12
    const d1 = -(h22 * g1 - h12 * g2) / determinant
    const d2 = -(h11 * g2 - h12 * g1) / determinant
    let rate = 1
    let next = lossAt(scale + d1, offset + d2)
    while (!(next <= loss) && rate > 1e-6) {
      rate /= 2
      next = lossAt(scale + rate * d1, offset + rate * d2)
    }
    if (!(next < loss - 1e-10 * Math.abs(loss))) break
    scale += rate * d1
    offset += rate * d2
    loss = next
  }
  // A negative scale would turn the order of documents round: the outputs say nothing then.
  return scale > 0 ? { scale, offset } : uncalibrated
}

function fitTemperature(
  outputs: Float64Array,
  outputCount: number,
  labels: ArrayLike<number>,
): Calibration {
  const lossAt = (logScale: number): number =>
    calibratedLoss(outputs, outputCount, labels, { scale: Math.exp(logScale), offset: 0 })
  const ratio = (Math.sqrt(5) - 1) / 2
  let [low, high] = [Math.log(0.01), Math.log(100)]
  for (let round = 0; round < 40; round++) {
    const [left, right] = [high - ratio * (high - low), low + ratio * (high - low)]
    if (lossAt(left) < lossAt(right)) high = right
    else low = left
  }
  return { scale: Math.exp((low + high) / 2), offset: 0 }
}

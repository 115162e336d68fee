// AdamW (Loshchilov and Hutter 2019) with clipping by global norm. Matrices decay, vectors (norms
// and biases) do not. A provider may do all tensors in one call; otherwise stock operations do.
import { keep, sum, square, tensor, tidy, zeros, type Tensor } from '@tensorflow/tfjs-core'
import type { Model } from '../model/model.ts'
import type { FusedOptimizer } from '../backend/provider.ts'

export interface AdamwOptions {
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
  readonly weightDecay: number
  /** Gradients longer than this are shortened to it; 0 never clips. */
  readonly clipNorm: number
}

export interface Moments {
  readonly first: Tensor
  readonly second: Tensor
}

/** What one update did. */
export interface UpdateReport {
  /** Before clipping; not finite when the step was left out. */
  readonly gradientNorm: number
  /** False when the gradient was not finite: nothing was changed. */
  readonly applied: boolean
}

export interface AdamwStep {
  readonly learningRate: number
  /** From 1: the power of the bias corrections. */
  readonly step: number
  readonly factor: number
}

export interface Adamw {
  /** By parameter name, in the model's order. */
  readonly moments: ReadonlyMap<string, Moments>
  /** Updates applied so far. */
  steps: number
  /** Consumes nothing: the caller disposes of the gradients. */
  update(gradients: readonly Tensor[], rate: number): UpdateReport
  dispose(): void
}

export function createAdamw(model: Model, options: AdamwOptions, fused?: FusedOptimizer): Adamw {
  const moments = new Map<string, Moments>()
  for (const { name, shape } of model.specs) {
    const size = shape as number[]
    moments.set(name, { first: keep(zeros(size)), second: keep(zeros(size)) })
  }
  const decays = new Map(
    model.specs.map(({ name, shape }) => [name, shape.length > 1 ? options.weightDecay : 0]),
  )

  const adamw: Adamw = {
    moments,
    steps: 0,
    update(gradients, rate) {
      const squares = fused ? fused.squareSum(gradients) : composedSquareSum(gradients)
      const gradientNorm = Math.sqrt(squares)
      if (!Number.isFinite(gradientNorm)) return { gradientNorm, applied: false }
      const { clipNorm } = options
      const factor = clipNorm > 0 && gradientNorm > clipNorm ? clipNorm / gradientNorm : 1
      adamw.steps++
      const step = { learningRate: rate, step: adamw.steps, factor }
      if (fused) fused.adamw(model, moments, gradients, decays, options, step)
      else composedUpdate(model, moments, gradients, decays, options, step)
      return { gradientNorm, applied: true }
    },
    dispose() {
      for (const { first, second } of moments.values()) {
        first.dispose()
        second.dispose()
      }
    },
  }
  return adamw
}

function composedSquareSum(gradients: readonly Tensor[]): number {
  let total = 0
  for (const gradient of gradients) {
    const squares = tidy(() => sum(square(gradient)))
    total += squares.dataSync()[0]!
    squares.dispose()
  }
  return total
}

/** The update in plain loops over read-back values: slow, and the reference of the fused one. */
function composedUpdate(
  model: Model,
  moments: Map<string, Moments>,
  gradients: readonly Tensor[],
  decays: ReadonlyMap<string, number>,
  { beta1, beta2, epsilon }: AdamwOptions,
  { learningRate, step, factor }: AdamwStep,
): void {
  const [rest1, rest2] = [1 - beta1 ** step, 1 - beta2 ** step]
  for (const [i, { name, shape }] of model.specs.entries()) {
    const old = [model.parameters.get(name)!, moments.get(name)!.first, moments.get(name)!.second]
    const [p, m, v] = old.map((value) => Float32Array.from(value.dataSync()))
    const g = gradients[i]!.dataSync()
    const keepShare = 1 - learningRate * decays.get(name)!
    for (let j = 0; j < g.length; j++) {
      const slope = g[j]! * factor
      m![j] = beta1 * m![j]! + (1 - beta1) * slope
      v![j] = beta2 * v![j]! + (1 - beta2) * slope * slope
      const scale = Math.sqrt(v![j]! / rest2) + epsilon
      p![j] = p![j]! * keepShare - ((learningRate / rest1) * m![j]!) / scale
    }
    const [parameter, first, second] = [p!, m!, v!].map((values) =>
      keep(tensor(values, shape as number[])),
    )
    for (const replaced of old) replaced.dispose()
    model.parameters.set(name, parameter!)
    moments.set(name, { first: first!, second: second! })
  }
}

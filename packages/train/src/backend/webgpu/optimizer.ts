// AdamW in place, one dispatch a tensor; the gradient norm is one read of a sum for each tensor.
import { stack, square, sum, tidy, type TensorInfo } from '@tensorflow/tfjs-core'
import type { FusedOptimizer } from '../provider.ts'
import { declare, dispatch, type Program } from './dispatch.ts'
import type { WebgpuBackend } from './gpu.ts'

const TILE = 256

const adamw: Program = {
  name: 'LmAdamW',
  code: `${declare(
    [
      ['=p', 'f32'],
      ['g', 'f32'],
      ['=m', 'f32'],
      ['=v', 'f32'],
    ],
    [
      ['count', 'i32'],
      ['keep', 'f32'],
      ['rate', 'f32'],
      ['beta1', 'f32'],
      ['rest1', 'f32'],
      ['beta2', 'f32'],
      ['rest2', 'f32'],
      ['root2', 'f32'],
      ['epsilon', 'f32'],
      ['factor', 'f32'],
    ],
  )}
@compute @workgroup_size(${TILE})
fn main(@builtin(workgroup_id) id: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = i32((id.x + id.y * 32768u) * ${TILE}u + thread);
  if (i >= u.count) { return; }
  let slope = g[i] * u.factor;
  let first = u.beta1 * m[i] + u.rest1 * slope;
  let second = u.beta2 * v[i] + u.rest2 * slope * slope;
  m[i] = first;
  v[i] = second;
  p[i] = p[i] * u.keep - u.rate * first / (sqrt(second) / u.root2 + u.epsilon);
}`,
}

export function createWebgpuOptimizer(backend: WebgpuBackend): FusedOptimizer {
  return {
    squareSum(gradients) {
      const squares = tidy(() => stack(gradients.map((gradient) => sum(square(gradient)))))
      let total = 0
      for (const value of squares.dataSync()) total += value
      squares.dispose()
      return total
    },
    adamw(model, moments, gradients, decays, options, { learningRate, step, factor }) {
      const { beta1, beta2, epsilon } = options
      const rate = learningRate / (1 - beta1 ** step)
      const root2 = Math.sqrt(1 - beta2 ** step)
      for (const [i, { name }] of model.specs.entries()) {
        const { first, second } = moments.get(name)!
        const gradient = gradients[i]!
        const tensors: TensorInfo[] = [model.parameters.get(name)!, gradient, first, second]
        const keep = 1 - learningRate * decays.get(name)!
        const rates = [keep, rate, beta1, 1 - beta1, beta2, 1 - beta2, root2, epsilon, factor]
        dispatch(
          backend,
          adamw,
          tensors,
          [['i', gradient.size], ...rates.map((value) => ['f', value] as const)],
          Math.ceil(gradient.size / TILE),
        )
      }
    },
  }
}

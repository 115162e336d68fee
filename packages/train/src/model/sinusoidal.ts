// Fixed position embeddings (Vaswani et al. 2017, 3.5): sines in the even features, cosines in the
// odd ones.
import { tensor2d, type Tensor } from '@tensorflow/tfjs-core'

/** [positions, features] */
export function sinusoidalTable(positions: number, features: number): Tensor {
  const table = new Float32Array(positions * features)
  for (let p = 0; p < positions; p++) {
    for (let i = 0; i < features; i++) {
      const angle = p / 10_000 ** ((i - (i % 2)) / features)
      table[p * features + i] = i % 2 === 0 ? Math.sin(angle) : Math.cos(angle)
    }
  }
  return tensor2d(table, [positions, features])
}

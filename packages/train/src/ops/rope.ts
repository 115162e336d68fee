// Rotary position embedding (Su et al. 2021) in LLaMA's pairing: feature i turns with i + size/2.
// Positions are given per token, so a packed row restarts them at every document.
import {
  add,
  concat,
  gather,
  mul,
  reshape,
  slice,
  sub,
  tensor2d,
  type Tensor,
} from '@tensorflow/tfjs-core'
import { differentiable, hasKernel, runKernel } from './kernel.ts'

export interface RotaryTable {
  /** [positions, headSize / 2] */
  readonly cosines: Tensor
  readonly sines: Tensor
}

/** Cosines and sines of position x theta^(-2i / size). */
export function rotaryTable(positions: number, headSize: number, theta: number): RotaryTable {
  const half = headSize / 2
  const cosines = new Float32Array(positions * half)
  const sines = new Float32Array(positions * half)
  for (let p = 0; p < positions; p++) {
    for (let i = 0; i < half; i++) {
      // transformers computes the angle in single precision; the same here, for equal logits.
      const frequency = Math.fround(1 / theta ** ((2 * i) / headSize))
      const angle = Math.fround(p * frequency)
      cosines[p * half + i] = Math.cos(angle)
      sines[p * half + i] = Math.sin(angle)
    }
  }
  const shape: [number, number] = [positions, half]
  return { cosines: tensor2d(cosines, shape), sines: tensor2d(sines, shape) }
}

/** Turns every head of x [tokens, heads x size] by its token's position [tokens]. */
export function rope(x: Tensor, positions: Tensor, table: RotaryTable, heads: number): Tensor {
  if (!hasKernel('LmRope')) return composedRope(x, positions, table, heads)
  return differentiable(
    [x],
    (a) => {
      const inputs = { x: a, positions, ...table }
      const value = runKernel('LmRope', inputs, { heads, sign: 1 })
      return { value, saved: [positions, table.cosines, table.sines] }
    },
    (dy, [saved, cosines, sines]) => {
      const inputs = { x: dy, positions: saved, cosines, sines }
      return [runKernel('LmRope', inputs, { heads, sign: -1 })]
    },
  )
}

/** The same from stock operations. */
export function composedRope(
  x: Tensor,
  positions: Tensor,
  table: RotaryTable,
  heads: number,
): Tensor {
  const [tokens, width] = x.shape as [number, number]
  const half = width / heads / 2
  const parts = reshape(x, [tokens, heads, 2, half])
  const low = reshape(slice(parts, [0, 0, 0, 0], [tokens, heads, 1, half]), [tokens, heads, half])
  const high = reshape(slice(parts, [0, 0, 1, 0], [tokens, heads, 1, half]), [tokens, heads, half])
  const cosines = reshape(gather(table.cosines, positions), [tokens, 1, half])
  const sines = reshape(gather(table.sines, positions), [tokens, 1, half])
  const turned = [
    sub(mul(low, cosines), mul(high, sines)),
    add(mul(high, cosines), mul(low, sines)),
  ]
  return reshape(concat(turned, -1), [tokens, width])
}

// Dropout (Srivastava et al. 2014) with counter-based random numbers, as in Random123 (Salmon et al.
// 2011): whether element i is dropped is a hash of (key, i), so a resumed run and any number of
// threads drop the same elements, nothing is stored for the backward pass, and the composed form
// drops the very same ones. Keys come from (seed, step, batch, layer, place).
import { mul, tensor, type Tensor } from '@tensorflow/tfjs-core'
import { mix32 } from '@shardmill/core/random'
import { differentiable, hasKernel, runKernel } from './kernel.ts'

/** Odd, from the golden ratio (Knuth, TAOCP 6.4): spreads neighbouring counters. */
const SPREAD = 0x9e3779b1

/** The key of one use of dropout in a pass: `place` counts them. */
export function placeKey(key: number, place: number): number {
  return mix32(key ^ mix32(place + 1))
}

/** Hashes are compared with it as unsigned words: below means dropped. */
export function dropThreshold(rate: number): number {
  return Math.floor(rate * 0x1_0000_0000)
}

/** 0 where element `i` of a row of counters is dropped, else 1 / (1 - rate). */
export function keepScale(key: number, i: number, rate: number): number {
  return mix32(key ^ Math.imul(i, SPREAD)) < dropThreshold(rate) ? 0 : 1 / (1 - rate)
}

/** Drops elements of x and scales the others; the gradient drops the same ones. */
export function dropout(x: Tensor, rate: number, key: number): Tensor {
  if (rate === 0) return x
  if (!hasKernel('LmDropout')) return composedDropout(x, rate, key)
  const attrs = { threshold: dropThreshold(rate), scale: 1 / (1 - rate), key }
  const run = (input: Tensor): Tensor => runKernel('LmDropout', { x: input }, attrs)
  return differentiable(
    [x],
    (a) => ({ value: run(a), saved: [] }),
    (dy) => [run(dy)],
  )
}

/** The same from stock operations, by a mask made on the host. */
export function composedDropout(x: Tensor, rate: number, key: number): Tensor {
  const mask = Float32Array.from({ length: x.size }, (_, i) => keepScale(key, i, rate))
  return mul(x, tensor(mask, x.shape))
}

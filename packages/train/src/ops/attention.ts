// Attention inside documents. The tokens of a batch are one flat stream; `bounds` says where
// documents begin and end. The kernel does no work between documents (cost: sum of squared document
// lengths); the composed form masks a dense [tokens, tokens] matrix and is the oracle.
import {
  add,
  matMul,
  mul,
  reshape,
  softmax,
  tensor1d,
  tensor3d,
  tile,
  transpose,
  type Tensor,
} from '@tensorflow/tfjs-core'
import { mix32 } from '@shardmill/core/random'
import { dropThreshold, keepScale } from './dropout.ts'
import { differentiable, hasKernel, runKernels } from './kernel.ts'

/** Documents of a stream: document i is tokens starts[i] .. starts[i + 1]. */
export interface Bounds {
  /** Documents + 1 entries, ascending, from 0 to the number of tokens. */
  readonly starts: Int32Array
  /** The same on the backend. */
  readonly tensor: Tensor
  /** Tokens of the longest document. */
  readonly longest: number
}

export interface AttentionShape {
  readonly heads: number
  /** Fewer than `heads`: groups of heads share keys and values (Ainslie et al. 2023). */
  readonly keyValueHeads: number
  readonly headSize: number
  readonly causal: boolean
}

/** Dropout of attention probabilities; see `dropout.ts`. */
export interface AttentionDropout {
  readonly rate: number
  readonly key: number
}

/**
 * q [queries, heads x size], k and v [keys, keyValueHeads x size] give [queries, heads x size].
 * A document may have fewer queries than keys (a cache): its last query then sees its last key.
 */
export function attention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  shape: AttentionShape,
  queryBounds: Bounds,
  keyBounds: Bounds = queryBounds,
  dropout?: AttentionDropout,
): Tensor {
  const drops = dropout !== undefined && dropout.rate > 0
  const [forward, backward] = drops
    ? (['LmAttentionDropout', 'LmAttentionDropoutGrad'] as const)
    : (['LmAttention', 'LmAttentionGrad'] as const)
  if (!hasKernel(forward)) {
    return composedAttention(q, k, v, shape, queryBounds, keyBounds, drops ? dropout : undefined)
  }
  const noise = drops
    ? {
        threshold: dropThreshold(dropout.rate),
        keepScale: 1 / (1 - dropout.rate),
        key: dropout.key,
      }
    : {}
  const attrs = {
    ...noise,
    ...shape,
    documents: queryBounds.starts.length - 1,
    longest: keyBounds.longest,
    scale: 1 / Math.sqrt(shape.headSize),
  }
  const bounds = { queryBounds: queryBounds.tensor, keyBounds: keyBounds.tensor }
  return differentiable(
    [q, k, v],
    (a, b, c) => {
      const outputs = runKernels(forward, { q: a, k: b, v: c, ...bounds }, attrs)
      const [value, logSumExp] = outputs as [Tensor, Tensor]
      return { value, saved: [a, b, c, value, logSumExp, ...Object.values(bounds)] }
    },
    (dy, [a, b, c, out, logSumExp, rows, columns]) => {
      const saved = { q: a, k: b, v: c, out, logSumExp, queryBounds: rows, keyBounds: columns }
      return runKernels(backward, { ...saved, dy }, attrs)
    },
  )
}

/** The same from stock operations, by a dense additive mask. */
export function composedAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { heads, keyValueHeads, headSize, causal }: AttentionShape,
  queryBounds: Bounds,
  keyBounds: Bounds,
  dropout?: AttentionDropout,
): Tensor {
  const split = (x: Tensor, count: number): Tensor =>
    transpose(reshape(x, [x.shape[0], count, headSize]), [1, 0, 2])
  const grouped = (x: Tensor): Tensor => {
    const parts = split(x, keyValueHeads)
    const group = heads / keyValueHeads
    if (group === 1) return parts
    const repeated = tile(reshape(parts, [keyValueHeads, 1, -1, headSize]), [1, group, 1, 1])
    return reshape(repeated, [heads, -1, headSize])
  }
  const scores = mul(matMul(split(q, heads), grouped(k), false, true), 1 / Math.sqrt(headSize))
  const mask = denseMask(queryBounds.starts, keyBounds.starts, causal)
  const probabilities = softmax(add(scores, mask))
  const weights = dropout
    ? mul(probabilities, dropoutMask(dropout, heads, q.shape[0], k.shape[0]))
    : probabilities
  return reshape(transpose(matMul(weights, grouped(v)), [1, 0, 2]), [q.shape[0], heads * headSize])
}

/** [heads, queries, keys]; every row of keys has a key of its own. */
function dropoutMask(
  { rate, key }: AttentionDropout,
  heads: number,
  queries: number,
  keys: number,
): Tensor {
  const mask = new Float32Array(heads * queries * keys)
  for (let head = 0; head < heads; head++) {
    for (let query = 0; query < queries; query++) {
      const row = mix32(key ^ mix32(query * heads + head))
      const at = (head * queries + query) * keys
      for (let j = 0; j < keys; j++) mask[at + j] = keepScale(row, j, rate)
    }
  }
  return tensor3d(mask, [heads, queries, keys])
}

/** [1, queries, keys]: 0 where a query sees a key, a very negative number elsewhere. */
function denseMask(queries: Int32Array, keys: Int32Array, causal: boolean): Tensor {
  const [rows, columns] = [queries.at(-1)!, keys.at(-1)!]
  const mask = new Float32Array(rows * columns).fill(-1e30)
  for (let doc = 0; doc + 1 < queries.length; doc++) {
    const [q0, q1, k0, k1] = [queries[doc]!, queries[doc + 1]!, keys[doc]!, keys[doc + 1]!]
    for (let q = q0; q < q1; q++) {
      const end = causal ? k1 - (q1 - 1 - q) : k1
      mask.fill(0, q * columns + k0, q * columns + end)
    }
  }
  return tensor3d(mask, [1, rows, columns])
}

/** Bounds of documents with these lengths. Dispose of `tensor` after use. */
export function boundsOf(lengths: readonly number[]): Bounds {
  const starts = new Int32Array(lengths.length + 1)
  for (const [i, length] of lengths.entries()) starts[i + 1] = starts[i]! + length
  return { starts, tensor: tensor1d(starts, 'int32'), longest: Math.max(0, ...lengths) }
}

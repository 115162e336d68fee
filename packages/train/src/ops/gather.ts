// Rows of a table by index: token and position embeddings, and the masked tokens of an MLM batch.
// The gradient adds rows into the table; tfjs's own gradient of `gather` visits
// (rows of the table) x (indices) pairs on some backends.
import { gather, type Tensor } from '@tensorflow/tfjs-core'
import { differentiable, hasKernel, runKernel } from './kernel.ts'

/** table [rows, features] at index [count] gives [count, features]. */
export function gatherRows(table: Tensor, index: Tensor): Tensor {
  if (!hasKernel('LmGather')) return gather(table, index)
  const rows = table.shape[0]
  return differentiable(
    [table],
    (a) => ({ value: runKernel('LmGather', { table: a, index }), saved: [index] }),
    (dy, [saved]) => [runKernel('LmScatter', { x: dy, index: saved }, { rows })],
  )
}

// Output layer and cross-entropy by chunks of 1,024 tokens: stock matrix products, and one WGSL
// kernel that turns a chunk's logits into losses and, in place, into their gradient. The whole
// [tokens, vocabulary] matrix never exists.
import {
  add,
  concat,
  dispose,
  matMul,
  slice,
  sum,
  tidy,
  type Tensor,
  type Tensor1D,
  type TensorInfo,
} from '@tensorflow/tfjs-core'
import type { KernelCall } from '../../ops/kernel.ts'
import { allocate, declare, dispatch, type Program } from './dispatch.ts'
import type { WebgpuBackend } from './gpu.ts'

interface Attributes {
  readonly scale: number
  readonly gradient: boolean
}

/** Tokens of a chunk. At a vocabulary of 50,257 its logits are 206 MB. */
const CHUNK = 1024
const TILE = 64

const program = (hasBias: boolean): Program => ({
  name: 'LmHeadLoss',
  code: `${declare(
    [
      ['=logits', 'f32'],
      ['targets', 'i32'],
      ['=losses', 'f32'],
      ...(hasBias ? ([['bias', 'f32']] as const) : []),
    ],
    [
      ['rows', 'i32'],
      ['offset', 'i32'],
      ['columns', 'i32'],
      ['gradient', 'i32'],
      ['scale', 'f32'],
    ],
  )}
const TILE = ${TILE};
var<workgroup> shared_: array<f32, TILE>;
fn logit(row: i32, column: i32) -> f32 {
  return logits[row * u.columns + column]${hasBias ? ' + bias[column]' : ''};
}
@compute @workgroup_size(TILE)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(local_invocation_index) thread: u32) {
  let row = i32(id.x + id.y * 32768u);
  let lane = i32(thread);
  if (row >= u.rows) { return; }
  let wanted = targets[u.offset + row];
  var peak = -1e30;
  for (var c = lane; c < u.columns; c += TILE) { peak = max(peak, logit(row, c)); }
  shared_[lane] = peak;
  workgroupBarrier();
  for (var i = 0; i < TILE; i++) { peak = max(peak, shared_[i]); }
  workgroupBarrier();
  var part = 0.0;
  for (var c = lane; c < u.columns; c += TILE) { part += exp(logit(row, c) - peak); }
  shared_[lane] = part;
  workgroupBarrier();
  var total = 0.0;
  for (var i = 0; i < TILE; i++) { total += shared_[i]; }
  let isCounted = wanted >= 0;
  if (lane == 0) {
    var loss = 0.0;
    if (isCounted) { loss = log(total) + peak - logit(row, wanted); }
    losses[u.offset + row] = loss;
  }
  workgroupBarrier();
  if (u.gradient == 0) { return; }
  for (var c = lane; c < u.columns; c += TILE) {
    var slope = exp(logit(row, c) - peak) / total;
    if (c == wanted) { slope -= 1; }
    logits[row * u.columns + c] = select(0.0, slope * u.scale, isCounted);
  }
}`,
})

/** Gives losses and, with `gradient`, the gradients of hidden states, weight and bias. */
export function headLoss(
  { inputs, attrs }: KernelCall<Attributes>,
  backend: WebgpuBackend,
): TensorInfo[] {
  const [hidden, weight, targets, bias] = ['hidden', 'weight', 'targets', 'bias'].map(
    (name) => inputs[name] as Tensor | undefined,
  )
  const tokens = hidden!.shape[0]
  const columns = weight!.shape[0]
  const losses = allocate(backend, [tokens])
  const code = program(bias !== undefined)
  const rowParts: Tensor[] = []
  let byWeight: Tensor | undefined
  let byBias: Tensor | undefined
  for (let from = 0; from < tokens; from += CHUNK) {
    const rows = Math.min(CHUNK, tokens - from)
    const states: Tensor = slice(hidden!, [from, 0], [rows, hidden!.shape[1]!])
    const logits: Tensor = matMul(states, weight!, false, true)
    const tensors: TensorInfo[] = [logits, targets!, losses]
    if (bias) tensors.push(bias)
    const numbers = [rows, from, columns, attrs.gradient ? 1 : 0].map((n) => ['i', n] as const)
    dispatch(backend, code, tensors, [...numbers, ['f', attrs.scale]], rows)
    if (attrs.gradient) {
      rowParts.push(matMul(logits, weight!))
      byWeight = plus(byWeight, matMul(logits, states, true, false))
      if (bias) byBias = plus(byBias, sum<Tensor1D>(logits, 0))
    }
    dispose([states, logits])
  }
  if (!attrs.gradient) return [losses]
  const byHidden = rowParts.length === 1 ? rowParts[0]! : concat(rowParts, 0)
  if (rowParts.length > 1) dispose(rowParts)
  return byBias ? [losses, byHidden, byWeight!, byBias] : [losses, byHidden, byWeight!]
}

function plus(total: Tensor | undefined, part: Tensor): Tensor {
  if (!total) return part
  const next = tidy(() => add<Tensor>(total, part))
  dispose([total, part])
  return next
}

// Attention inside documents in WGSL, after FlashAttention (Dao et al. 2022): one workgroup for a
// query and head walks the keys of its document 64 at a time, with a running maximum and sum, so no
// [tokens, tokens] matrix exists. The gradient recomputes the probabilities from the log-sum-exp:
// once by query for dq, once by key for dk and dv, so nothing is added atomically and sums have a
// fixed order.
import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { KernelCall } from '../../ops/kernel.ts'
import { allocate, declare, dispatch, type Program } from './dispatch.ts'
import type { WebgpuBackend } from './gpu.ts'

interface Attributes {
  readonly heads: number
  readonly keyValueHeads: number
  readonly headSize: number
  readonly causal: boolean
  readonly documents: number
  readonly scale: number
}

const uniformFields = [
  ['tokens', 'i32'],
  ['documents', 'i32'],
  ['causal', 'i32'],
  ['scale', 'f32'],
] as const

/** Threads of a workgroup, and keys of a tile. */
const TILE = 64

const prelude = ({ heads, keyValueHeads, headSize }: Attributes): string => `
const HEADS = ${heads}; const PAIRS = ${keyValueHeads}; const SIZE = ${headSize};
const WIDTH = HEADS * SIZE; const NARROW = PAIRS * SIZE; const TILE = ${TILE};
const PARTS = ${Math.ceil(headSize / TILE)};
`

/** `group` counts workgroups over both dimensions; the document of a token by bisection. */
const begin = (count: string, bounds: string): string => `
fn documentOf(token: i32) -> i32 {
  var low = 0; var high = u.documents;
  while (high - low > 1) {
    let middle = (low + high) / 2;
    if (${bounds}[middle] <= token) { low = middle; } else { high = middle; }
  }
  return low;
}
@compute @workgroup_size(TILE)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(local_invocation_index) thread: u32) {
  let group = i32(id.x + id.y * 32768u);
  let lane = i32(thread);
  if (group >= u.tokens * ${count}) { return; }
  let token = group / ${count};
  let head = group % ${count};
  let doc = documentOf(token);
`

const forward = (attrs: Attributes): Program => ({
  name: 'LmAttention',
  code: `${declare(
    [
      ['q', 'f32'],
      ['k', 'f32'],
      ['v', 'f32'],
      ['queryBounds', 'i32'],
      ['keyBounds', 'i32'],
      ['=out', 'f32'],
      ['=logSumExp', 'f32'],
    ],
    uniformFields,
  )}${prelude(attrs)}
var<workgroup> query: array<f32, SIZE>;
var<workgroup> weights: array<f32, TILE>;
${begin('HEADS', 'queryBounds')}
  let pair = head / (HEADS / PAIRS);
  for (var f = lane; f < SIZE; f += TILE) { query[f] = q[token * WIDTH + head * SIZE + f] * u.scale; }
  workgroupBarrier();
  let first = keyBounds[doc];
  var end = keyBounds[doc + 1];
  if (u.causal != 0) { end -= queryBounds[doc + 1] - 1 - token; }
  var largest = -1e30; var total = 0.0;
  var sums: array<f32, PARTS>;
  for (var base = first; base < end; base += TILE) {
    let count = min(TILE, end - base);
    var score = -1e30;
    if (lane < count) {
      score = 0;
      let at = (base + lane) * NARROW + pair * SIZE;
      for (var f = 0; f < SIZE; f++) { score += query[f] * k[at + f]; }
    }
    weights[lane] = score;
    workgroupBarrier();
    var peak = largest;
    for (var i = 0; i < count; i++) { peak = max(peak, weights[i]); }
    workgroupBarrier();
    weights[lane] = exp(score - peak);
    workgroupBarrier();
    let fading = exp(largest - peak);
    total *= fading;
    for (var i = 0; i < count; i++) { total += weights[i]; }
    for (var part = 0; part < PARTS; part++) {
      let f = part * TILE + lane;
      if (f >= SIZE) { continue; }
      var sum = sums[part] * fading;
      for (var i = 0; i < count; i++) { sum += weights[i] * v[(base + i) * NARROW + pair * SIZE + f]; }
      sums[part] = sum;
    }
    largest = peak;
    workgroupBarrier();
  }
  for (var part = 0; part < PARTS; part++) {
    let f = part * TILE + lane;
    if (f < SIZE) { out[token * WIDTH + head * SIZE + f] = sums[part] / total; }
  }
  if (lane == 0) { logSumExp[token * HEADS + head] = largest + log(total); }
}`,
})

/** [tokens, heads, 2]: log-sum-exp, and the product of the output with its gradient. */
const statistics = (attrs: Attributes): Program => ({
  name: 'LmAttentionStatistics',
  code: `${declare(
    [
      ['out', 'f32'],
      ['dy', 'f32'],
      ['logSumExp', 'f32'],
      ['=stats', 'f32'],
    ],
    [['count', 'i32']],
  )}${prelude(attrs)}
@compute @workgroup_size(TILE)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = i32(id.x + id.y * 32768u) * TILE + i32(thread);
  if (i >= u.count) { return; }
  var sum = 0.0;
  for (var f = 0; f < SIZE; f++) { sum += out[i * SIZE + f] * dy[i * SIZE + f]; }
  stats[2 * i] = logSumExp[i];
  stats[2 * i + 1] = sum;
}`,
})

const byQuery = (attrs: Attributes): Program => ({
  name: 'LmAttentionGradQuery',
  code: `${declare(
    [
      ['q', 'f32'],
      ['k', 'f32'],
      ['v', 'f32'],
      ['stats', 'f32'],
      ['dy', 'f32'],
      ['bounds', 'i32'],
      ['=dq', 'f32'],
    ],
    uniformFields,
  )}${prelude(attrs)}
var<workgroup> query: array<f32, SIZE>;
var<workgroup> slope: array<f32, SIZE>;
var<workgroup> slopes: array<f32, TILE>;
${begin('HEADS', 'bounds')}
  let pair = head / (HEADS / PAIRS);
  let row = token * WIDTH + head * SIZE;
  for (var f = lane; f < SIZE; f += TILE) { query[f] = q[row + f]; slope[f] = dy[row + f]; }
  workgroupBarrier();
  let first = bounds[doc];
  let end = select(bounds[doc + 1], token + 1, u.causal != 0);
  let logSumExp = stats[2 * group]; let inner = stats[2 * group + 1];
  var sums: array<f32, PARTS>;
  for (var base = first; base < end; base += TILE) {
    let count = min(TILE, end - base);
    if (lane < count) {
      let at = (base + lane) * NARROW + pair * SIZE;
      var score = 0.0; var gain = 0.0;
      for (var f = 0; f < SIZE; f++) { score += query[f] * k[at + f]; gain += slope[f] * v[at + f]; }
      slopes[lane] = exp(score * u.scale - logSumExp) * (gain - inner) * u.scale;
    }
    workgroupBarrier();
    for (var part = 0; part < PARTS; part++) {
      let f = part * TILE + lane;
      if (f >= SIZE) { continue; }
      var sum = sums[part];
      for (var i = 0; i < count; i++) { sum += slopes[i] * k[(base + i) * NARROW + pair * SIZE + f]; }
      sums[part] = sum;
    }
    workgroupBarrier();
  }
  for (var part = 0; part < PARTS; part++) {
    let f = part * TILE + lane;
    if (f < SIZE) { dq[row + f] = sums[part]; }
  }
}`,
})

const byKey = (attrs: Attributes): Program => ({
  name: 'LmAttentionGradKey',
  code: `${declare(
    [
      ['q', 'f32'],
      ['k', 'f32'],
      ['v', 'f32'],
      ['stats', 'f32'],
      ['dy', 'f32'],
      ['bounds', 'i32'],
      ['=dk', 'f32'],
      ['=dv', 'f32'],
    ],
    uniformFields,
  )}${prelude(attrs)}
var<workgroup> key: array<f32, SIZE>;
var<workgroup> value: array<f32, SIZE>;
var<workgroup> weights: array<f32, TILE>;
var<workgroup> slopes: array<f32, TILE>;
${begin('PAIRS', 'bounds')}
  let row = token * NARROW + head * SIZE;
  for (var f = lane; f < SIZE; f += TILE) { key[f] = k[row + f]; value[f] = v[row + f]; }
  workgroupBarrier();
  let first = select(bounds[doc], token, u.causal != 0);
  let end = bounds[doc + 1];
  var keySums: array<f32, PARTS>; var valueSums: array<f32, PARTS>;
  for (var member = 0; member < HEADS / PAIRS; member++) {
    let column = (head * (HEADS / PAIRS) + member) * SIZE;
    for (var base = first; base < end; base += TILE) {
      let count = min(TILE, end - base);
      if (lane < count) {
        let at = (base + lane) * WIDTH + column;
        var score = 0.0; var gain = 0.0;
        for (var f = 0; f < SIZE; f++) { score += q[at + f] * key[f]; gain += dy[at + f] * value[f]; }
        let weight = exp(score * u.scale - stats[2 * (at / SIZE)]);
        weights[lane] = weight;
        slopes[lane] = weight * (gain - stats[2 * (at / SIZE) + 1]) * u.scale;
      }
      workgroupBarrier();
      for (var part = 0; part < PARTS; part++) {
        let f = part * TILE + lane;
        if (f >= SIZE) { continue; }
        var keySum = keySums[part]; var valueSum = valueSums[part];
        for (var i = 0; i < count; i++) {
          let at = (base + i) * WIDTH + column + f;
          keySum += slopes[i] * q[at];
          valueSum += weights[i] * dy[at];
        }
        keySums[part] = keySum; valueSums[part] = valueSum;
      }
      workgroupBarrier();
    }
  }
  for (var part = 0; part < PARTS; part++) {
    let f = part * TILE + lane;
    if (f < SIZE) { dk[row + f] = keySums[part]; dv[row + f] = valueSums[part]; }
  }
}`,
})

const uniformsOf = (tokens: number, { documents, causal, scale }: Attributes) =>
  [
    ['i', tokens],
    ['i', documents],
    ['i', causal ? 1 : 0],
    ['f', scale],
  ] as const

export function attention(
  { inputs, attrs }: KernelCall<Attributes>,
  backend: WebgpuBackend,
): TensorInfo[] {
  const [q, k, v] = [inputs['q']!, inputs['k']!, inputs['v']!]
  const tokens = q.shape[0]!
  const out = allocate(backend, q.shape)
  const logSumExp = allocate(backend, [tokens, attrs.heads])
  const tensors = [q, k, v, inputs['queryBounds']!, inputs['keyBounds']!, out, logSumExp]
  dispatch(backend, forward(attrs), tensors, uniformsOf(tokens, attrs), tokens * attrs.heads)
  return [out, logSumExp]
}

export function attentionGrad(
  { inputs, attrs }: KernelCall<Attributes>,
  backend: WebgpuBackend,
): TensorInfo[] {
  const [q, k, v, dy] = [inputs['q']!, inputs['k']!, inputs['v']!, inputs['dy']!]
  const bounds = inputs['queryBounds']!
  const tokens = q.shape[0]!
  const count = tokens * attrs.heads
  const stats = allocate(backend, [count, 2])
  const given = [inputs['out']!, dy, inputs['logSumExp']!, stats]
  dispatch(backend, statistics(attrs), given, [['i', count]], Math.ceil(count / TILE))
  const [dq, dk, dv] = [q, k, v].map(({ shape }) => allocate(backend, shape))
  const shared = [q, k, v, stats, dy, bounds]
  const uniforms = uniformsOf(tokens, attrs)
  dispatch(backend, byQuery(attrs), [...shared, dq!], uniforms, count)
  const groups = tokens * attrs.keyValueHeads
  dispatch(backend, byKey(attrs), [...shared, dk!, dv!], uniforms, groups)
  backend.disposeData(stats.dataId)
  return [dq!, dk!, dv!]
}

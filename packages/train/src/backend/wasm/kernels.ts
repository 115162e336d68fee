// Our fused kernels on the engine, under the names of ops/kernel.ts. Each entry turns tensors into
// addresses and decides the number of tiles, from shapes only.
import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { AttentionShape } from '../../ops/attention.ts'
import type { DropoutKernel, KernelCall, LmKernel } from '../../ops/kernel.ts'
import { kernels } from './engine.ts'
import { matmul } from './matmul.ts'
import { headLoss } from './head-loss.ts'
import type { WasmTensors } from './tensors.ts'

type Implementation = (call: KernelCall<never>, tensors: WasmTensors) => TensorInfo | TensorInfo[]

/** Rows, columns and elements in one tile of the kernels of assembly/{rows,elementwise}.ts. */
const ROWS = 32
const COLUMNS = 16
export const ELEMENTS = 16384
/** Queries in one block of assembly/attention.ts. */
const BLOCK = 32

const tilesOf = (count: number, size: number): number => Math.ceil(count / size)
const sizeOf = (info: TensorInfo): number => info.shape.reduce((a, b) => a * b, 1)

export const implementations: Readonly<Record<LmKernel | DropoutKernel, Implementation>> = {
  LmMatMul({ inputs, attrs }: KernelCall<{ transposeA: boolean; transposeB: boolean }>, tensors) {
    const [a, b] = [inputs['a']!, inputs['b']!]
    const { transposeA, transposeB } = attrs
    const [rows, depth] = transposeA ? [a.shape[1]!, a.shape[0]!] : [a.shape[0]!, a.shape[1]!]
    const columns = transposeB ? b.shape[0]! : b.shape[1]!
    const out = tensors.make([rows, columns])
    const bias = inputs['bias'] ? tensors.address(inputs['bias']) : 0
    const addresses = { a: tensors.address(a), b: tensors.address(b), c: tensors.address(out) }
    const shape = { rows, columns, depth, transposeA, transposeB }
    matmul(tensors.engine, { ...addresses, ...shape, bias })
    return out
  },

  LmColumnSum({ inputs }: KernelCall<object>, tensors) {
    const x = inputs['x']!
    const [rows, columns] = x.shape as [number, number]
    const out = tensors.make([columns])
    const args = [tensors.address(x), tensors.address(out), rows, columns]
    tensors.engine.run(kernels.columnSum, tilesOf(columns, COLUMNS), args)
    return out
  },

  LmNorm({ inputs, attrs }: KernelCall<{ root: boolean; epsilon: number }>, tensors) {
    const [x, weight] = [inputs['x']!, inputs['weight']!]
    const [rows, columns] = x.shape as [number, number]
    const [out, statistics] = [tensors.make([rows, columns]), tensors.make([rows, 2])]
    const bias = inputs['bias'] ? tensors.address(inputs['bias']) : 0
    const addresses = [tensors.address(x), tensors.address(weight), bias, tensors.address(out)]
    const rest = [tensors.address(statistics), rows, columns, attrs.epsilon, attrs.root ? 1 : 0]
    tensors.engine.run(kernels.norm, tilesOf(rows, ROWS), [...addresses, ...rest])
    return [out, statistics]
  },

  LmNormGrad({ inputs, attrs }: KernelCall<{ root: boolean; hasBias: boolean }>, tensors) {
    const [x, weight, dy] = [inputs['x']!, inputs['weight']!, inputs['dy']!]
    const statistics = tensors.address(inputs['statistics']!)
    const [rows, columns] = x.shape as [number, number]
    const out = [tensors.make([rows, columns]), tensors.make([columns])]
    if (attrs.hasBias) out.push(tensors.make([columns]))
    const [byX, byWeight, byBias] = out.map((info) => tensors.address(info))
    const [from, slope] = [tensors.address(x), tensors.address(dy)]
    const shape = [statistics, rows, columns, 0, attrs.root ? 1 : 0]
    const { engine } = tensors
    const args = [from, tensors.address(weight), slope, byX!, ...shape]
    engine.run(kernels.normGrad, tilesOf(rows, ROWS), args)
    const weightArgs = [from, byWeight!, slope, byBias ?? 0, ...shape]
    engine.run(kernels.normWeightGrad, tilesOf(columns, COLUMNS), weightArgs)
    return out
  },

  LmActivation({ inputs, attrs }: KernelCall<{ kind: number }>, tensors) {
    const [x, gate] = [inputs['x']!, inputs['gate']]
    const out = tensors.make(x.shape)
    const length = sizeOf(x)
    const addresses = [tensors.address(x), gate ? tensors.address(gate) : 0, tensors.address(out)]
    const args = [...addresses, length, gate ? 1 : 0, attrs.kind]
    tensors.engine.run(kernels.activation, tilesOf(length, ELEMENTS), args)
    return out
  },

  LmActivationGrad({ inputs, attrs }: KernelCall<{ kind: number }>, tensors) {
    const [x, gate, dy] = [inputs['x']!, inputs['gate'], inputs['dy']!]
    const out = gate ? [tensors.make(x.shape), tensors.make(x.shape)] : [tensors.make(x.shape)]
    const length = sizeOf(x)
    const addresses = [tensors.address(x), gate ? tensors.address(gate) : 0, tensors.address(dy)]
    const outputs = [tensors.address(out[0]!), out[1] ? tensors.address(out[1]) : 0]
    const args = [...addresses, length, gate ? 1 : 0, attrs.kind, ...outputs]
    tensors.engine.run(kernels.activationGrad, tilesOf(length, ELEMENTS), args)
    return out
  },

  LmRope({ inputs, attrs }: KernelCall<{ heads: number; sign: number }>, tensors) {
    const x = inputs['x']!
    const [tokens, width] = x.shape as [number, number]
    const out = tensors.make(x.shape)
    const [cosines, sines] = [
      tensors.address(inputs['cosines']!),
      tensors.address(inputs['sines']!),
    ]
    const shape = [tokens, attrs.heads, width / attrs.heads]
    const tables = [cosines, sines, tensors.address(inputs['positions']!), attrs.sign]
    const args = [tensors.address(x), tensors.address(out), ...shape, ...tables]
    tensors.engine.run(kernels.rope, tilesOf(tokens, 16), args)
    return out
  },

  LmAttention: attention,
  LmAttentionGrad: attentionGrad,
  LmAttentionDropout: attention,
  LmAttentionDropoutGrad: attentionGrad,

  LmDropout({ inputs, attrs }: KernelCall<DropoutAttributes>, tensors) {
    const x = inputs['x']!
    const out = tensors.make(x.shape)
    const length = sizeOf(x)
    const { scale, key, threshold } = attrs
    const args = [tensors.address(x), scale, tensors.address(out), length, key, threshold]
    tensors.engine.run(kernels.dropout, tilesOf(length, ELEMENTS), args)
    return out
  },

  LmGather({ inputs }: KernelCall<object>, tensors) {
    const [table, index] = [inputs['table']!, inputs['index']!]
    const [rows, columns] = [index.shape[0]!, table.shape[1]!]
    const out = tensors.make([rows, columns])
    const addresses = [table, index, out].map((info) => tensors.address(info))
    tensors.engine.run(kernels.gather, tilesOf(rows, ROWS), [...addresses, rows, columns, 0])
    return out
  },

  LmScatter({ inputs, attrs }: KernelCall<{ rows: number }>, tensors) {
    const [x, index] = [inputs['x']!, inputs['index']!]
    const [count, columns] = x.shape as [number, number]
    const out = tensors.make([attrs.rows, columns])
    tensors.view(out).fill(0)
    const addresses = [out, index, x].map((info) => tensors.address(info))
    const args = [...addresses, count, columns]
    tensors.engine.run(kernels.scatter, tilesOf(columns, COLUMNS), args)
    return out
  },

  LmHeadLoss: headLoss,
}

interface DropoutAttributes {
  readonly scale: number
  readonly key: number
  readonly threshold: number
}

function attention(call: KernelCall<AttentionAttributes>, tensors: WasmTensors): TensorInfo[] {
  const q = call.inputs['q']!
  const { documents, keyValueHeads, heads } = call.attrs
  const [out, logSumExp] = [tensors.make(q.shape), tensors.make([q.shape[0]!, heads])]
  const args = attentionArguments(call, tensors, [out, logSumExp], [])
  tensors.engine.run(kernels.attention, documents * keyValueHeads, args)
  return [out, logSumExp]
}

function attentionGrad(call: KernelCall<AttentionAttributes>, tensors: WasmTensors): TensorInfo[] {
  const { inputs, attrs } = call
  const out = [inputs['q']!, inputs['k']!, inputs['v']!].map((info) => tensors.make(info.shape))
  const forward = [inputs['out']!, inputs['logSumExp']!]
  const args = attentionArguments(call, tensors, forward, [inputs['dy']!, ...out])
  tensors.engine.run(kernels.attentionGrad, attrs.documents * attrs.keyValueHeads, args)
  return out
}

interface AttentionAttributes extends AttentionShape {
  readonly documents: number
  readonly longest: number
  readonly scale: number
  /** With dropout only. */
  readonly threshold?: number
  readonly keepScale?: number
  readonly key?: number
}

function attentionArguments(
  { inputs, attrs }: KernelCall<AttentionAttributes>,
  tensors: WasmTensors,
  results: readonly TensorInfo[],
  gradients: readonly TensorInfo[],
): number[] {
  const { heads, keyValueHeads, headSize, causal, longest, scale } = attrs
  const keys = Math.ceil(longest / 8) * 8
  const size = Math.ceil(headSize / 8) * 8
  const floats = 3 * keys * size + 2 * BLOCK * keys + BLOCK * (Math.max(keys, size) + size)
  tensors.engine.reserveScratch(4 * floats + 1024)
  const order = ['q', 'k', 'v'].map((name) => tensors.address(inputs[name]!))
  const bounds = [inputs['queryBounds']!, inputs['keyBounds']!].map((info) => tensors.address(info))
  const shape = [heads, keyValueHeads, headSize, causal ? 1 : 0, scale]
  const [out, slopes] = [results, gradients].map((list) =>
    list.map((info) => tensors.address(info)),
  )
  // Four gradients or as many zeros; what dropout needs must always be there.
  while (slopes!.length < 4) slopes!.push(0)
  const { key = 0, threshold = 0, keepScale = 1 } = attrs
  return [...order, ...out!, ...bounds, ...shape, ...slopes!, key, threshold, keepScale]
}

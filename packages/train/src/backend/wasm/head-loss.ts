// Output layer with cross-entropy on the engine, by chunks of tokens: logits of a chunk, their
// softmax in place, then both gradients while the chunk is in the cache. The packed weights serve
// all chunks.
import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { KernelCall } from '../../ops/kernel.ts'
import { kernels } from './engine.ts'
import { multiplyPacked, packB } from './matmul.ts'
import type { WasmTensors } from './tensors.ts'

/** Tokens of one chunk: 256 x 50,257 logits are 51 MB. */
const CHUNK = 256

interface Attributes {
  readonly scale: number
  readonly gradient: boolean
}

/** [losses] or [losses, gradient of hidden, of weight, of bias (when there is one)]. */
export function headLoss(
  { inputs, attrs }: KernelCall<Attributes>,
  tensors: WasmTensors,
): TensorInfo[] {
  const { engine } = tensors
  const [hidden, weight, bias] = [inputs['hidden']!, inputs['weight']!, inputs['bias']]
  const [tokens, features] = hidden.shape as [number, number]
  const vocabulary = weight.shape[0]!
  const losses = tensors.make([tokens])
  const outputs = [losses]
  if (attrs.gradient) {
    outputs.push(tensors.make([tokens, features]), tensors.make([vocabulary, features]))
    if (bias) outputs.push(tensors.make([vocabulary]))
    if (tokens === 0) for (const info of outputs.slice(1)) tensors.view(info).fill(0)
  }
  const [lossesAt, byHidden, byWeight, byBias] = outputs.map((info) => tensors.address(info))
  const from = tensors.address(hidden)
  const targets = tensors.address(inputs['targets']!)
  const weights = tensors.address(weight)

  const logits = engine.allocate(Math.min(CHUNK, tokens) * vocabulary * 4)
  const forward = packB(engine, weights, features, vocabulary, true)
  const backward = attrs.gradient ? packB(engine, weights, vocabulary, features, false) : 0
  const sums = byBias === undefined ? 0 : engine.allocate(vocabulary * 4)

  for (let start = 0; start < tokens; start += CHUNK) {
    const rows = Math.min(CHUNK, tokens - start)
    const a = from + start * features * 4
    const shape = { a, b: 0, c: logits, rows, columns: vocabulary, depth: features }
    multiplyPacked(engine, forward, { ...shape, bias: bias ? tensors.address(bias) : 0 })
    const args = [logits, targets + start * 4, lossesAt! + start * 4, rows, vocabulary]
    engine.run(kernels.crossEntropy, rows, [...args, attrs.scale, attrs.gradient ? 1 : 0])
    if (!attrs.gradient) continue
    const c = byHidden! + start * features * 4
    const down = { a: logits, b: 0, c, rows, columns: features, depth: vocabulary }
    multiplyPacked(engine, backward, down)
    const packed = packB(engine, a, rows, features, false)
    const up = { a: logits, b: 0, c: byWeight!, rows: vocabulary, columns: features, depth: rows }
    multiplyPacked(engine, packed, { ...up, transposeA: true, add: start > 0 })
    engine.free(packed)
    if (byBias === undefined) continue
    engine.run(kernels.columnSum, Math.ceil(vocabulary / 16), [logits, sums, rows, vocabulary])
    if (start === 0) engine.floats(byBias, vocabulary).set(engine.floats(sums, vocabulary))
    else engine.run(kernels.add, Math.ceil(vocabulary / 16384), [byBias, sums, byBias, vocabulary])
  }
  for (const address of [logits, forward, backward, sums]) if (address !== 0) engine.free(address)
  return outputs
}

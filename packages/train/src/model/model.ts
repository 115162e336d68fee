// The model: embeddings, blocks and output layer over a flat stream of packed documents. There is no
// batch dimension and no padding: N tokens are [N, features] everywhere, and only attention and
// positions know where documents begin.
import { add, engine, keep, tanh, tensor, tidy, type Tensor } from '@tensorflow/tfjs-core'
import { activate } from '../ops/activation.ts'
import { attention, type Bounds } from '../ops/attention.ts'
import { dropout, placeKey } from '../ops/dropout.ts'
import { gatherRows } from '../ops/gather.ts'
import { linear } from '../ops/linear.ts'
import { norm } from '../ops/norm.ts'
import { rope, rotaryTable, type RotaryTable } from '../ops/rope.ts'
import type { ModelConfig } from './config.ts'
import { initialValues, parameterSpecs, type ParameterSpec } from './parameters.ts'
import { sinusoidalTable } from './sinusoidal.ts'

/** The tokens a forward pass reads. All tensors are int32. */
export interface Stream {
  /** [tokens] */
  readonly ids: Tensor
  /** [tokens], counted from 0 in every document. */
  readonly positions: Tensor
  /** [tokens], 0 or 1; only models with segments read it. By default all 0. */
  readonly segments?: Tensor | undefined
  readonly bounds: Bounds
  /** Drops what `config.dropout` says, by this key; without it nothing is dropped. */
  readonly dropoutKey?: number | undefined
}

/** Keys and values of one layer for tokens seen before, when generating. */
export interface LayerCache {
  readonly bounds: Bounds
  /** Appends this call's keys and values; gives all of them. */
  extend(layer: number, keys: Tensor, values: Tensor): { keys: Tensor; values: Tensor }
}

/** hidden [rows, features], weight [classes, features]. */
export interface HeadInputs {
  readonly hidden: Tensor
  readonly weight: Tensor
  readonly bias: Tensor | undefined
}

export interface Model {
  readonly config: ModelConfig
  readonly specs: readonly ParameterSpec[]
  /** In the order of `specs`; an optimiser may replace or overwrite them. */
  readonly parameters: Map<string, Tensor>
  /** Final hidden states [tokens, hiddenSize]. */
  encode(stream: Stream, cache?: LayerCache): Tensor
  /** What the output layer multiplies: transformed states, [vocabulary, hidden] weight, bias. */
  head(hidden: Tensor): HeadInputs
  /** The same for the first token of each document and the two labels of sentence pairs. */
  pairHead(first: Tensor): HeadInputs
  dispose(): void
}

/** A model with given values, or seeded initial ones. Lives on the active backend. */
export function createModel(
  config: ModelConfig,
  start: { seed: number } | { values: ReadonlyMap<string, Float32Array> },
): Model {
  const specs = parameterSpecs(config)
  const parameters = new Map<string, Tensor>()
  for (const spec of specs) {
    const values =
      'seed' in start ? initialValues(spec, config, start.seed) : start.values.get(spec.name)!
    parameters.set(spec.name, keep(tensor(values, spec.shape as number[])))
  }
  const tables = fixedTables(config)
  const get = (name: string): Tensor => parameters.get(name)!
  const project = (name: string, x: Tensor): Tensor =>
    linear(x, get(`${name}.weight`), parameters.get(`${name}.bias`))
  const normalise = (name: string, x: Tensor): Tensor =>
    norm(x, get(`${name}.weight`), parameters.get(`${name}.bias`), config.norm, config.normEpsilon)

  function embed({ ids, positions, segments, dropoutKey }: Stream): Tensor {
    let x = gatherRows(get('embedding.token'), ids)
    if (config.positions === 'learned') {
      const shifted = config.positionOffset === 0 ? positions : add(positions, tables.offset!)
      x = add(x, gatherRows(get('embedding.position'), shifted))
    } else if (tables.sinusoidal) {
      x = add(x, gatherRows(tables.sinusoidal, positions))
    }
    if (config.segmentTypes > 0) {
      const index = segments ?? zerosLike(ids)
      x = add(x, gatherRows(get('embedding.segment'), index))
    }
    const embedded = config.normPlacement === 'post' ? normalise('embedding.norm', x) : x
    return drop(embedded, dropoutKey, 'embedding', 0)
  }

  /** Places 0: embeddings; 3 x layer + 1, 2, 3: attention, its output, the feed-forward output. */
  function drop(
    x: Tensor,
    key: number | undefined,
    kind: 'embedding' | 'residual',
    place: number,
  ): Tensor {
    return key === undefined ? x : dropout(x, config.dropout[kind], placeKey(key, place))
  }

  function attend(layer: number, x: Tensor, stream: Stream, cache?: LayerCache): Tensor {
    const name = `layers.${layer}.attention`
    let q = project(`${name}.query`, x)
    let k = project(`${name}.key`, x)
    let v = project(`${name}.value`, x)
    if (tables.rotary) {
      q = rope(q, stream.positions, tables.rotary, config.heads)
      k = rope(k, stream.positions, tables.rotary, config.keyValueHeads)
    }
    if (cache) ({ keys: k, values: v } = cache.extend(layer, k, v))
    const { bounds, dropoutKey: key } = stream
    const rate = config.dropout.attention
    const drops = key === undefined ? undefined : { rate, key: placeKey(key, 3 * layer + 1) }
    const mixed = attention(q, k, v, config, bounds, cache?.bounds, drops)
    return drop(project(`${name}.out`, mixed), key, 'residual', 3 * layer + 2)
  }

  function feedForward(layer: number, x: Tensor, { dropoutKey }: Stream): Tensor {
    const name = `layers.${layer}.mlp`
    const up = project(`${name}.up`, x)
    const inner = config.gated
      ? activate(project(`${name}.gate`, x), config.activation, up)
      : activate(up, config.activation)
    return drop(project(`${name}.down`, inner), dropoutKey, 'residual', 3 * layer + 3)
  }

  function block(layer: number, x: Tensor, stream: Stream, cache?: LayerCache): Tensor {
    const [first, second] = [`layers.${layer}.attention.norm`, `layers.${layer}.mlp.norm`]
    if (config.normPlacement === 'pre') {
      const mixed = add(x, attend(layer, normalise(first, x), stream, cache))
      return add(mixed, feedForward(layer, normalise(second, mixed), stream))
    }
    const mixed = normalise(first, add(x, attend(layer, x, stream, cache)))
    return normalise(second, add(mixed, feedForward(layer, mixed, stream)))
  }

  return {
    config,
    specs,
    parameters,
    encode(stream, cache) {
      let x = embed(stream)
      for (let layer = 0; layer < config.layers; layer++) x = block(layer, x, stream, cache)
      return config.normPlacement === 'pre' ? normalise('final.norm', x) : x
    },
    head(hidden) {
      const weight = get(config.tiedHead ? 'embedding.token' : 'head.weight')
      if (config.causal) return { hidden, weight, bias: undefined }
      const transformed = activate(project('head.transform', hidden), config.activation)
      return { hidden: normalise('head.norm', transformed), weight, bias: get('head.bias') }
    },
    pairHead(first) {
      const hidden = tanh(project('pooler', first))
      return { hidden, weight: get('pair.weight'), bias: get('pair.bias') }
    },
    dispose() {
      for (const parameter of parameters.values()) parameter.dispose()
      for (const table of [tables.offset, tables.sinusoidal]) table?.dispose()
      tables.rotary?.cosines.dispose()
      tables.rotary?.sines.dispose()
    },
  }
}

interface FixedTables {
  readonly rotary: RotaryTable | undefined
  readonly sinusoidal: Tensor | undefined
  readonly offset: Tensor | undefined
}

function fixedTables(config: ModelConfig): FixedTables {
  const { maxPositions, headSize, ropeTheta, positions, positionOffset } = config
  const rotary = positions === 'rotary' ? rotaryTable(maxPositions, headSize, ropeTheta) : undefined
  if (rotary) [rotary.cosines, rotary.sines].map((table) => keep(table))
  const sinusoidal =
    positions === 'sinusoidal' ? keep(sinusoidalTable(maxPositions, config.hiddenSize)) : undefined
  const offset = positionOffset > 0 ? keep(tensor(positionOffset, [], 'int32')) : undefined
  return { rotary, sinusoidal, offset }
}

function zerosLike(ids: Tensor): Tensor {
  return tensor(new Int32Array(ids.size), ids.shape, 'int32')
}

/** The value of `loss` and its gradient for every parameter, in the order of `model.specs`. */
export function lossAndGradients(
  model: Model,
  loss: () => Tensor,
): { loss: Tensor; gradients: Tensor[] } {
  const inputs = [...model.parameters.values()]
  return tidy(() => {
    const { value, grads } = engine().gradients(loss, inputs)
    return { loss: value, gradients: grads }
  })
}

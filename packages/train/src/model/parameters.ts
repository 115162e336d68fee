// Names, shapes and first values of a model's parameters. Matrices are [in, out]; embeddings and an
// untied head are [rows, features]. Initial values follow GPT-2: normal with deviation
// `initializerRange`, projections into the residual stream divided by sqrt(2 x layers).
import { mix32, seeded, type Random } from '@shardmill/core/random'
import type { ModelConfig } from './config.ts'

export interface ParameterSpec {
  readonly name: string
  readonly shape: readonly number[]
  readonly start: 'normal' | 'residual' | 'zeros' | 'ones'
}

/** All parameters in a fixed order. */
export function parameterSpecs(config: ModelConfig): ParameterSpec[] {
  const { hiddenSize: hidden, intermediateSize: inner, keyValueHeads, headSize } = config
  const specs: ParameterSpec[] = []
  const add = (name: string, shape: number[], start: ParameterSpec['start']): void =>
    void specs.push({ name, shape, start })
  const addLinear = (name: string, from: number, to: number, residual = false): void => {
    add(`${name}.weight`, [from, to], residual ? 'residual' : 'normal')
    if (config.bias) add(`${name}.bias`, [to], 'zeros')
  }
  const addNorm = (name: string): void => {
    add(`${name}.weight`, [hidden], 'ones')
    if (config.norm === 'layerNorm') add(`${name}.bias`, [hidden], 'zeros')
  }

  add('embedding.token', [config.vocabSize, hidden], 'normal')
  if (config.positions === 'learned') {
    add('embedding.position', [config.maxPositions + config.positionOffset, hidden], 'normal')
  }
  if (config.segmentTypes > 0) add('embedding.segment', [config.segmentTypes, hidden], 'normal')
  if (config.normPlacement === 'post') addNorm('embedding.norm')
  for (let i = 0; i < config.layers; i++) {
    const layer = `layers.${i}`
    addNorm(`${layer}.attention.norm`)
    addLinear(`${layer}.attention.query`, hidden, hidden)
    addLinear(`${layer}.attention.key`, hidden, keyValueHeads * headSize)
    addLinear(`${layer}.attention.value`, hidden, keyValueHeads * headSize)
    addLinear(`${layer}.attention.out`, hidden, hidden, true)
    addNorm(`${layer}.mlp.norm`)
    if (config.gated) addLinear(`${layer}.mlp.gate`, hidden, inner)
    addLinear(`${layer}.mlp.up`, hidden, inner)
    addLinear(`${layer}.mlp.down`, inner, hidden, true)
  }
  if (config.normPlacement === 'pre') addNorm('final.norm')
  if (!config.causal) {
    addLinear('head.transform', hidden, hidden)
    addNorm('head.norm')
    add('head.bias', [config.vocabSize], 'zeros')
  }
  if (config.pairHead) {
    addLinear('pooler', hidden, hidden)
    add('pair.weight', [2, hidden], 'normal')
    add('pair.bias', [2], 'zeros')
  }
  if (!config.tiedHead) add('head.weight', [config.vocabSize, hidden], 'normal')
  return specs
}

/** Seeded initial values; each tensor has its own stream, so sizes elsewhere do not change it. */
export function initialValues(
  spec: ParameterSpec,
  config: ModelConfig,
  seed: number,
): Float32Array {
  const values = new Float32Array(sizeOf(spec.shape))
  if (spec.start === 'ones') return values.fill(1)
  if (spec.start === 'zeros') return values
  const range = config.initializerRange
  const deviation = spec.start === 'residual' ? range / Math.sqrt(2 * config.layers) : range
  let key = seed
  for (let i = 0; i < spec.name.length; i++) key = mix32(key ^ spec.name.charCodeAt(i))
  fillNormal(values, seeded(key), deviation)
  return values
}

/** Normal numbers by pairs (Box and Muller 1958). */
function fillNormal(values: Float32Array, random: Random, deviation: number): void {
  for (let i = 0; i < values.length; i += 2) {
    const radius = deviation * Math.sqrt(-2 * Math.log(1 - random.next()))
    const angle = 2 * Math.PI * random.next()
    values[i] = radius * Math.cos(angle)
    if (i + 1 < values.length) values[i + 1] = radius * Math.sin(angle)
  }
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1)
}

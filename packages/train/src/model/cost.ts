// What a model costs: parameters, arithmetic and memory, told before the first step.
import type { ModelConfig } from './config.ts'
import { parameterSpecs, sizeOf } from './parameters.ts'

export interface ModelCost {
  readonly parameters: number
  /** Without embeddings: what enters the 6 N rule. */
  readonly matrixParameters: number
  /** Forward and backward, at documents of `attended` tokens on average. */
  readonly flopsPerToken: number
}

/** Counts as in PaLM's appendix B: 6 per matrix weight and token, 12 x layers x hidden x span for
 * attention, halved when causal. */
export function modelCost(config: ModelConfig, attended: number): ModelCost {
  const specs = parameterSpecs(config)
  const count = (list: typeof specs): number =>
    list.reduce((sum, spec) => sum + sizeOf(spec.shape), 0)
  const matrices = specs.filter(
    ({ name, shape }) => shape.length === 2 && !/^(embedding|pooler|pair)\./.test(name),
  )
  const head = config.tiedHead ? config.vocabSize * config.hiddenSize : 0
  const matrixParameters = count(matrices) + head
  const attention = 12 * config.layers * config.hiddenSize * attended * (config.causal ? 0.5 : 1)
  return {
    parameters: count(specs),
    matrixParameters,
    flopsPerToken: 6 * matrixParameters + attention,
  }
}

/**
 * Bytes a training step needs on the backend: parameters, gradients and two moments, then what the
 * forward pass keeps and the backward pass makes (all of it lives until the step ends), and one
 * chunk of logits with the packed head. Gaps between buffers add 4 to 18 %. Measured runs of the
 * wasm provider stay within a fifth of it (test/memory.test.ts); Node itself adds about 100 MiB.
 */
export function trainingBytes(config: ModelConfig, tokens: number): number {
  const { hiddenSize, intermediateSize, layers, vocabSize, heads, headSize, keyValueHeads } = config
  const { parameters } = modelCost(config, 0)
  const narrow = keyValueHeads * headSize
  const wide = config.gated ? 3 : 2
  const dropped = config.dropout.residual > 0 ? 2 * hiddenSize : 0
  const kept = 6 * hiddenSize + dropped + 2 * narrow + wide * intermediateSize + heads
  const activations = 2 * layers * tokens * kept
  const head = Math.min(tokens, 256) * vocabSize + 2 * vocabSize * hiddenSize
  return 8 * 2 ** 20 + 1.15 * 4 * (4 * parameters + activations + head)
}

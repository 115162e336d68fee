// One configurable transformer block covers GPT-2, LLaMA, BERT and RoBERTa. A family fixes what its
// checkpoints in transformers fix; sizes are free. Presets are named sizes.
import { z } from 'zod'
import { ConfigError } from '@shardmill/core/errors'
import type { Activation } from '../ops/activation.ts'
import type { NormKind } from '../ops/norm.ts'

export type Family = 'gpt2' | 'llama' | 'bert' | 'roberta'

/** Rates by place, as transformers names them: embd_pdrop, resid_pdrop, attn_pdrop. */
export interface DropoutRates {
  /** After the embeddings. */
  readonly embedding: number
  /** What attention and the feed-forward layer add to the residual stream. */
  readonly residual: number
  /** Attention probabilities. */
  readonly attention: number
}

export const noDropout: DropoutRates = { embedding: 0, residual: 0, attention: 0 }

/** What a family fixes. */
export interface FamilyTraits {
  readonly positions: 'learned' | 'rotary'
  readonly norm: NormKind
  /** Before each sublayer (Xiong et al. 2020), or after its residual sum (Vaswani et al. 2017). */
  readonly normPlacement: 'pre' | 'post'
  readonly activation: Activation
  /** SwiGLU: a second projection multiplies the activated one. */
  readonly gated: boolean
  readonly bias: boolean
  readonly causal: boolean
  readonly tiedHead: boolean
  readonly normEpsilon: number
  /** RoBERTa counts positions from padding id + 1. */
  readonly positionOffset: number
  /** Rows of the segment embedding; 0 for none. */
  readonly segmentTypes: number
}

const gpt2: FamilyTraits = {
  positions: 'learned',
  norm: 'layerNorm',
  normPlacement: 'pre',
  activation: 'geluTanh',
  gated: false,
  bias: true,
  causal: true,
  tiedHead: true,
  normEpsilon: 1e-5,
  positionOffset: 0,
  segmentTypes: 0,
}

const bert: FamilyTraits = {
  ...gpt2,
  normPlacement: 'post',
  activation: 'gelu',
  causal: false,
  normEpsilon: 1e-12,
  segmentTypes: 2,
}

export const families: Readonly<Record<Family, FamilyTraits>> = {
  gpt2,
  llama: {
    ...gpt2,
    positions: 'rotary',
    norm: 'rmsNorm',
    activation: 'silu',
    gated: true,
    bias: false,
    tiedHead: false,
  },
  bert,
  roberta: { ...bert, normEpsilon: 1e-5, positionOffset: 2, segmentTypes: 1 },
}

const size = z.int().min(1)
const rate = z.number().min(0).max(0.9).default(0)

/** Sizes of a model; everything but `family` has a default or follows from another size. */
export const modelSchema = z.strictObject({
  family: z
    .enum(['gpt2', 'llama', 'bert', 'roberta'])
    .describe('Architecture, and the layout that transformers loads.'),
  vocabSize: size.optional().describe("Tokens of the vocabulary; by default the shards' own."),
  hiddenSize: size.default(256).describe('Features of a token between layers.'),
  layers: size.default(4).describe('Transformer blocks.'),
  heads: size.default(4).describe('Attention heads; they divide `hiddenSize`.'),
  keyValueHeads: size
    .optional()
    .describe(
      'Heads of keys and values; fewer than `heads` are shared by groups of queries (LLaMA only).',
    ),
  intermediateSize: size
    .optional()
    .describe(
      'Width inside the MLP; by default 4 x hiddenSize, for SwiGLU 8/3, rounded up to a multiple of 32.',
    ),
  maxPositions: size
    .optional()
    .describe("Longest document the model can place; by default the shards' sequence length."),
  positions: z
    .enum(['learned', 'sinusoidal', 'rotary'])
    .optional()
    .describe(
      'How a token knows its place: `sinusoidal` puts a fixed table in place of the learned one (GPT-2, BERT, RoBERTa); LLaMA is `rotary`.',
    ),
  tiedHead: z
    .boolean()
    .optional()
    .describe(
      'Whether the output layer is the token embedding; by default as in the published models.',
    ),
  ropeTheta: z
    .number()
    .positive()
    .default(10_000)
    .describe('Base of the rotary wavelengths (LLaMA only).'),
  normEpsilon: z
    .number()
    .positive()
    .optional()
    .describe("Added to variances before division; by default the family's."),
  pairHead: z
    .boolean()
    .default(false)
    .describe('Pooler and classifier of sentence pairs; set by `objective.pairs` (BERT only).'),
  dropout: z
    .strictObject({
      embedding: rate.describe('Share dropped of the embeddings.'),
      residual: rate.describe('Share dropped of what a layer adds.'),
      attention: rate.describe('Share dropped of the attention weights.'),
    })
    .optional()
    .describe('In training only; see `dropout` of a training file.'),
  initializerRange: z
    .number()
    .positive()
    .default(0.02)
    .describe('Standard deviation of the first weights.'),
})

export type ModelOptions = z.input<typeof modelSchema>

/** A model with every choice made. */
export interface ModelConfig extends Omit<FamilyTraits, 'positions'> {
  readonly family: Family
  readonly positions: 'learned' | 'sinusoidal' | 'rotary'
  readonly vocabSize: number
  readonly hiddenSize: number
  readonly layers: number
  readonly heads: number
  readonly keyValueHeads: number
  readonly headSize: number
  readonly intermediateSize: number
  readonly maxPositions: number
  readonly ropeTheta: number
  readonly pairHead: boolean
  readonly dropout: DropoutRates
  readonly initializerRange: number
}

/** Named sizes. Vocabulary and positions follow the shards unless the name is a published model's. */
export const presets: Readonly<Record<string, ModelOptions>> = {
  'gpt-tiny': { family: 'gpt2', hiddenSize: 128, layers: 4, heads: 4 },
  'gpt-small': { family: 'gpt2', hiddenSize: 256, layers: 4, heads: 4 },
  'gpt2-124m': { family: 'gpt2', hiddenSize: 768, layers: 12, heads: 12 },
  'gpt2-355m': { family: 'gpt2', hiddenSize: 1024, layers: 24, heads: 16 },
  'llama-tiny': { family: 'llama', hiddenSize: 128, layers: 4, heads: 4, keyValueHeads: 2 },
  'llama-110m': { family: 'llama', hiddenSize: 768, layers: 12, heads: 12, tiedHead: true },
  'bert-tiny': { family: 'bert', hiddenSize: 128, layers: 2, heads: 2 },
  'bert-tiny-zh': { family: 'bert', hiddenSize: 312, layers: 4, heads: 12, intermediateSize: 1200 },
  'bert-base': { family: 'bert', hiddenSize: 768, layers: 12, heads: 12 },
  'roberta-tiny': { family: 'roberta', hiddenSize: 128, layers: 2, heads: 2 },
  'roberta-base': { family: 'roberta', hiddenSize: 768, layers: 12, heads: 12 },
}

/** Fills in what follows from the family and the data; throws `ConfigError` on sizes that clash. */
export function resolveModel(
  options: ModelOptions,
  data: { vocabSize: number; sequenceLength: number },
): ModelConfig {
  const parsed = modelSchema.parse(options)
  const traits = families[parsed.family]
  const { hiddenSize, heads } = parsed
  const keyValueHeads = parsed.keyValueHeads ?? heads
  if (hiddenSize % heads !== 0) {
    const hint = 'choose `hiddenSize` as a multiple of `heads`'
    throw new ConfigError(`model: \`hiddenSize\` ${hiddenSize} does not divide by ${heads} heads`, {
      hint,
    })
  }
  if (heads % keyValueHeads !== 0) {
    throw new ConfigError(
      `model: ${heads} heads do not divide by ${keyValueHeads} \`keyValueHeads\``,
    )
  }
  if (keyValueHeads !== heads && parsed.family !== 'llama') {
    throw new ConfigError(`model: \`keyValueHeads\` needs the llama family, got ${parsed.family}`)
  }
  const positions = parsed.positions ?? traits.positions
  if ((positions === 'rotary') !== (traits.positions === 'rotary')) {
    throw new ConfigError(`model: the ${parsed.family} family has no ${positions} positions`)
  }
  if (parsed.pairHead && parsed.family !== 'bert') {
    throw new ConfigError(`model: sentence pairs need the bert family, got ${parsed.family}`)
  }
  const headSize = hiddenSize / heads
  if (positions === 'rotary' && headSize % 2 !== 0) {
    throw new ConfigError(`model: rotary positions need an even head size, got ${headSize}`)
  }
  const vocabSize = parsed.vocabSize ?? data.vocabSize
  if (vocabSize < data.vocabSize) {
    throw new ConfigError(
      `model: \`vocabSize\` ${vocabSize} is below the shards' ${data.vocabSize}`,
      {
        hint: "leave it out to take the shards' vocabulary, or pack with the model's tokenizer",
      },
    )
  }
  const maxPositions = parsed.maxPositions ?? data.sequenceLength
  if (maxPositions < data.sequenceLength) {
    throw new ConfigError(
      `model: \`maxPositions\` ${maxPositions} is below the shards' rows of ${data.sequenceLength} tokens`,
      { hint: 'raise it, or pack shorter rows; sentence pairs add three tokens' },
    )
  }
  const usual = traits.gated ? Math.ceil((hiddenSize * 8) / 3 / 32) * 32 : hiddenSize * 4
  return {
    ...traits,
    family: parsed.family,
    positions,
    vocabSize,
    hiddenSize,
    layers: parsed.layers,
    heads,
    keyValueHeads,
    headSize,
    intermediateSize: parsed.intermediateSize ?? usual,
    maxPositions,
    tiedHead: parsed.tiedHead ?? traits.tiedHead,
    normEpsilon: parsed.normEpsilon ?? traits.normEpsilon,
    ropeTheta: parsed.ropeTheta,
    pairHead: parsed.pairHead,
    dropout: { ...noDropout, ...parsed.dropout },
    initializerRange: parsed.initializerRange,
  }
}

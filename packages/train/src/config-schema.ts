// The keys of a training file, with every default.
import { z } from 'zod'
import { modelSchema, noDropout, presets } from './model/config.ts'

const count = z.int().min(1)
const share = z.number().min(0).max(1)
const dropRate = z.number().min(0).max(0.9)

const dataSet = z.strictObject({
  /** A folder of packed shards, or one file. */
  path: z.string(),
  weight: z.number().positive().default(1),
})

const maskedSchema = z.strictObject({
  kind: z.literal('mlm'),
  /** Share of the tokens that is predicted. */
  rate: z.number().min(0.01).max(0.9).default(0.15),
  /** What is masked together; `word` needs shards with word starts. */
  unit: z.enum(['token', 'word', 'span']).default('word'),
  /** Id of the mask token; by default the tokenizer's [MASK] or <mask>. */
  maskId: z.int().min(0).optional(),
  /**
   * A second loss on sentence pairs, `[CLS] A [SEP] B [SEP]` (BERT only): `nsp` tells real from
   * random continuations, `sop` the order of the two halves.
   */
  pairs: z.enum(['none', 'nsp', 'sop']).default('none'),
  /** Ids around pairs; by default the tokenizer's [CLS] and [SEP], or <s> and </s>. */
  clsId: z.int().min(0).optional(),
  sepId: z.int().min(0).optional(),
})

export const objectiveSchema = z.union([
  z.literal('clm').transform(() => ({ kind: 'clm' as const })),
  z.literal('mlm').transform(() => maskedSchema.parse({ kind: 'mlm' })),
  z.strictObject({ kind: z.literal('clm') }),
  maskedSchema,
])

export const trainSchema = z.strictObject({
  /** By default the file's name. */
  name: z.string().optional(),
  seed: z.int().default(1),
  data: z.union([
    z.string().transform((path) => [{ path, weight: 1 }]),
    dataSet.transform((one) => [one]),
    z.array(dataSet).min(1),
  ]),
  /** tokenizer.json of the shards; by default looked for beside them. */
  tokenizer: z.string().optional(),
  /** By default shards/<name>. */
  output: z.string().optional(),
  model: z.union([
    z.enum(Object.keys(presets) as [string, ...string[]]).transform((name) => presets[name]!),
    modelSchema,
  ]),
  objective: objectiveSchema.default({ kind: 'clm' }),
  backend: z.enum(['auto', 'torch', 'tfjs-node-gpu', 'webgpu', 'wasm', 'cpu']).default('auto'),
  /** `cuda:0` or `cpu` for torch; by default the provider's choice. */
  device: z
    .union([z.enum(['auto', 'cpu']), z.templateLiteral(['cuda:', z.int().min(0)])])
    .default('auto'),
  /** What activations are computed in; `bfloat16` needs torch. Parameters are float32 always. */
  precision: z.enum(['float32', 'bfloat16']).default('float32'),
  /**
   * Shares dropped in training: one for all places, or { embedding, residual, attention }. 0 suits
   * one pass over much text; BERT's papers use 0.1. On `wasm` and `cpu`.
   */
  dropout: z
    .union([
      dropRate.transform((rate) => ({ embedding: rate, residual: rate, attention: rate })),
      z.strictObject({
        embedding: dropRate.default(0),
        residual: dropRate.default(0),
        attention: dropRate.default(0),
      }),
    ])
    .default(noDropout),
  threads: z.union([z.literal('auto'), count]).default('auto'),
  /** Fused multiply-add: faster, but bits may differ between machines. */
  relaxed: z.boolean().default(true),
  steps: count.default(1000),
  /** Rows of one forward pass; memory grows with it. */
  batchRows: count.default(8),
  /** Forward passes of one step. */
  accumulate: count.default(1),
  shuffle: z.boolean().default(true),
  optimizer: z
    .strictObject({
      learningRate: z.number().positive().default(1e-3),
      beta1: share.default(0.9),
      beta2: share.default(0.95),
      epsilon: z.number().positive().default(1e-8),
      weightDecay: z.number().min(0).default(0.1),
      clipNorm: z.number().min(0).default(1),
    })
    .prefault({}),
  schedule: z
    .strictObject({
      shape: z.enum(['cosine', 'linear', 'wsd', 'constant']).default('cosine'),
      warmupSteps: z.int().min(0).default(20),
      /** Share of the peak that is left at the end. */
      final: share.default(0.1),
      /** `wsd`: share of the steps spent decaying. */
      decayShare: share.default(0.2),
    })
    .prefault({}),
  validation: z
    .strictObject({
      /** Packed shards of their own; without it a share of the rows is held out. */
      path: z.string().optional(),
      share: share.default(0.02),
      everySteps: count.default(100),
      /** At most so many rows each time. */
      rows: count.default(64),
    })
    .prefault({}),
  checkpoint: z
    .strictObject({ everySteps: count.default(200), keep: count.default(2) })
    .prefault({}),
  /** Text written during training (CLM only). */
  sample: z
    .strictObject({
      everySteps: count,
      prompt: z.string().default(''),
      tokens: count.default(40),
    })
    .optional(),
  logEverySteps: count.default(10),
})

export type TrainFile = z.output<typeof trainSchema>
export type ObjectiveOptions = TrainFile['objective']

/** A checked training file. */
export interface TrainConfig extends TrainFile {
  readonly name: string
  /** Absolute. */
  readonly output: string
}

// The keys of a training file, with every default.
import { z } from 'zod'
import { modelSchema, noDropout, presets } from './model/config.ts'

const count = z.int().min(1)
const share = z.number().min(0).max(1)
const dropRate = z.number().min(0).max(0.9)

const dataSet = z.strictObject({
  path: z.string().describe('A folder of packed shards, or one file.'),
  weight: z
    .number()
    .positive()
    .default(1)
    .describe('How often its rows come, relative to the other data sets.'),
})

const maskedSchema = z.strictObject({
  kind: z.literal('mlm').describe('Masked language modelling.'),
  rate: z
    .number()
    .min(0.01)
    .max(0.9)
    .default(0.15)
    .describe('Share of the tokens that is predicted.'),
  unit: z
    .enum(['token', 'word', 'span'])
    .default('word')
    .describe('What is masked together; `word` needs shards with word starts.'),
  maskId: z
    .int()
    .min(0)
    .optional()
    .describe('Id of the mask token; by default that of [MASK] or <mask>.'),
  pairs: z
    .enum(['none', 'nsp', 'sop'])
    .default('none')
    .describe(
      'A second loss on sentence pairs, `[CLS] A [SEP] B [SEP]` (BERT only): `nsp` tells real from random continuations, `sop` the order of the two halves.',
    ),
  clsId: z
    .int()
    .min(0)
    .optional()
    .describe('Id of the token before a pair; by default that of [CLS] or <s>.'),
  sepId: z
    .int()
    .min(0)
    .optional()
    .describe('Id of the token behind each half of a pair; by default that of [SEP] or </s>.'),
})

export const objectiveSchema = z.union([
  z.literal('clm').transform(() => ({ kind: 'clm' as const })),
  z.literal('mlm').transform(() => maskedSchema.parse({ kind: 'mlm' })),
  z.strictObject({ kind: z.literal('clm').describe('The next token.') }),
  maskedSchema,
])

export const trainSchema = z.strictObject({
  name: z.string().optional().describe("Name of the run; by default the file's name."),
  seed: z
    .int()
    .default(1)
    .describe(
      'Every random decision follows from it: first weights, order of rows, masks, dropout.',
    ),
  data: z
    .union([
      z.string().transform((path) => [{ path, weight: 1 }]),
      dataSet.transform((one) => [one]),
      z.array(dataSet).min(1),
    ])
    .describe(
      'Packed shards: a folder, or several with weights. Row length and vocabulary are theirs.',
    ),
  tokenizer: z
    .string()
    .optional()
    .describe('tokenizer.json of the shards; by default looked for beside them.'),
  output: z.string().optional().describe('Folder of the run; by default shards/<name>.'),
  model: z
    .union([
      z.enum(Object.keys(presets) as [string, ...string[]]).transform((name) => presets[name]!),
      // What is left out follows from keys of the file itself.
      modelSchema.omit({ pairHead: true, dropout: true }),
    ])
    .describe('A named size, or sizes of your own.'),
  objective: objectiveSchema
    .default({ kind: 'clm' })
    .describe(
      '`clm`, the default: the next token (GPT-2, LLaMA). `mlm`: masked tokens (BERT, RoBERTa).',
    ),
  backend: z
    .enum(['auto', 'torch', 'tfjs-node-gpu', 'webgpu', 'wasm', 'cpu'])
    .default('auto')
    .describe('What computes; `auto` takes the first that loads and says which.'),
  device: z
    .union([z.enum(['auto', 'cpu']), z.templateLiteral(['cuda:', z.int().min(0)])])
    .default('auto')
    .describe('`cuda:0`, `cuda:1`, … or `cpu` for torch; `auto` leaves it to the provider.'),
  precision: z
    .enum(['float32', 'bfloat16'])
    .default('float32')
    .describe(
      'What activations are computed in; `bfloat16` needs torch. Parameters are float32 always.',
    ),
  dropout: z
    .union([
      dropRate.transform((rate) => ({ embedding: rate, residual: rate, attention: rate })),
      z.strictObject({
        embedding: dropRate.default(0).describe('Share dropped of the embeddings.'),
        residual: dropRate.default(0).describe('Share dropped of what a layer adds.'),
        attention: dropRate.default(0).describe('Share dropped of the attention weights.'),
      }),
    ])
    .default(noDropout)
    .describe(
      "Shares dropped in training, by default none: one for all places, or by place. BERT's papers use 0.1; one pass over much text needs none. On `wasm` and `cpu`.",
    ),
  threads: z
    .union([z.literal('auto'), count])
    .default('auto')
    .describe('Threads on the processor; `auto` is one per core. Never changes a bit on `wasm`.'),
  relaxed: z
    .boolean()
    .default(true)
    .describe('Fused multiply-add on `wasm`: faster, but bits may differ between machines.'),
  steps: count.default(1000).describe('Updates of the weights in the whole run.'),
  batchRows: count.default(8).describe('Rows of one forward pass; memory grows with it.'),
  accumulate: count
    .default(1)
    .describe('Forward passes of one step; the gradient is that of all their rows.'),
  shuffle: z
    .boolean()
    .default(true)
    .describe('Another order of the rows in every epoch, instead of that of the shards.'),
  optimizer: z
    .strictObject({
      learningRate: z
        .number()
        .positive()
        .default(1e-3)
        .describe('Highest learning rate, reached at the end of the warm-up.'),
      beta1: share.default(0.9).describe('Decay of the mean of the gradients.'),
      beta2: share.default(0.95).describe('Decay of the mean of their squares.'),
      epsilon: z
        .number()
        .positive()
        .default(1e-8)
        .describe('Added to the root of that mean before division.'),
      weightDecay: z
        .number()
        .min(0)
        .default(0.1)
        .describe(
          'Share of a matrix taken off per unit of learning rate; norms and biases keep theirs.',
        ),
      clipNorm: z
        .number()
        .min(0)
        .default(1)
        .describe('Longer gradients are shortened to this length; 0 never clips.'),
    })
    .prefault({})
    .describe('AdamW, and what goes into it.'),
  schedule: z
    .strictObject({
      shape: z
        .enum(['cosine', 'linear', 'wsd', 'constant'])
        .default('cosine')
        .describe('What follows the warm-up; `wsd` stays at the peak and decays at the end.'),
      warmupSteps: z
        .int()
        .min(0)
        .default(20)
        .describe('Steps in which the rate rises from 0 to its peak.'),
      final: share.default(0.1).describe('Share of the peak that is left at the end.'),
      decayShare: share.default(0.2).describe('`wsd`: share of the steps spent decaying.'),
    })
    .prefault({})
    .describe('How the learning rate goes.'),
  validation: z
    .strictObject({
      path: z
        .string()
        .optional()
        .describe('Packed shards of their own; without it a share of the rows is held out.'),
      share: share.default(0.02).describe('Share of the rows that is held out.'),
      everySteps: count.default(100).describe('Steps between validations.'),
      rows: count.default(64).describe('At most so many held-out rows each time.'),
    })
    .prefault({})
    .describe('Loss on rows that are not trained on.'),
  checkpoint: z
    .strictObject({
      everySteps: count.default(200).describe('Steps between checkpoints.'),
      keep: count.default(2).describe('How many checkpoints stay; older ones are removed.'),
    })
    .prefault({})
    .describe('What a stopped run goes on from.'),
  sample: z
    .strictObject({
      everySteps: count.describe('Steps between samples.'),
      prompt: z.string().default('').describe('Text to go on from; empty begins a document.'),
      tokens: count.default(40).describe('At most so many tokens each time.'),
    })
    .optional()
    .describe('Text written during training (CLM only).'),
  logEverySteps: count.default(10).describe('Steps between lines of the log.'),
})

export type TrainFile = z.output<typeof trainSchema>
export type ObjectiveOptions = TrainFile['objective']

/** A checked training file. */
export interface TrainConfig extends TrainFile {
  readonly name: string
  /** Absolute. */
  readonly output: string
}

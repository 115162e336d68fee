// What a tokenizer training file may say. Every default is here; strict objects refuse unknown keys.
import { z } from 'zod'
import { preTokenizerNames } from './pretokenize/index.ts'

export const modelNames = [
  'byte-level-bpe',
  'character-bpe',
  'wordpiece-bpe',
  'wordpiece-likelihood',
  'unigram',
] as const

export const normalizerNames = [
  'none',
  'nfc',
  'nfkc',
  'bert',
  'bert-cased',
  'sentencepiece',
] as const

function isExpression(source: string): boolean {
  try {
    return new RegExp(source, 'u') instanceof RegExp
  } catch {
    return false
  }
}

const input = z.strictObject({
  /** A path or glob: text, JSON lines (`.jsonl`), Arrow shards (`.arrow`); `.gz` is unpacked. */
  path: z.string().min(1),
  format: z.enum(['auto', 'text', 'jsonl', 'arrow']).default('auto'),
  /** Field or column that holds the text. */
  field: z.string().default('text'),
  /** Language of everything in it; else the `lang` field of each document. */
  lang: z.string().default(''),
  /** Every count is multiplied by this. */
  weight: z.number().positive().default(1),
  /** Share of lines or documents to read, drawn by a hash of their content and `seed`. */
  sample: z.number().positive().max(1).default(1),
})

export const trainingSchema = z.strictObject({
  name: z.string().min(1).default('tokenizer'),
  /** Folder for tokenizer.json and training.json. */
  output: z.string().optional(),
  seed: z.int().min(0).default(1),
  input: z
    .union([z.string(), z.array(z.union([z.string(), input]))], {
      error: 'expected a path or a list of paths',
    })
    .transform((value) => (typeof value === 'string' ? [value] : value))
    .transform((list) =>
      list.map((one) => (typeof one === 'string' ? input.parse({ path: one }) : one)),
    ),
  model: z.enum(modelNames).default('byte-level-bpe'),
  vocabSize: z
    .int()
    .min(1)
    .max(2 ** 21)
    .default(32_000),
  /** Default by model: gpt2, whitespace-split, bert, metaspace. */
  preTokenizer: z.enum(preTokenizerNames).optional(),
  /** Default by model: none, none, bert, sentencepiece. */
  normalizer: z.enum(normalizerNames).optional(),
  specialTokens: z.array(z.string().min(1)).default([]),
  /** `line`: every line is a text of its own, its line end included, as HF trains on files. */
  unit: z.enum(['line', 'document']).default('line'),
  minFrequency: z.number().min(0).default(0),
  /** `bytes`: all 256; the default of byte-level BPE. */
  initialAlphabet: z.union([z.literal('bytes'), z.array(z.string().min(1))]).optional(),
  limitAlphabet: z.int().min(0).default(0),
  maxTokenLength: z.int().min(0).default(0),
  /** A tokenizer.json whose merges come first, in their order. */
  initialMerges: z.string().optional(),
  /** Merges whose token (as text) matches one of these expressions are refused. */
  refuseMerges: z
    .array(z.string().refine(isExpression, { error: 'not a regular expression' }))
    .default([]),
  /** Counts of a language are multiplied by its weight (1 when not named). */
  languageWeights: z.record(z.string(), z.number().positive()).default({}),
  /** Cuts runs of Han at this many characters while counting; 0 leaves them whole. */
  hanMaxRun: z.int().min(0).default(0),
  /** Cuts at the word ends of the segmenter in Chinese, Japanese, Thai, Lao, Khmer, Burmese. */
  segment: z.boolean().default(false),
  /** Unigram: pieces before pruning. */
  seedSize: z.int().min(1).default(1_000_000),
  /** Memory that counting and merging aim at; more words are spilled to disk, then rare ones dropped. */
  memoryMB: z.int().min(64).default(2048),
  workers: z.union([z.literal('auto'), z.int().min(1).max(256)]).default(1),
})

/** Names of all options, and of those of one input. */
export const trainingKeys: readonly string[] = Object.keys(trainingSchema.shape)
export const inputKeys: readonly string[] = Object.keys(input.shape)

export type TrainingConfig = z.output<typeof trainingSchema>
export type TrainingOptions = z.input<typeof trainingSchema>
export type TrainingInput = z.output<typeof input>

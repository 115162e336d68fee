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
  path: z
    .string()
    .min(1)
    .describe(
      'A path or glob: text, JSON lines (`.jsonl`), Arrow shards (`.arrow`); `.gz` is unpacked.',
    ),
  format: z
    .enum(['auto', 'text', 'jsonl', 'arrow'])
    .default('auto')
    .describe('Format of the files; `auto` goes by their ending.'),
  field: z.string().default('text').describe('Field or column that holds the text.'),
  lang: z
    .string()
    .default('')
    .describe('Language of everything in it; else the `lang` field of each document.'),
  weight: z.number().positive().default(1).describe('Counts of its words are multiplied by this.'),
  sample: z
    .number()
    .positive()
    .max(1)
    .default(1)
    .describe('Share of lines or documents to read, drawn by a hash of their content and `seed`.'),
})

export const trainingSchema = z.strictObject({
  name: z.string().min(1).default('tokenizer').describe('Name of the tokenizer.'),
  output: z
    .string()
    .optional()
    .describe('Folder for tokenizer.json and training.json; by default shards/<name>/tokenizer.'),
  seed: z.int().min(0).default(1).describe('Which lines or documents the samples of inputs are.'),
  input: z
    .union([z.string(), z.array(z.union([z.string(), input]))], {
      error: 'expected a path or a list of paths',
    })
    .transform((value) => (typeof value === 'string' ? [value] : value))
    .transform((list) =>
      list.map((one) => (typeof one === 'string' ? input.parse({ path: one }) : one)),
    )
    .describe('What to train on: paths or globs, or inputs with options.'),
  model: z.enum(modelNames).default('byte-level-bpe').describe('Kind of tokenizer.'),
  vocabSize: z
    .int()
    .min(1)
    .max(2 ** 21)
    .default(32_000)
    .describe('Tokens of the vocabulary, special tokens included.'),
  preTokenizer: z
    .enum(preTokenizerNames)
    .optional()
    .describe(
      'How text is cut before tokens are learned; by default that of the model: gpt2, whitespace-split, bert or metaspace.',
    ),
  normalizer: z
    .enum(normalizerNames)
    .optional()
    .describe(
      'How text is levelled before that; by default that of the model: none, bert or sentencepiece.',
    ),
  specialTokens: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'Tokens that are never cut or merged: `<|endoftext|>`, `[MASK]`, …; they come first.',
    ),
  unit: z
    .enum(['line', 'document'])
    .default('line')
    .describe(
      'What is cut at once: `line` takes every line as a text of its own, its end included, as HF trains on files.',
    ),
  minFrequency: z
    .number()
    .min(0)
    .default(0)
    .describe('Rarer pairs (WordPiece, BPE) are not merged.'),
  initialAlphabet: z
    .union([z.literal('bytes'), z.array(z.string().min(1))])
    .optional()
    .describe('Tokens to begin with; `bytes` are all 256, the default of byte-level BPE.'),
  limitAlphabet: z
    .int()
    .min(0)
    .default(0)
    .describe('At most so many single characters; 0 keeps all.'),
  maxTokenLength: z
    .int()
    .min(0)
    .default(0)
    .describe('Longest token in characters; 0 sets no limit.'),
  initialMerges: z
    .string()
    .optional()
    .describe('A tokenizer.json whose merges come first, in their order.'),
  refuseMerges: z
    .array(z.string().refine(isExpression, { error: 'not a regular expression' }))
    .default([])
    .describe('Merges whose token (as text) matches one of these expressions are refused.'),
  languageWeights: z
    .record(z.string(), z.number().positive())
    .default({})
    .describe('Counts of a language are multiplied by its weight (1 when not named).'),
  hanMaxRun: z
    .int()
    .min(0)
    .default(0)
    .describe('Cuts runs of Han at this many characters while counting; 0 leaves them whole.'),
  segment: z
    .boolean()
    .default(false)
    .describe(
      'Cuts at the word ends of the segmenter in Chinese, Japanese, Thai, Lao, Khmer, Burmese.',
    ),
  seedSize: z.int().min(1).default(1_000_000).describe('Unigram: pieces before pruning.'),
  memoryMB: z
    .int()
    .min(64)
    .default(2048)
    .describe(
      'Memory that counting and merging aim at; more words are spilled to disk, then rare ones dropped.',
    ),
  workers: z
    .union([z.literal('auto'), z.int().min(1).max(256)])
    .default(1)
    .describe('Processes that count words; `auto` is one per core. Never changes the result.'),
})

export type TrainingConfig = z.output<typeof trainingSchema>
export type TrainingOptions = z.input<typeof trainingSchema>
export type TrainingInput = z.output<typeof input>

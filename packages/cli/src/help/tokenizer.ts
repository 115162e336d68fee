import type { Command } from '../help.ts'

/** What `tokenizer` commands do. */
export const tokenizerCommands: Readonly<Record<string, Command>> = {
  'tokenizer train': {
    summary: 'Train a tokenizer: byte-level or character BPE, WordPiece, Unigram.',
    usage: 'tokenizer train FILE.yaml [--output DIR] [--workers N] [--json]',
    details: `
FILE is looked for as given, then under pipelines/. Reads text, JSON lines and Arrow shards; writes
tokenizer.json, which HF tokenizers and transformers load. Stopped, it goes on from its counts.
  pnpm tokenizer train tokenizer.yaml
`,
    load: async () => (await import('../commands/tokenizer/train.ts')).train,
  },
  'tokenizer options': {
    summary: 'List every key of a training file: type, default, meaning.',
    usage: 'tokenizer options [--json]',
    details: '\n  --json           as a JSON schema\n',
    load: async () => (await import('../commands/tokenizer/file-options.ts')).fileOptions,
  },
  'tokenizer extend': {
    summary: 'Add tokens learned on new text to a BPE tokenizer; old ids stay.',
    usage: 'tokenizer extend --tokenizer FILE --new-tokens N --output DIR INPUT …',
    details: `
  --min-frequency N  learn pairs seen so often (default 2)
  --unit UNIT        line (default) or document, as in a training file
The new tokens are real merges behind the old ones: old embeddings keep their rows, new rows follow.
`,
    load: async () => (await import('../commands/tokenizer/extend.ts')).extend,
  },
  'tokenizer trim': {
    summary: 'Drop the tokens that texts do not use; with a map of ids for embeddings.',
    usage: 'tokenizer trim --tokenizer FILE --output DIR INPUT …',
    details: `
  --min-count N     a token stays when it is used so often (default 1)
  --documents       line (default) or file: what one document is in plain text
Special tokens, characters and bytes stay, and what a kept token is merged from. Writes tokenizer.json
and id-map.json: the new id of every old id, -1 for dropped ones.
`,
    load: async () => (await import('../commands/tokenizer/trim.ts')).trim,
  },
  'tokenizer encode': {
    summary: 'Show the ids and tokens of texts, one JSON line each.',
    usage: 'tokenizer encode --tokenizer FILE (--text TEXT | [--output SHARD] INPUT …)',
    details: `
  --offsets         where each token lies in the text
  --special-tokens  with what the tokenizer puts around a text: [CLS] … [SEP]
  --ids-only        arrays of ids
  --output SHARD    write an encoded shard, which \`tokenizer pack\` packs without encoding again
  --word-starts     with --output: mark tokens that begin a word
  --documents       line (default) or file: what one document is in plain text
FILE is a tokenizer.json, *.tiktoken, vocab.txt or sentencepiece *.model. Inputs are .arrow, .jsonl or
plain text, files or folders.
`,
    load: async () => (await import('../commands/tokenizer/encode.ts')).encode,
  },
  'tokenizer report': {
    summary: 'Measure tokenizers on texts, side by side: report.json and report.html.',
    usage: 'tokenizer report --tokenizer [NAME=]FILE … --output DIR INPUT …',
    details: `
  --max-bytes N     read so much of each input (default 2000000)
  --documents       line (default) or file: what one document is in plain text
`,
    load: async () => (await import('../commands/tokenizer/report.ts')).report,
  },
  'tokenizer pack': {
    summary: 'Pack texts into token rows of one length for training.',
    usage: 'tokenizer pack --tokenizer FILE --output FILE.arrow INPUT …',
    details: `
  --sequence-length N  tokens per row (default 1024)
  --mode MODE          bfd (default), concat or bos-bestfit
  --word-starts        mark tokens that begin a word, for whole-word masking
  --eos, --bos, --pad  tokens by text or id; --eos none packs without one
  --window-tokens N    tokens packed together (default 4194304)
INPUT is text (as for \`encode\`) or encoded shards. No mode loses a token. The format of a shard is in
shards/README.md.
`,
    load: async () => (await import('../commands/tokenizer/pack.ts')).pack,
  },
  'tokenizer export': {
    summary: 'Write token files for other trainers.',
    usage:
      'tokenizer export --format FORMAT --output PATH (--packed SHARD … | --tokenizer FILE INPUT …)',
    details: `
  --format    megatron, nanotron (PATH is a prefix), mds, litdata, huggingface (PATH is a folder)
  --packed    inputs are packed shards: one sequence per row
`,
    load: async () => (await import('../commands/tokenizer/export.ts')).exportTokens,
  },
  'tokenizer segment': {
    summary: 'Segment Chinese text into words; train or score a segmenter.',
    usage: 'tokenizer segment cut [FILE …] | score GOLD | train GOLD … --out MODEL',
    details: `
  --engine NAME    perceptron (default), jieba, intl
  --model FILE     a model of yours; --words FILE your words
  --separator TEXT between words (a space)
  --lexicon FILE   train: a word list; --iterations N; --license TEXT

GOLD is CoNLL-U, word_TAG, or words divided by spaces. \`cut\` reads standard input without files.
`,
    load: async () => (await import('../commands/tokenizer/segment.ts')).segment,
  },
}

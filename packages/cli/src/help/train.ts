import type { Command } from '../help.ts'

/** What `train` commands do. */
export const trainCommands: Readonly<Record<string, Command>> = {
  'train run': {
    summary: 'Train a model on packed shards; an unfinished run goes on from its checkpoint.',
    usage: 'train run FILE.yaml [--fresh | --resume]',
    details: `
  --fresh          begin again instead of going on
  --resume         go on; there must be a checkpoint
  --steps N, --output DIR, --backend NAME, --threads N
                   in place of what the file says
  --json           one JSON object a line: steps, validations, samples, and what it took

FILE is looked for as given, then under pipelines/; \`train options\` lists its keys. Example:
  pnpm pipeline run web.yaml && pnpm train run gpt-tiny.yaml
`,
    load: async () => (await import('../commands/train/run.ts')).run,
  },
  'train resume': {
    summary: 'Go on with a run from its last checkpoint.',
    usage: 'train resume FILE.yaml',
    details: '\nThe same bytes as an uninterrupted run on the wasm backend.\n',
    load: async () => (await import('../commands/train/resume.ts')).resume,
  },
  'train options': {
    summary: 'List every key of a training file: type, default, meaning.',
    usage: 'train options [--json]',
    details: '\n  --json           as a JSON schema\n',
    load: async () => (await import('../commands/train/file-options.ts')).fileOptions,
  },
  'train eval': {
    summary: 'Bits per byte of a text, or accuracy on minimal pairs.',
    usage:
      'train eval RUN --text FILE | --pairs FILE.jsonl [--tokenizer FILE] [--limit N] [--json]',
    details: `
  --text FILE      JSON lines with \`text\`, or plain text whose documents are separated by blank
                   lines. Masked models: pseudo-perplexity, each token masked in turn
  --pairs FILE     BLiMP-style JSON lines with \`sentence_good\` and \`sentence_bad\`
  --limit N        at most N texts and N pairs
  --tokenizer FILE tokenizer.json when the run does not carry one
  --json           the result on one line

RUN is a run's name, folder or file, or any folder with config.json and model.safetensors.
`,
    load: async () => (await import('../commands/train/eval.ts')).evaluate,
  },
  'train generate': {
    summary: 'Write text with a trained model.',
    usage: 'train generate RUN [--prompt TEXT] [--tokens N] [--temperature T]',
    details: `
  --prompt TEXT    what to go on from (default: nothing, a document begins)
  --tokens N       at most N tokens (default 100); the end of the document ends it, too
  --temperature T  0 takes the likeliest token, 1 samples as the model says (default 0.8)
  --top-k K        sample among the K likeliest tokens (default 0: all)
  --top-p P        sample among the likeliest tokens that have probability P together (default 0.95)
  --seed N         the same seed writes the same text (default 1)
  --tokenizer FILE tokenizer.json when the run does not carry one
`,
    load: async () => (await import('../commands/train/generate.ts')).generate,
  },
  'train export': {
    summary: 'Copy the last checkpoint as a model folder that transformers opens.',
    usage: 'train export RUN FOLDER',
    details: '\nsafetensors and config.json; FOLDER must not hold a model yet.\n',
    load: async () => (await import('../commands/train/export.ts')).exportModel,
  },
  'train backend': {
    summary: 'List the backends of this machine, or test one against the oracle.',
    usage: 'train backend list | build torch | test [NAME]',
    details: `
  list             every backend: what loads, or why it does not and how to get it
  test [NAME]      three training steps on each that loads, against the reference loss
  build torch      compiles the addon over an installed libtorch: SHARDMILL_TORCH=FOLDER, a Python
                   with torch (SHARDMILL_PYTHON, else python3), or Debian's libtorch-dev; needs g++
`,
    load: async () => (await import('../commands/train/backend.ts')).backend,
  },
}

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
}

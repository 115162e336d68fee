// Reads BERT's `vocab.txt`: one token per line, the line number is the id (google-research/bert).
// What the file does not say, whether text is lower-cased, comes from the caller or from a
// `tokenizer_config.json` beside it.
import { InputError } from '@shardmill/core/errors'
import { loadHuggingFace } from './load-huggingface.ts'
import type { Tokenizer } from './tokenizer.ts'

/** A BERT tokenizer. Throws `InputError` when [UNK] is missing. */
export function loadVocab(path: string, content: string, lowercase: boolean): Tokenizer {
  const lines = content.split('\n')
  if (lines.at(-1) === '') lines.pop()
  const vocab: Record<string, number> = Object.create(null) as Record<string, number>
  for (const [id, line] of lines.entries()) vocab[line.replace(/\r$/, '')] = id
  if (vocab['[UNK]'] === undefined) {
    throw new InputError(`${path}: expected a BERT vocabulary with a line \`[UNK]\`, found none`)
  }
  const special = (token: string): object[] =>
    vocab[token] === undefined
      ? []
      : [{ id: vocab[token], content: token, special: true, normalized: false }]
  const [cls, sep] = [vocab['[CLS]'], vocab['[SEP]']]
  return loadHuggingFace({
    added_tokens: ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'].flatMap(special),
    normalizer: { type: 'BertNormalizer', lowercase, strip_accents: null },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor:
      cls === undefined || sep === undefined
        ? null
        : { type: 'BertProcessing', cls: ['[CLS]', cls], sep: ['[SEP]', sep] },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: { type: 'WordPiece', unk_token: '[UNK]', vocab, max_input_chars_per_word: 100 },
  })
}

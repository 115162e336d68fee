// The normalizers a training can choose, as tokenizer.json writes them.
import type { NormalizerName } from './training-defaults.ts'

/** The `normalizer` field of tokenizer.json. */
export function normalizerJson(name: NormalizerName): Record<string, unknown> | null {
  switch (name) {
    case 'none':
      return null
    case 'nfc':
    case 'nfkc':
      return { type: name.toUpperCase() }
    case 'bert':
    case 'bert-cased':
      return {
        type: 'BertNormalizer',
        clean_text: true,
        handle_chinese_chars: true,
        strip_accents: null,
        lowercase: name === 'bert',
      }
    // What sentencepiece's nmt_nfkc does to ordinary text: NFKC, and single spaces with none outside.
    case 'sentencepiece':
      return {
        type: 'Sequence',
        normalizers: [
          { type: 'NFKC' },
          { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' },
          { type: 'Strip', strip_left: true, strip_right: true },
        ],
      }
  }
}

// The normalizers a training can choose, as functions and as tokenizer.json writes them.
import type { NormalizerName } from './training-defaults.ts'
import { createNormalizer } from './load-normalizer.ts'
import { normalizeText } from './text-normalizer.ts'

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

/** The normalizer as a function; undefined when it changes nothing. */
export function textNormalizer(name: NormalizerName): ((text: string) => string) | undefined {
  const normalizer = createNormalizer(normalizerJson(name))
  return normalizer && ((text) => normalizeText(text, normalizer))
}

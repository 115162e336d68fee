// The normalizers a training can choose, as functions: read from what tokenizer.json says, so that
// training and encoding do the same. Apart from normalizers.ts because it loads their tables.
import { createNormalizer } from './load-normalizer.ts'
import { normalizerJson } from './normalizers.ts'
import { normalizeText } from './text-normalizer.ts'
import type { NormalizerName } from './training-defaults.ts'

/** The normalizer as a function; undefined when it changes nothing. */
export function textNormalizer(name: NormalizerName): ((text: string) => string) | undefined {
  const normalizer = createNormalizer(normalizerJson(name))
  return normalizer && ((text) => normalizeText(text, normalizer))
}

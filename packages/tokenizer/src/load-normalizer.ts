// The `normalizer` field of a tokenizer.json as string functions.
import { bertNormalize, type BertOptions } from './bert-normalizer.ts'
import { createCharsMap } from './charsmap.ts'
import { asRecord, asText, Unsupported, type Json } from './load-json.ts'
import { joinNormalizers, type TextNormalizer } from './text-normalizer.ts'

/**
 * Reads the `normalizer` field; undefined when text stays as it is. With `spaceMark` spaces become
 * that character in the end, which is what Metaspace does first.
 */
export function createNormalizer(value: unknown, spaceMark?: string): TextNormalizer | undefined {
  const isGiven = value !== undefined && value !== null
  const parts = isGiven ? flatten(asRecord(value, 'normalizer')).map(createOne) : []
  if (spaceMark !== undefined) {
    const apply = (text: string): string => text.replaceAll(' ', spaceMark)
    parts.push({ prepend: '', apply, keepsAscii: false })
  }
  return joinNormalizers(parts)
}

/** Options of a lone BertNormalizer, which the WordPiece encoder applies itself. */
export function bertOptionsOf(value: unknown): BertOptions | undefined {
  if (value === undefined || value === null) return undefined
  const json = asRecord(value, 'normalizer')
  if (json['type'] !== 'BertNormalizer') return undefined
  const lowercase = json['lowercase'] !== false
  return {
    cleanText: json['clean_text'] !== false,
    handleChineseCharacters: json['handle_chinese_chars'] !== false,
    stripAccents: (json['strip_accents'] as boolean | null | undefined) ?? lowercase,
    lowercase,
  }
}

function flatten(json: Json): Json[] {
  if (json['type'] !== 'Sequence') return [json]
  return (json['normalizers'] as unknown[]).flatMap((part) => flatten(asRecord(part, 'normalizer')))
}

function createOne(json: Json): TextNormalizer {
  const step = (apply: (text: string) => string, keepsAscii = false): TextNormalizer => ({
    prepend: '',
    apply,
    keepsAscii,
  })
  switch (json['type']) {
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD': {
      const form = json['type']
      return step((text) => text.normalize(form), true)
    }
    case 'Lowercase':
      // Character by character, so a final sigma stays the plain one, as in HF.
      return step((text) => Array.from(text, (character) => character.toLowerCase()).join(''))
    case 'BertNormalizer': {
      const options = bertOptionsOf(json)!
      return step((text) => bertNormalize(text, options))
    }
    case 'StripAccents':
      return step((text) => text.replace(/\p{Mn}/gu, ''), true)
    case 'Prepend':
      return { prepend: asText(json['prepend']), apply: (text) => text, keepsAscii: false }
    case 'Replace':
      return step(createReplace(json))
    case 'Strip': {
      const left = json['strip_left'] === true ? '^\\p{White_Space}+' : '(?!)'
      const right = json['strip_right'] === true ? '\\p{White_Space}+$' : '(?!)'
      const outside = new RegExp(`${left}|${right}`, 'gu')
      return step((text) => text.replace(outside, ''))
    }
    case 'Precompiled':
      return step(createCharsMap(Buffer.from(asText(json['precompiled_charsmap']), 'base64')))
    default:
      throw new Unsupported(`normalizer.type \`${asText(json['type'])}\``)
  }
}

/** Regular expressions that mean the same to Oniguruma and to JavaScript. */
const knownExpressions = new Set([' {2,}', '\\s+'])

function createReplace(json: Json): (text: string) => string {
  const pattern = asRecord(json['pattern'], 'normalizer.pattern')
  const content = asText(json['content'])
  if (typeof pattern['String'] === 'string') {
    const from = pattern['String']
    return (text) => text.replaceAll(from, () => content)
  }
  const regex = asText(pattern['Regex'])
  if (!knownExpressions.has(regex)) throw new Unsupported(`normalizer: Replace /${regex}/`)
  // JavaScript's \s has U+FEFF and lacks U+0085; White_Space is what HF means.
  const expression = new RegExp(regex.replace('\\s', '\\p{White_Space}'), 'gu')
  return (text) => text.replace(expression, () => content)
}

// Which scanner a tokenizer.json's `pre_tokenizer` asks for. Split patterns are recognised by their
// text (pretokenize/patterns.ts); an unknown pattern is unsupported, never approximated.
import { asRecord, asText, Unsupported, type Json } from './load-json.ts'
import { preTokenizer, type PreTokenizerName } from './pretokenize/index.ts'
import { patterns } from './pretokenize/patterns.ts'
import type { Split } from './pretokenize/scanner.ts'

export interface PreTokenizing {
  readonly name: PreTokenizerName
  readonly split: Split
  /** Tokens are spelled in GPT-2's byte alphabet. */
  readonly isByteLevel: boolean
  readonly prefix: { readonly text: string; readonly onlyFirst: boolean } | undefined
  /** Space mark that replaces U+0020 before splitting. */
  readonly spaceMark: string | undefined
}

/** Reads the `pre_tokenizer` field. */
export function describePreTokenizer(value: unknown): PreTokenizing {
  if (value === undefined || value === null) return named('none')
  const json = asRecord(value, 'pre_tokenizer')
  switch (json['type']) {
    case 'ByteLevel':
      return byteLevel(json, json['use_regex'] === false ? 'none' : 'gpt2')
    case 'BertPreTokenizer':
      return named('bert')
    case 'Whitespace':
      return named('whitespace')
    case 'WhitespaceSplit':
      return named('whitespace-split')
    case 'Metaspace':
      return metaspace(json)
    case 'Sequence':
      return sequence(json)
    default:
      throw new Unsupported(`pre_tokenizer.type \`${asText(json['type'])}\``)
  }
}

function named(name: PreTokenizerName): PreTokenizing {
  const { split } = preTokenizer(name)
  return { name, split, isByteLevel: false, prefix: undefined, spaceMark: undefined }
}

function byteLevel(json: Json, name: PreTokenizerName): PreTokenizing {
  const prefix = json['add_prefix_space'] === true ? { text: ' ', onlyFirst: false } : undefined
  return { ...named(name), isByteLevel: true, prefix }
}

function metaspace(json: Json): PreTokenizing {
  const mark = asText(json['replacement'], '\u2581')
  if (mark !== '\u2581') throw new Unsupported(`pre_tokenizer.replacement \`${mark}\``)
  // Files before 2024 say add_prefix_space instead.
  const legacy = json['add_prefix_space'] === false ? 'never' : 'always'
  const scheme = asText(json['prepend_scheme'], legacy)
  const prefix = scheme === 'never' ? undefined : { text: mark, onlyFirst: scheme === 'first' }
  return { ...named(json['split'] === false ? 'none' : 'metaspace'), prefix, spaceMark: mark }
}

/** `Split` patterns followed by `ByteLevel`, or white space splitting before Metaspace. */
function sequence(json: Json): PreTokenizing {
  const parts = (json['pretokenizers'] as unknown[]).map((part) => asRecord(part, 'pre_tokenizer'))
  const types = parts.map((part) => part['type'])
  if (types.at(-1) === 'ByteLevel' && types.slice(0, -1).every((type) => type === 'Split')) {
    const last = parts.at(-1)!
    if (last['use_regex'] !== false)
      throw new Unsupported('pre_tokenizer: Split before a GPT-2 split')
    const expressions = parts.slice(0, -1).map(readSplit)
    const found = Object.entries(patterns).find(
      ([, pattern]) =>
        pattern.expressions.length === expressions.length &&
        pattern.expressions.every((expression, i) => expression === expressions[i]),
    )
    if (!found) throw new Unsupported(`pre_tokenizer: split pattern ${expressions.join(' then ')}`)
    return byteLevel(last, found[0] as PreTokenizerName)
  }
  if (types.length === 1) return describePreTokenizer(parts[0])
  throw new Unsupported(`pre_tokenizer sequence ${types.join(', ')}`)
}

function readSplit(json: Json): string {
  const behavior = asText(json['behavior']).toLowerCase()
  if (behavior !== 'isolated' || json['invert'] === true) {
    throw new Unsupported(`pre_tokenizer: Split with behavior ${behavior}`)
  }
  const { Regex: regex } = asRecord(json['pattern'], 'pre_tokenizer.pattern')
  if (typeof regex !== 'string') throw new Unsupported('pre_tokenizer: Split by a plain string')
  return regex
}

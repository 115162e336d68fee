// The `decoder` field of a tokenizer.json.
import { byteDecoder, byteFallbackRule, fuseRule, metaspaceRule } from './decoder.ts'
import { replaceRule, ruleDecoder, stripRule, wordPieceRule } from './decoder.ts'
import type { Decoder, DecodeRule } from './decoder.ts'
import { asRecord, asText, Unsupported, type Json } from './load-json.ts'
import type { Vocabulary } from './vocabulary.ts'

/** Reads the `decoder` field. Without one, tokens are joined by spaces, as HF does. */
export function createDecoder(
  value: unknown,
  vocabulary: Vocabulary,
  isByteLevel: boolean,
  tokenText: (id: number) => string | undefined,
): Decoder {
  if (isByteLevel) return byteDecoder((id) => vocabulary.token(id))
  const text = (id: number): string => tokenText(id) ?? ''
  if (value === undefined || value === null) {
    return ruleDecoder(text, [
      (tokens) => tokens.map((token, i) => (i === 0 ? token : ` ${token}`)),
    ])
  }
  return ruleDecoder(text, flatten(asRecord(value, 'decoder')).map(createRule))
}

function flatten(json: Json): Json[] {
  if (json['type'] !== 'Sequence') return [json]
  return (json['decoders'] as unknown[]).flatMap((part) => flatten(asRecord(part, 'decoder')))
}

function createRule(json: Json): DecodeRule {
  switch (json['type']) {
    case 'ByteFallback':
      return byteFallbackRule
    case 'Fuse':
      return fuseRule
    case 'Replace': {
      const pattern = asRecord(json['pattern'], 'decoder.pattern')['String']
      if (typeof pattern !== 'string') throw new Unsupported('decoder: Replace by an expression')
      return replaceRule(pattern, asText(json['content']))
    }
    case 'Strip':
      return stripRule(asText(json['content']), Number(json['start']), Number(json['stop']))
    case 'Metaspace': {
      const legacy = json['add_prefix_space'] === false ? 'never' : 'always'
      const scheme = json['prepend_scheme'] ?? legacy
      return metaspaceRule(asText(json['replacement'], '\u2581'), scheme !== 'never')
    }
    case 'WordPiece':
      return wordPieceRule(asText(json['prefix'], '##'), json['cleanup'] !== false)
    default:
      throw new Unsupported(`decoder.type \`${asText(json['type'])}\``)
  }
}

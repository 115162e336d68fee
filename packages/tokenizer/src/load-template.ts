// The `post_processor` field of a tokenizer.json, for one text: the ids put before and after it.
import { asRecord, asText, Unsupported, type Json } from './load-json.ts'

export interface Template {
  readonly before: readonly number[]
  readonly after: readonly number[]
}

/** Reads the `post_processor` field; templates of pairs are not used and not read. */
export function createTemplate(value: unknown): Template {
  if (value === undefined || value === null) return { before: [], after: [] }
  const json = asRecord(value, 'post_processor')
  switch (json['type']) {
    // Only trims offsets.
    case 'ByteLevel':
      return { before: [], after: [] }
    case 'BertProcessing':
    case 'RobertaProcessing':
      return { before: [idOf(json['cls'])], after: [idOf(json['sep'])] }
    case 'TemplateProcessing':
      return fromTemplate(json)
    case 'Sequence': {
      const parts = (json['processors'] as unknown[]).map(createTemplate)
      return {
        before: parts.flatMap((part) => part.before),
        after: parts.flatMap((part) => part.after),
      }
    }
    default:
      throw new Unsupported(`post_processor.type \`${asText(json['type'])}\``)
  }
}

/** `["[CLS]", 101]` */
function idOf(value: unknown): number {
  const id = Array.isArray(value) ? Number(value[1]) : NaN
  if (!Number.isInteger(id)) throw new Unsupported('post_processor: cls or sep is not [token, id]')
  return id
}

function fromTemplate(json: Json): Template {
  const specials = asRecord(json['special_tokens'], 'post_processor.special_tokens')
  const before: number[] = []
  const after: number[] = []
  let seenText = false
  for (const entry of json['single'] as Json[]) {
    if (entry['Sequence']) {
      seenText = true
      continue
    }
    const name = asText(asRecord(entry['SpecialToken'], 'post_processor.single')['id'])
    const ids = asRecord(specials[name], 'post_processor.special_tokens')['ids'] as number[]
    ;(seenText ? after : before).push(...ids)
  }
  return { before, after }
}

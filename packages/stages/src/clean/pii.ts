// Personal data in English and Chinese text: e-mail addresses, mainland mobile and landline numbers,
// 18-digit resident IDs, bank cards, public IP addresses, QQ and WeChat names. Replaced by a marker of
// its kind, or only counted in `meta`.
//
// Precision comes from structure: checksums (ISO 7064 for IDs, Luhn for cards), number plans, address
// ranges that are public, and the words before a number: an order number or version is no phone or
// address, a QQ or WeChat name needs its cue. The finders are in pii-finders.ts.
//
// Where we differ: datatrove knows e-mail and IPv4, misses an e-mail right after an ideograph (\b does
// not fire there) and takes version 1.2.3.4.5 for an address.
// Cost: linear; text without digits and @ is only scanned once.
import { z } from 'zod'
import { defineMap } from '@shardmill/core/stage'
import { findPii, piiKinds, type PiiKind, type PiiMatch } from './pii-finders.ts'

const kind = z.enum(piiKinds)

export const piiOptions = z.strictObject({
  kinds: z
    .array(kind)
    .default([...piiKinds])
    .describe('What is looked for.'),
  action: z
    .enum(['replace', 'tag'])
    .default('replace')
    .describe(
      '`replace` writes markers into the text; `tag` writes counts to `meta` (`pii.email: 2`).',
    ),
  replacements: z
    .partialRecord(kind, z.string())
    .default({})
    .describe('Markers by kind; the default is the kind in brackets: [email].'),
})

export const pii = defineMap({
  name: 'pii',
  summary: 'Replaces or tags e-mail, phone, ID, card, IP, QQ and WeChat (English and Chinese).',
  options: piiOptions,
  map({ kinds, action, replacements }, context) {
    const wanted: ReadonlySet<PiiKind> = new Set(kinds)
    return (doc) => {
      const matches = findPii(doc.text, wanted)
      for (const match of matches) context.count(match.kind)
      if (action === 'replace') doc.text = replaceMatches(doc.text, matches, replacements)
      else {
        for (const match of matches) {
          const key = `pii.${match.kind}`
          doc.meta[key] = Number(doc.meta[key] ?? 0) + 1
        }
      }
    }
  },
})

/** `text` with each match replaced by its marker; matches are in order and do not overlap. */
export function replaceMatches(
  text: string,
  matches: readonly PiiMatch[],
  replacements: Readonly<Partial<Record<PiiKind, string>>>,
): string {
  let result = ''
  let at = 0
  for (const match of matches) {
    result += text.slice(at, match.start) + (replacements[match.kind] ?? `[${match.kind}]`)
    at = match.end
  }
  return at === 0 ? text : result + text.slice(at)
}

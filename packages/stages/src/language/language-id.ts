// Names the language of each document (`lang`, a BCP-47 tag, and `lang_score`) and, with `keep`,
// drops the others. `keep: [zh]` also keeps zh-Hans and zh-Hant: a tag matches its own subtags.
// datatrove's and cc_net's thresholds for fastText are 0.65 and 0.5; the default here is 0, because
// a score is only comparable within one engine.
import { defineMap, type Document } from '@shardmill/core'
import { z } from 'zod'
import { createFasttextEngine } from './fasttext-engine.ts'

export const languageId = defineMap({
  name: 'language-id',
  after: ['decode', 'html'],
  summary: 'Names the language of each document and keeps the wanted ones.',
  version: 1,
  options: z.strictObject({
    /** Tags to keep; empty keeps every language. */
    keep: z.array(z.string().min(2)).default([]),
    /** Documents whose score is below are dropped. */
    minScore: z.number().min(0).max(1).default(0),
    engine: z.enum(['fasttext']).default('fasttext'),
  }),
  async map({ keep, minScore }) {
    const engine = await createFasttextEngine()
    const wanted = keep.map((tag) => tag.toLowerCase())
    return (document: Document) => {
      const guess = engine.identify(document.text)
      document.lang = guess.lang
      document.langScore = guess.score
      if (wanted.length > 0 && !matchesTag(guess.lang, wanted)) {
        document.dropped = { stage: 'language-id', reason: 'lang-not-kept' }
      } else if (guess.score < minScore) {
        document.dropped = { stage: 'language-id', reason: 'low-lang-score' }
      }
    }
  },
})

/** True when `tag` is one of `wanted` or a longer form of one: zh-Hans for zh. */
export function matchesTag(tag: string, wanted: readonly string[]): boolean {
  const lower = tag.toLowerCase()
  return wanted.some((want) => lower === want || lower.startsWith(`${want}-`))
}

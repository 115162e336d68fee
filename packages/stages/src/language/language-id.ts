// Names the language of each document and, with `keep`, drops the others.
//   lang        BCP-47: en, zh-Hans, zh-Hant, zh (both kinds of characters), yue, lzh, sr-Latn, ...
//               `und` when there is too little text or it is mojibake, `zxx` for code, data, numbers
//   lang_score  probability, calibrated per length of text; for a long document the share of what
//               was read that speaks for `lang`
//   meta        lang_second, lang_script (ISO 15924), lang_mix (`zh-Hans:0.81 en:0.17`)
// The default engine is our own model (104 labels and 25 one-script languages, scripts first, then
// hashed character n-grams after Joulin et al. 2016). `fasttext` is lid.176, an oracle.
// datatrove's and cc_net's thresholds for fastText are 0.65 and 0.5.
// Cost: 20 microseconds for a sentence; at most 8 kB of a document are read.
import { defineMap, type Document } from '@shardmill/core'
import {
  createLanguageIdentifier,
  type DocumentGuess,
} from '@shardmill/tokenizer/language/identify'
import { z } from 'zod'
import { createFasttextEngine } from './fasttext-engine.ts'

export const languageId = defineMap({
  name: 'language-id',
  summary: 'Names the language of each document and keeps the wanted ones.',
  version: 2,
  options: z.strictObject({
    keep: z
      .array(z.string().min(2))
      .default([])
      .describe('Tags to keep; `zh` also keeps zh-Hans and zh-Hant. Empty keeps every language.'),
    minScore: z
      .number()
      .min(0)
      .max(1)
      .default(0)
      .describe('Documents whose language has a lower probability are dropped.'),
    engine: z
      .enum(['shardmill', 'fasttext'])
      .default('shardmill')
      .describe(
        '`shardmill` is our own model; `fasttext` needs the npm package of that name and lid.176.',
      ),
  }),
  async map({ keep, minScore, engine }) {
    const identify = await createIdentify(engine)
    const wanted = keep.map((tag) => tag.toLowerCase())
    return (document: Document) => {
      const { lang, score, second, script, mix } = identify(document.text)
      document.lang = lang
      document.langScore = Math.round(score * 1e4) / 1e4
      if (second !== '') document.meta.lang_second = second
      if (script !== '') document.meta.lang_script = script
      if (mix.length > 1) {
        document.meta.lang_mix = mix
          .map((part) => `${part.lang}:${part.share.toFixed(2)}`)
          .join(' ')
      }
      if (wanted.length > 0 && !matchesTag(lang, wanted)) {
        document.dropped = { stage: 'language-id', reason: 'lang-not-kept' }
      } else if (document.langScore < minScore) {
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

async function createIdentify(
  engine: 'shardmill' | 'fasttext',
): Promise<(text: string) => DocumentGuess> {
  if (engine === 'shardmill') {
    const identifier = createLanguageIdentifier()
    return (text) => identifier.identifyDocument(text)
  }
  const fasttext = await createFasttextEngine()
  return (text) => ({ ...fasttext.identify(text), script: '', mix: [] })
}

// One quality stage for a crawl of many languages: each document goes to the rules of its language,
// in one pass over the shared analysis.
//   en     gopher-repetition, gopher-quality, c4 (without end marks), fineweb: the order of FineWeb
//   zh     chinese-quality
//   other  gopher-repetition, gopher-quality without stop words and with a word length for every
//          script, fineweb
// `lang` decides; a document without one is routed by its script (ideographs without kana are
// Chinese) and, in Latin script, by whether it holds common English words.
//
// Where we differ: datatrove fixes one language per filter, so a mixed crawl needs a pipeline each.
// Cost: that of the rules; words, lines and repetition are measured once per document.
import { z } from 'zod'
import { defineMap, type Judge } from '@shardmill/core/stage'
import type { Document } from '@shardmill/core/document'
import { c4QualityOptions, editC4 } from './c4-quality.ts'
import { chineseQualityOptions, judgeChineseQuality } from './chinese-quality.ts'
import { finewebQualityOptions, judgeFinewebQuality } from './fineweb-quality.ts'
import { gopherQualityOptions, judgeGopherQuality, looksEnglish } from './gopher-quality.ts'
import { gopherRepetitionOptions, judgeGopherRepetition } from './gopher-repetition.ts'

export const qualityOptions = z.strictObject({
  profile: z
    .enum(['auto', 'en', 'zh', 'other'])
    .default('auto')
    .describe(
      '`auto` chooses the rules by language; another value puts every document under one set.',
    ),
  gopherRepetition: gopherRepetitionOptions
    .prefault({})
    .describe('Options of gopher-repetition; for English and other languages.'),
  gopherQuality: gopherQualityOptions
    .prefault({})
    .describe(
      'Options of gopher-quality; for English, and without stop words for other languages.',
    ),
  c4Quality: c4QualityOptions
    .prefault({ requireEndMark: false })
    .describe('Options of c4-quality, by default with `requireEndMark: false`; for English.'),
  finewebQuality: finewebQualityOptions
    .prefault({})
    .describe('Options of fineweb-quality; for English and other languages.'),
  chineseQuality: chineseQualityOptions
    .prefault({})
    .describe('Options of chinese-quality; for Chinese.'),
})

export type Profile = 'en' | 'zh' | 'other'

export const quality = defineMap({
  name: 'quality',
  summary: 'Routes each document by its language to the rules for English, Chinese or others.',
  options: qualityOptions,
  map(options, context) {
    const repetition = judgeGopherRepetition(options.gopherRepetition)
    const gopher = judgeGopherQuality(options.gopherQuality)
    const anyLanguage = judgeGopherQuality({
      ...options.gopherQuality,
      minMeanWordLength: 1,
      maxMeanWordLength: 14,
      minStopWords: 0,
    })
    const c4 = editC4(options.c4Quality)
    const fineweb = judgeFinewebQuality(options.finewebQuality)
    const chinese = judgeChineseQuality(options.chineseQuality)
    const onRemove = (removed: string): void => context.count(`removed: ${removed}`)
    const judges: Readonly<Record<Profile, Judge>> = {
      en: (doc) => repetition(doc) ?? gopher(doc) ?? c4(doc, onRemove) ?? fineweb(doc),
      zh: chinese,
      other: (doc) => repetition(doc) ?? anyLanguage(doc) ?? fineweb(doc),
    }
    return (doc) => {
      const profile = options.profile === 'auto' ? profileOf(doc) : options.profile
      context.count(`profile: ${profile}`)
      const reason = judges[profile](doc)
      if (reason !== undefined) doc.dropped = { stage: 'quality', reason: `${profile}-${reason}` }
    }
  },
})

/** The rule set for a document: by `lang` when it has one, by script when not. */
export function profileOf(doc: Document): Profile {
  const primary = doc.lang.split('-', 1)[0]!.toLowerCase()
  if (chineseTags.has(primary)) return 'zh'
  if (primary === 'en' || primary === 'eng') return 'en'
  if (primary !== '') return 'other'
  const { letters, han, kana, latin } = doc.scripts
  if (han > 0.3 * letters && kana * 19 < han) return 'zh'
  return latin > 0.5 * letters && looksEnglish(doc) ? 'en' : 'other'
}

const chineseTags: ReadonlySet<string> = new Set([
  'zh',
  'zho',
  'cmn',
  'yue',
  'wuu',
  'hak',
  'nan',
  'lzh',
])

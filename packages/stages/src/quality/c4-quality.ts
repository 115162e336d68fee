// The heuristics of C4 (Raffel et al. 2020, section 2.2): lines that do not end like a sentence, are too
// short, or speak of JavaScript, cookies and policies are removed; documents with placeholder text,
// code brackets or too few sentences are dropped.
//
// Where we differ: end marks of every script count, words are tokens (so Chinese lines have some), and
// sentences come from the shared analysis. Line breaks of other kinds become \n only when a line is
// removed. `compat: datatrove` counts white-space words and ASCII end marks, with its reasons.
// Cost: one pass over lines and tokens; a document from which nothing is removed is not rebuilt.
import { z } from 'zod'
import { terminators } from '@shardmill/core/unicode'
import type { Document } from '@shardmill/core/document'
import { defineMap } from '@shardmill/core/stage'
import { pythonLines } from './compat-datatrove.ts'

export const c4QualityOptions = z.strictObject({
  requireEndMark: z
    .boolean()
    .default(true)
    .describe('Removes lines without an end mark. FineWeb switches this off.'),
  minWordsPerLine: z.int().min(0).default(3).describe('Removes lines of fewer words.'),
  maxWordLength: z
    .int()
    .min(1)
    .default(1000)
    .describe('Removes lines with a longer word, in characters.'),
  minSentences: z
    .int()
    .min(0)
    .default(5)
    .describe('Documents that keep fewer sentences are dropped.'),
  removeCitations: z
    .boolean()
    .default(true)
    .describe('Removes the marks [1], [edit] and [citation needed].'),
  dropLoremIpsum: z
    .boolean()
    .default(true)
    .describe('Drops documents with the filler text "lorem ipsum".'),
  dropCurlyBracket: z.boolean().default(true).describe('Drops documents with a `{`: mostly code.'),
  removeJavascriptLines: z
    .boolean()
    .default(true)
    .describe('Removes lines that speak of JavaScript.'),
  policyPhrases: z
    .array(z.string().min(1))
    .default([
      'terms of use',
      'privacy policy',
      'cookie policy',
      'uses cookies',
      'use of cookies',
      'use cookies',
    ])
    .describe('Lines that hold one of these phrases, in any case, are removed.'),
  minParagraphs: z
    .int()
    .min(0)
    .default(0)
    .describe(
      "mC4's rule: at least so many lines of `paragraphLength` characters; 0 switches it off.",
    ),
  paragraphLength: z
    .int()
    .min(1)
    .default(200)
    .describe('Characters that make a line a paragraph, for `minParagraphs`.'),
  compat: z
    .enum(['none', 'datatrove'])
    .default('none')
    .describe(
      "`datatrove` judges with datatrove's own expressions and reasons, for comparing runs.",
    ),
})

export type C4QualityOptions = z.output<typeof c4QualityOptions>

export const c4Quality = defineMap({
  name: 'c4-quality',
  summary: 'Heuristics of C4: removes bad lines, drops documents left too short.',
  options: c4QualityOptions,
  map(options, context) {
    const edit = editC4(options)
    return (doc) => {
      const reason = edit(doc, (removed) => context.count(`removed: ${removed}`))
      if (reason !== undefined) doc.dropped = { stage: 'c4-quality', reason }
    }
  },
})

/** Removes lines of a document; answers a reason when the document should be dropped. */
export type Edit = (doc: Document, onRemove: (reason: string) => void) => string | undefined

/** Compiles the rules. A dropped document keeps its text. */
export function editC4(options: C4QualityOptions): Edit {
  const isCompat = options.compat === 'datatrove'
  const named = (reason: string): string => (isCompat ? reason.replaceAll('-', '_') : reason)
  const phrases = options.policyPhrases.map((phrase) => phrase.toLowerCase())
  const suspicious = new RegExp(
    ['javascript', 'lorem ipsum', ...phrases.map(escapeRegExp)].join('|'),
    'i',
  )
  return (doc, onRemove) => {
    const before = doc.text
    const isSuspicious = suspicious.test(before)
    const hasCitations = options.removeCitations && citation.test(before)
    const lines = isCompat ? compatLines(before) : tokenLines(doc)
    const kept: string[] = []
    let sentences = 0
    for (const { text, words, sentences: inLine, longestWord } of lines) {
      if (longestWord > options.maxWordLength) {
        onRemove('long-word')
        continue
      }
      const line = hasCitations ? text.replace(citations, '') : text
      if (options.requireEndMark && !(isCompat ? endsInAscii(line) : endsSentence(line))) {
        onRemove('no-end-mark')
        continue
      }
      if (words < options.minWordsPerLine) {
        onRemove('too-few-words')
        continue
      }
      if (isSuspicious) {
        const lower = line.toLowerCase()
        if (options.dropLoremIpsum && lower.includes('lorem ipsum')) return named('lorem-ipsum')
        if (options.removeJavascriptLines && lower.includes('javascript')) {
          onRemove('javascript')
          continue
        }
      }
      if (options.dropCurlyBracket && line.includes('{')) return named('curly-bracket')
      if (isSuspicious && phrases.some((phrase) => line.toLowerCase().includes(phrase))) {
        onRemove('policy')
        continue
      }
      sentences += inLine
      kept.push(line)
    }
    if (sentences < options.minSentences) return named('too-few-sentences')
    if (options.minParagraphs > 0) {
      const long = kept.filter((line) => line.length >= options.paragraphLength).length
      if (long < options.minParagraphs) return named('too-few-paragraphs')
    }
    if (kept.length < lines.length || hasCitations || isCompat) doc.text = kept.join('\n').trim()
    return undefined
  }
}

interface Line {
  readonly text: string
  readonly words: number
  readonly sentences: number
  readonly longestWord: number
}

/** Non-empty lines with their tokens and sentences, by walking three lists of spans side by side. */
function tokenLines({ text, lines, words, sentences }: Document): Line[] {
  const result: Line[] = []
  let word = 0
  let sentence = 0
  for (let line = 0; line < lines.count; line++) {
    const end = lines.ends[line]!
    let [inWords, inSentences, longestWord] = [0, 0, 0]
    for (; word < words.count && words.starts[word]! < end; word++) {
      if (words.kinds[word] === 0) continue
      inWords++
      longestWord = Math.max(longestWord, words.ends[word]! - words.starts[word]!)
    }
    for (; sentence < sentences.count && sentences.starts[sentence]! < end; sentence++)
      inSentences++
    const trimmed = text.slice(lines.starts[line], end).trim()
    if (trimmed === '') continue
    result.push({ text: trimmed, words: inWords, sentences: inSentences, longestWord })
  }
  return result
}

/** Lines as upstream sees them; a sentence ends at . ? ! before space. */
function compatLines(text: string): Line[] {
  return pythonLines(text).map((line) => {
    const trimmed = line.trim()
    const words = trimmed.split(/\s+/).filter(Boolean)
    const longestWord = Math.max(0, ...words.map((word) => word.length))
    const ends = trimmed.match(/[.?!](?=\s)/g)?.length ?? 0
    return { text: trimmed, words: words.length, sentences: ends + 1, longestWord }
  })
}

function endsInAscii(line: string): boolean {
  return /[.?!"']$/.test(line) && !line.endsWith('...')
}

/** An end mark of any script, closers after it allowed, but no ellipsis. */
function endsSentence(line: string): boolean {
  const match = endMark.exec(line.slice(-6))
  if (match === null) return /["']$/.test(line)
  if (/(?:\.{3}|…|。{3})["'\p{Pe}\p{Pf}]*$/u.test(line.slice(-6))) return false
  return terminators.has(match[1]!.codePointAt(0)!)
}

const endMark = /(.)["'\p{Pe}\p{Pf}]*$/su
const citation = /\[(?:\d*|edit|citation needed)\]/
const citations = /\[(?:\d*|edit|citation needed)\]/g

function escapeRegExp(text: string): string {
  return text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)
}

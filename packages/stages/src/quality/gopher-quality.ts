// The document rules of Gopher (Rae et al. 2021, A.1.1): enough words, of plausible length, mostly
// with letters, few # and ellipses, not a list, and written in a language's common words.
//
// Words are the words and numbers of core/words.ts, plus, as in the paper's words between spaces, marks
// that stand alone (`*** ---`). Where datatrove differs: each comma is a word to it, which drops
// dialogue for having few letters. Where we also differ: stop words match capitalised, more bullets are
// known, and no rule divides by zero. `compat: datatrove` answers
// with datatrove's reasons and its exact expressions (compat-datatrove.ts).
// Cost: a few reads per token on the shared analysis.
import { z } from 'zod'
import type { Document } from '@shardmill/core/document'
import { defineFilter, type Judge } from '@shardmill/core/stage'
import { hashWord, wordKind, type Words } from '@shardmill/core/words'
import { datatroveGopherQuality } from './compat-datatrove.ts'
import { measureLines } from './line-measures.ts'

export const gopherQualityOptions = z.strictObject({
  minWords: z.int().min(0).default(50).describe('Documents of fewer words are dropped.'),
  maxWords: z.int().min(1).default(100_000).describe('Documents of more words are dropped.'),
  minMeanWordLength: z
    .number()
    .min(0)
    .default(3)
    .describe('Least mean length of the words, in characters (UTF-16 units).'),
  maxMeanWordLength: z
    .number()
    .min(0)
    .default(10)
    .describe('Greatest mean length of the words, in characters.'),
  maxSymbolsPerWord: z
    .number()
    .min(0)
    .default(0.1)
    .describe('Most `#` per word, and most ellipses per word.'),
  maxBulletLines: z
    .number()
    .min(0)
    .max(1)
    .default(0.9)
    .describe('Most lines that begin with a bullet, as a share of the lines.'),
  maxEllipsisLines: z
    .number()
    .min(0)
    .max(1)
    .default(0.3)
    .describe('Most lines that end in an ellipsis, as a share of the lines.'),
  minLetterWords: z
    .number()
    .min(0)
    .max(1)
    .default(0.8)
    .describe('Least share of words that hold a letter.'),
  minStopWords: z
    .int()
    .min(0)
    .default(2)
    .describe('How many different words of `stopWords` must occur.'),
  stopWords: z
    .array(z.string().min(1))
    .default(['the', 'be', 'to', 'of', 'and', 'that', 'have', 'with'])
    .describe('Common words of the language, of which running text holds several.'),
  compat: z
    .enum(['none', 'datatrove'])
    .default('none')
    .describe(
      "`datatrove` judges with datatrove's own expressions and reasons, for comparing runs.",
    ),
})

export type GopherQualityOptions = z.output<typeof gopherQualityOptions>

export const gopherQuality = defineFilter({
  name: 'gopher-quality',
  summary: 'Document rules of Gopher: words, symbols, bullets, stop words (Rae et al. 2021).',
  options: gopherQualityOptions,
  judge: judgeGopherQuality,
})

/** Compiles the rules; answers the first that fails. */
export function judgeGopherQuality(options: GopherQualityOptions): Judge {
  if (options.compat === 'datatrove') return datatroveGopherQuality(options)
  const stopWords = stopWordHashes(options.stopWords)
  return (doc) => {
    const { words, text } = doc
    const { letters, numbers, marks, chars } = countWords(words)
    const spoken = letters + numbers
    if (spoken < options.minWords) return 'too-few-words'
    if (spoken > options.maxWords) return 'too-many-words'
    const mean = chars / Math.max(1, spoken)
    if (mean < options.minMeanWordLength) return 'words-too-short'
    if (mean > options.maxMeanWordLength) return 'words-too-long'
    const maxSymbols = options.maxSymbolsPerWord * (spoken + marks)
    if (countOf(text, '#') > maxSymbols) return 'too-many-hashes'
    if (countOf(text, '...') + countOf(text, '…') > maxSymbols) return 'too-many-ellipses'
    const { lines, bullets, ellipses } = measureLines(doc)
    if (bullets > options.maxBulletLines * lines) return 'too-many-bullet-lines'
    if (ellipses > options.maxEllipsisLines * lines) return 'too-many-ellipsis-lines'
    if (letters < options.minLetterWords * (spoken + marks)) return 'too-few-words-with-letters'
    if (!hasStopWords(words, stopWords, options.minStopWords)) return 'too-few-stop-words'
    return undefined
  }
}

export interface WordCounts {
  /** Tokens with a letter; tokens of digits. */
  readonly letters: number
  readonly numbers: number
  /** Groups of marks that touch no word. */
  readonly marks: number
  /** UTF-16 units of letters and numbers. */
  readonly chars: number
}

/** Tokens by kind; punctuation that touches a word is in none of the counts. */
export function countWords({ count, starts, ends, kinds }: Words): WordCounts {
  let [letters, numbers, marks, chars] = [0, 0, 0, 0]
  let isAlone = false
  for (let i = 0; i < count; i++) {
    const kind = kinds[i]
    const isNewGroup = i === 0 || starts[i] !== ends[i - 1]
    if (isNewGroup) {
      if (isAlone) marks++
      isAlone = true
    }
    if (kind === wordKind.symbol) continue
    isAlone = false
    if (kind === wordKind.word) letters++
    else numbers++
    chars += ends[i]! - starts[i]!
  }
  if (isAlone) marks++
  return { letters, numbers, marks, chars }
}

/** Stop words by hash, as written and capitalised; the value tells which word it is. */
export function stopWordHashes(stopWords: readonly string[]): ReadonlyMap<number, number> {
  const hashes = new Map<number, number>()
  for (const [index, word] of stopWords.entries()) {
    hashes.set(hashWord(word), index)
    hashes.set(hashWord(word.slice(0, 1).toUpperCase() + word.slice(1)), index)
  }
  return hashes
}

/** Whether at least `needed` different stop words occur; stops at the last one needed. */
export function hasStopWords(
  { count, hashes }: Words,
  stopWords: ReadonlyMap<number, number>,
  needed: number,
): boolean {
  if (needed === 0) return true
  const found = new Set<number>()
  for (let i = 0; i < count; i++) {
    const word = stopWords.get(hashes[i]!)
    if (word === undefined) continue
    found.add(word)
    if (found.size >= needed) return true
  }
  return false
}

/** Occurrences of `part` in `text` without overlap. */
export function countOf(text: string, part: string): number {
  let count = 0
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) count++
  return count
}

/** Whether `doc` speaks English for all that its words tell: at least `needed` common words. */
export function looksEnglish(doc: Document, needed = 3): boolean {
  return hasStopWords(doc.words, englishWords, needed)
}

const englishWords = stopWordHashes(['the', 'of', 'and', 'to', 'that', 'with', 'is', 'for', 'have'])

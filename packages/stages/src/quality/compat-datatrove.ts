// datatrove's quality filters, expression by expression, with its reasons (gopher_short_doc,
// top_2_gram …): for comparing our runs with theirs. Facts read from datatrove a649de79 (Apache-2.0):
// src/datatrove/pipeline/filters/{gopher_quality,gopher_repetition,c4,fineweb_quality}_filter(s).py.
//
// Its English words come from spaCy's tokenizer. We rebuild its main habits from our tokens: clitics
// split off (do|n't, it|'s), repeated marks one by one except dots and hyphens, addresses left whole
// are not. Lengths are code points, as in Python.
// Cost: strings per word; several times slower than the native rules.
import { categories, category, terminators } from '@shardmill/core/unicode'
import type { Document } from '@shardmill/core/document'
import type { Judge } from '@shardmill/core/stage'
import type { FinewebQualityOptions } from './fineweb-quality.ts'
import type { GopherQualityOptions } from './gopher-quality.ts'
import type { GopherRepetitionOptions } from './gopher-repetition.ts'

/** Tokens as datatrove would see them, nearly. */
export function datatroveWords({ text, words }: Document): string[] {
  const tokens: string[] = []
  for (let i = 0; i < words.count; i++) {
    const token = text.slice(words.starts[i], words.ends[i])
    const clitic = clitics.exec(token)
    if (clitic !== null && clitic.index > 0) {
      tokens.push(token.slice(0, clitic.index), token.slice(clitic.index))
    } else if (repeatedMark.test(token)) tokens.push(...Array.from(token))
    else tokens.push(token)
  }
  return tokens
}

const clitics = /(?:n['’]t|['’](?:s|m|d|re|ve|ll))$/i
const repeatedMark = /^([^\p{L}\p{N}.-])\1+$/u

/** The words `max` and `min` as datatrove's gopher_* reasons. */
export function datatroveGopherQuality(options: GopherQualityOptions): Judge {
  const stopWords = new Set(options.stopWords)
  return (doc) => {
    const words = datatroveWords(doc)
    const spoken = words.filter((word) => Array.from(word).some((char) => !punctuation.has(char)))
    if (spoken.length < options.minWords) return 'gopher_short_doc'
    if (spoken.length > options.maxWords) return 'gopher_long_doc'
    const mean = sum(spoken.map(sizeOf)) / spoken.length
    if (mean < options.minMeanWordLength) return 'gopher_below_avg_threshold'
    if (mean > options.maxMeanWordLength) return 'gopher_above_avg_threshold'
    const { text } = doc
    const perWord = (count: number): boolean => count / words.length > options.maxSymbolsPerWord
    if (perWord(text.split('#').length - 1)) return 'gopher_too_many_hashes'
    if (perWord(text.split('...').length + text.split('…').length - 2)) {
      return 'gopher_too_many_ellipsis'
    }
    const lines = pythonLines(text)
    const bullets = lines.filter((line) => /^[•-]/.test(line.trimStart())).length
    if (bullets / lines.length > options.maxBulletLines) return 'gopher_too_many_bullets'
    const ellipses = lines.filter((line) => /(?:\.{3}|…)$/.test(line.trimEnd())).length
    if (ellipses / lines.length > options.maxEllipsisLines) return 'gopher_too_many_end_ellipsis'
    const lettered = words.filter((word) => /\p{L}/u.test(word)).length
    if (lettered / words.length < options.minLetterWords) return 'gopher_below_alpha_threshold'
    const found = new Set(words.filter((word) => stopWords.has(word)))
    return found.size < options.minStopWords ? 'gopher_enough_stop_words' : undefined
  }
}

/** Duplicates of lines and paragraphs, top and duplicated n-grams. */
export function datatroveGopherRepetition(options: GopherRepetitionOptions): Judge {
  return (doc) => {
    const { text } = doc
    const size = sizeOf(text)
    const paragraphs = text.trim().split(/\n{2,}/)
    const inParagraphs = duplicatesOf(paragraphs)
    if (inParagraphs.count / paragraphs.length > options.maxDuplicateParagraphs) {
      return 'dup_para_frac'
    }
    if (inParagraphs.chars / size > options.maxDuplicateParagraphChars) return 'dup_para_char_frac'
    const lines = text.split(/\n+/)
    const inLines = duplicatesOf(lines)
    if (inLines.count / lines.length > options.maxDuplicateLines) return 'dup_line_frac'
    if (inLines.chars / size > options.maxDuplicateLineChars) return 'dup_line_char_frac'
    const words = datatroveWords(doc)
    for (const [i, limit] of options.maxTopNgramChars.entries()) {
      if (words.length < i + 2) continue
      if (topNgramSize(words, i + 2) / size > limit) return `top_${i + 2}_gram`
    }
    for (const [i, limit] of options.maxDuplicateNgramChars.entries()) {
      if (duplicateNgramSize(words, i + 5) / size > limit) return `duplicated_${i + 5}_n_grams`
    }
    return undefined
  }
}

/** End marks, short lines, copied lines, lists. */
export function datatroveFineweb(options: FinewebQualityOptions): Judge {
  return (doc) => {
    const lines = doc.text.split('\n').filter((line) => line.trim() !== '')
    if (lines.length === 0) return 'empty'
    const terminated = lines.filter((line) => terminators.has(lastCodePoint(line))).length
    if (terminated / lines.length < options.minTerminatedLines) return 'line_punct_ratio'
    const short = lines.filter((line) => sizeOf(line) <= options.shortLineLength).length
    if (short / lines.length > options.maxShortLines) return 'short_line_ratio'
    const breaks = doc.text.split('\n').length - 1
    const { chars } = duplicatesOf(lines)
    if (chars / (sizeOf(doc.text) - breaks) > options.maxDuplicateLineChars) return 'char_dup_ratio'
    return breaks / datatroveWords(doc).length > options.maxBreaksPerWord ? 'list_ratio' : undefined
  }
}

/** Code points. */
export function sizeOf(text: string): number {
  let size = text.length
  for (let i = 1; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit >= 0xdc00 && unit < 0xe000 && text.codePointAt(i - 1)! > 0xffff) size--
  }
  return size
}

/** Python's str.splitlines: no empty line after a final line end. */
export function pythonLines(text: string): string[] {
  const lines = text.split(/\r\n|[\n\r\v\f\u001c-\u001e\u0085\u2028\u2029]/)
  if (lines.at(-1) === '') lines.pop()
  return lines
}

function duplicatesOf(parts: readonly string[]): { count: number; chars: number } {
  const seen = new Set<string>()
  let [count, chars] = [0, 0]
  for (const part of parts) {
    if (seen.has(part)) {
      count++
      chars += sizeOf(part)
    } else seen.add(part)
  }
  return { count, chars }
}

/** Size with joining spaces times number, overlapping, of the n-gram that occurs most. */
function topNgramSize(words: readonly string[], n: number): number {
  const counts = new Map<string, number>()
  let [top, most] = ['', 0]
  for (let i = 0; i + n <= words.length; i++) {
    const ngram = words.slice(i, i + n).join(' ')
    counts.set(ngram, (counts.get(ngram) ?? 0) + 1)
  }
  for (const [ngram, count] of counts) if (count > most) [top, most] = [ngram, count]
  return sizeOf(top) * most
}

function duplicateNgramSize(words: readonly string[], n: number): number {
  const seen = new Set<string>()
  let size = 0
  for (let i = 0; i + n <= words.length;) {
    const ngram = words.slice(i, i + n).join('')
    if (seen.has(ngram)) {
      size += sizeOf(ngram)
      i += n
    } else {
      seen.add(ngram)
      i++
    }
  }
  return size
}

function lastCodePoint(line: string): number {
  return (Array.from(line.slice(-2)).at(-1) ?? '').codePointAt(0) ?? 0
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

// datatrove's punctuation for counting words: ASCII, cc_net's list (which holds a full-width one),
// control characters and the sentence terminators.
const listed = '—”：％１〈、━【「」，】；“《„’∶´（–？！～«〉》）。…►»'
const punctuation: ReadonlySet<string> = new Set([
  ...Array.from(listed),
  ...Array.from(terminators, (code) => String.fromCodePoint(code)),
  ...Array.from({ length: 160 }, (_, code) => String.fromCharCode(code)).filter((_, code) => {
    const value = categories[code]!
    const isMark = value >= category['Pc']! && value <= category['So']!
    return (code < 128 && isMark) || (value === category['Cc'] && code !== 9 && code !== 10)
  }),
])

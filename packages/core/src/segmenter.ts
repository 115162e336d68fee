// Where words end in scripts that write none of their word ends. Chinese goes to jieba (a dictionary
// with a hidden Markov model for names it does not know), Japanese, Thai, Lao, Khmer and Burmese to
// Intl.Segmenter (ICU dictionaries). This is the segmentation of counts and shingles; the trained
// segmenter of the tokenizer package is another, slower one.
//
// jieba's dictionary is mostly simplified, so traditional characters are looked up by their simplified
// form. All runs of a document go through jieba in one call, as UTF-8 that we write ourselves: a call
// per run would cost as much again. Measured in docs/log.md: about 13 MB/s, Intl.Segmenter 4 MB/s.
// Loading the dictionary takes 60 ms and 45 MB, when the first Chinese run is met.
import { createRequire } from 'node:module'
import { simplified, traditional } from './data/simplified-han.ts'

export type UnspacedScript = 'chinese' | 'japanese' | 'southeast-asian'

/** Part of cache keys: another segmenter gives other counts. */
export const segmenterVersion = `jieba-2.0+icu-${process.versions.icu}`

/** Word ends of many runs, in order: `push(runIndex, length)` once per word, in UTF-16 units. */
export type PushWord = (run: number, length: number) => void

/** Runs of one script over `text`: run i is [starts[i], ends[i]). */
export interface Runs {
  readonly count: number
  readonly starts: ArrayLike<number>
  readonly ends: ArrayLike<number>
}

/** Segments all runs of one script; the lengths pushed for a run sum to its length. */
export function segmentRuns(
  text: string,
  runs: Runs,
  script: UnspacedScript,
  push: PushWord,
): void {
  if (script === 'chinese') segmentChinese(text, runs, push)
  else segmentWithIcu(text, runs, script === 'japanese' ? 'ja' : 'th', push)
}

/** Lengths of the words of one run, for callers that have only one. */
export function segmentRun(text: string, script: UnspacedScript): number[] {
  const lengths: number[] = []
  const runs = { count: 1, starts: [0], ends: [text.length] }
  segmentRuns(text, runs, script, (_, length) => lengths.push(length))
  return lengths
}

interface Jieba {
  cut(sentence: Uint8Array, hmm: boolean): string[]
}

let jieba: Jieba | undefined
let simplify: Uint16Array | undefined
let utf8 = new Uint8Array(4096)

function segmentChinese(text: string, runs: Runs, push: PushWord): void {
  jieba ??= loadJieba()
  simplify ??= simplifyTable()
  let size = 0
  for (let run = 0; run < runs.count; run++) {
    const end = runs.ends[run]!
    const needed = size + (end - runs.starts[run]!) * 3 + 1
    if (needed > utf8.length) {
      const larger = new Uint8Array(needed * 2)
      larger.set(utf8)
      utf8 = larger
    }
    for (let at = runs.starts[run]!; at < end; at++) {
      let unit = simplify[text.charCodeAt(at)]!
      // An accent on an ideograph: any mark of one unit and three bytes will do.
      if (unit < 0x800) unit = 0x3013
      if (unit >= 0xd800 && unit < 0xdc00) {
        const code = text.codePointAt(at++)!
        utf8[size++] = 0xf0 | (code >> 18)
        utf8[size++] = 0x80 | ((code >> 12) & 63)
        utf8[size++] = 0x80 | ((code >> 6) & 63)
        utf8[size++] = 0x80 | (code & 63)
      } else {
        utf8[size++] = 0xe0 | (unit >> 12)
        utf8[size++] = 0x80 | ((unit >> 6) & 63)
        utf8[size++] = 0x80 | (unit & 63)
      }
    }
    utf8[size++] = 10
  }
  let run = 0
  let left = runs.count === 0 ? 0 : runs.ends[0]! - runs.starts[0]!
  for (const { length } of jieba.cut(utf8.subarray(0, size), true)) {
    if (left === 0) {
      // The separator after a finished run.
      if (++run === runs.count) return
      left = runs.ends[run]! - runs.starts[run]!
      continue
    }
    push(run, length)
    left -= length
  }
}

function loadJieba(): Jieba {
  const require = createRequire(import.meta.url)
  const { Jieba: Native } = require('@node-rs/jieba') as typeof import('@node-rs/jieba')
  const { dict } = require('@node-rs/jieba/dict') as { dict: Uint8Array }
  return Native.withDict(dict)
}

function simplifyTable(): Uint16Array {
  const table = Uint16Array.from({ length: 0x10000 }, (_, unit) => unit)
  for (let i = 0; i < traditional.length; i++) {
    table[traditional.charCodeAt(i)] = simplified.charCodeAt(i)
  }
  return table
}

const segmenters = new Map<string, Intl.Segmenter>()

function segmentWithIcu(text: string, runs: Runs, locale: string, push: PushWord): void {
  let segmenter = segmenters.get(locale)
  if (segmenter === undefined) {
    segmenter = new Intl.Segmenter(locale, { granularity: 'word' })
    segmenters.set(locale, segmenter)
  }
  for (let run = 0; run < runs.count; run++) {
    const part = text.slice(runs.starts[run], runs.ends[run])
    for (const { segment } of segmenter.segment(part)) push(run, segment.length)
  }
}

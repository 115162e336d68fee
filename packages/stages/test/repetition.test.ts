import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import { Document } from '@shardmill/core/document'
import { wordKind } from '@shardmill/core/words'
import { measureRepetition } from '@shardmill/stages/quality/repetition'

/** The definition in the plainest words: n-grams as strings, occurrences by scanning. */
function plain(tokens: readonly string[], n: number): { top: number; duplicate: number } {
  const total = tokens.join('').length
  const gram = (at: number): string => tokens.slice(at, at + n).join('\0')
  const size = (at: number): number => tokens.slice(at, at + n).join('').length
  const starts = Array.from({ length: Math.max(0, tokens.length - n + 1) }, (_, i) => i)
  const covered = new Map<string, { times: number; end: number; size: number }>()
  for (const at of starts) {
    const seen = covered.get(gram(at))
    if (seen === undefined) covered.set(gram(at), { times: 1, end: at + n, size: size(at) })
    else if (at >= seen.end) Object.assign(seen, { times: seen.times + 1, end: at + n })
  }
  const repeated = [...covered.values()].filter(({ times }) => times > 1)
  const top = Math.max(0, ...repeated.map(({ times, size: one }) => times * one))
  const firstEnds = new Map<string, number>()
  let duplicate = 0
  let resume = 0
  for (const at of starts) {
    if (at < resume) continue
    const firstEnd = firstEnds.get(gram(at))
    if (firstEnd === undefined) firstEnds.set(gram(at), at + n)
    else if (at >= firstEnd) {
      duplicate += size(at)
      resume = at + n
    }
  }
  return { top: total === 0 ? 0 : top / total, duplicate: total === 0 ? 0 : duplicate / total }
}

test('equals the plain twin and stays in [0, 1] on 10^5 random texts', () => {
  const token = fc.constantFrom('a', 'b', 'the', '的', '人', '，', 'x1', '...', '😀')
  const separator = fc.constantFrom('', ' ', ' ', '\n')
  const text = fc
    .array(fc.tuple(token, separator), { maxLength: 24 })
    .map((parts) => parts.flat().join(''))
  const n = fc.integer({ min: 2, max: 10 })
  fc.assert(
    fc.property(text, n, (value, size) => {
      const { words } = new Document({ id: '', text: value })
      const { topShare, duplicateShare } = measureRepetition(words)
      const tokens = Array.from({ length: words.count }, (_, i) =>
        value.slice(words.starts[i], words.ends[i]),
      ).filter((_, i) => words.kinds[i] !== wordKind.symbol)
      const { top, duplicate } = plain(tokens, size)
      const isEqual = topShare[size] === top && duplicateShare[size] === duplicate
      return isEqual && top >= 0 && top <= 1 && duplicate >= 0 && duplicate <= 1
    }),
    { seed: 3, numRuns: 100_000 },
  )
})

test('no repetition is 0, and only repetition is near 1, in Chinese as in English', () => {
  const share = (text: string, n: number): number =>
    measureRepetition(new Document({ id: '', text }).words).topShare[n]!
  expect(share('每个汉字都不同的一句话里没有任何重复片段', 2)).toBe(0)
  expect(share('的人'.repeat(50), 2)).toBeCloseTo(1)
  expect(share('spam ham '.repeat(50), 2)).toBeCloseTo(1)
})

// labelled/pii.jsonl: sentences written for this test with the personal data in them, all invented, and
// as many with numbers and names that only look like it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import { replaceMatches } from '@shardmill/stages/clean/pii'
import { findPii, piiKinds } from '@shardmill/stages/clean/pii-finders'

interface Row {
  readonly text: string
  readonly pii: readonly { readonly kind: string; readonly value: string }[]
}

const all = new Set(piiKinds)
const rows = readFileSync(join(import.meta.dirname, 'labelled/pii.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Row)

const found = (text: string): string[] =>
  findPii(text, all).map(({ kind, start, end }) => `${kind} ${text.slice(start, end)}`)

test('recall is at least 0.97 and precision 0.98 on the labelled set', () => {
  const wrong: string[] = []
  let [hits, expected, answered] = [0, 0, 0]
  for (const { text, pii } of rows) {
    const gold = pii.map(({ kind, value }) => `${kind} ${value}`)
    const answer = found(text)
    const right = answer.filter((item) => gold.includes(item)).length
    hits += right
    expected += gold.length
    answered += answer.length
    if (right < gold.length || right < answer.length) wrong.push(`${text} -> ${answer.join(', ')}`)
  }
  expect(expected).toBeGreaterThan(80)
  expect(hits / expected, wrong.join('\n')).toBeGreaterThanOrEqual(0.97)
  expect(hits / answered, wrong.join('\n')).toBeGreaterThanOrEqual(0.98)
})

test('what was replaced is gone, and nothing else changed', () => {
  const part = fc.oneof(
    fc.constantFrom(...rows.map(({ text }) => text)),
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.constantFrom(' ', '\n', '\ud83d', '，', '。'),
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
      const text = parts.join('\n')
      const matches = findPii(text, all)
      const replaced = replaceMatches(text, matches, {})
      expect(findPii(replaced, all)).toEqual([])
      const kept = matches.map(({ start, end }) => text.slice(start, end))
      const back = kept.reduce((result, value) => {
        const marker = /\[(?:email|mobile|landline|id-card|bank-card|ip|qq|wechat)\]/
        return result.replace(marker, () => value)
      }, replaced)
      expect(back).toBe(text)
    }),
    { seed: 5, numRuns: 2000 },
  )
})

test.each([
  ['digits', '1'],
  ['grouped digits', '1380 '],
  ['dotted numbers', '1.'],
  ['at signs', 'a@'],
  ['domains', 'a@b.'],
  ['colons', '2001:'],
  ['cues', 'QQ:'],
  ['names', '微信 '],
  ['hyphens', '010-'],
  ['brackets', '(086)'],
])('a megabyte of %s takes linear time', (_, unit) => {
  const time = (size: number): number => {
    const text = unit.repeat(size / unit.length)
    const start = process.cpuUsage()
    findPii(text, all)
    const { user } = process.cpuUsage(start)
    return user / 1e6
  }
  time(10_000)
  expect(time(1_000_000)).toBeLessThan(2)
})

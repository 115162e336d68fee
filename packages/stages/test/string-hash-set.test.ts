import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { StringHashSetBuilder } from '@shardmill/stages/url/string-hash-set'

function setOf(entries: Iterable<string>) {
  const builder = new StringHashSetBuilder()
  for (const entry of entries) builder.add(entry)
  return builder.build()
}

test('agrees with a Set of strings', () => {
  const word = fc.string({ unit: 'grapheme', maxLength: 6 })
  fc.assert(
    fc.property(fc.array(word), fc.array(word), (entries, questions) => {
      const plain = new Set(entries)
      const set = setOf(entries)
      expect(set.count).toBe(plain.size)
      for (const text of [...entries, ...questions]) {
        expect(set.has(`<${text}>`, 1, text.length + 1)).toBe(plain.has(text))
      }
    }),
    { seed: 7 },
  )
})

describe('a beginning', () => {
  const set = setOf(['a.com/x', 'b.com/p?q=1'])
  test.each([
    ['a.com/x', true],
    ['a.com/x/y/z', true],
    ['a.com/x?y', true],
    ['a.com/xy', false],
    ['a.com', false],
    ['b.com/p?q=1&r=2', true],
    ['b.com/p?q=12', false],
    ['', false],
  ])('%s', (text, expected) => {
    expect(set.hasBeginningOf(text)).toBe(expected)
  })
})

test('two million entries take 10 bytes each and none is confused with another', () => {
  const count = 2_000_000
  const nameOf = (i: number) => `site-${i.toString(36)}.example${i % 97}.com`
  const builder = new StringHashSetBuilder()
  for (let i = 0; i < count; i++) builder.add(nameOf(i))
  const set = builder.build()
  expect(set.count).toBe(count)
  expect(set.byteLength / count).toBeLessThan(10)
  let found = 0
  let confused = 0
  for (let i = 0; i < count; i += 4) {
    if (set.has(nameOf(i))) found++
    if (set.has(nameOf(count + i))) confused++
  }
  expect([found, confused]).toEqual([count / 4, 0])
})

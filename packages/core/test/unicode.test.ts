import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import { splitLines } from '@shardmill/core/lines'
import { analyseScripts } from '@shardmill/core/script-histogram'
import { segmentRun } from '@shardmill/core/segmenter'
import {
  categories,
  category,
  scriptNumber,
  scripts,
  unicodeVersion,
} from '@shardmill/core/unicode'

test.each([
  ['a', 'Ll', 'Latin'],
  ['。', 'Po', 'Common'],
  ['中', 'Lo', 'Han'],
  ['𠀀', 'Lo', 'Han'],
  ['ก', 'Lo', 'Thai'],
  ['\u0301', 'Mn', 'Inherited'],
  ['😀', 'So', 'Common'],
  ['\u{10ffff}', 'Cn', 'Unknown'],
])('%s is %s, %s', (text, name, script) => {
  const code = text.codePointAt(0)!
  expect([categories[code], scripts[code]]).toEqual([category[name], scriptNumber(script)])
})

test('the tables agree with this Node where it knows the same Unicode', () => {
  if (process.versions.unicode !== unicodeVersion) return
  let letters = 0
  for (let code = 0; code < 0x110000; code++) {
    if (categories[code]! >= category['Lu']! && categories[code]! <= category['Lo']!) letters++
  }
  const everything = Array.from({ length: 0x110000 }, (_, code) => String.fromCodePoint(code))
  expect(letters).toBe(everything.filter((text) => /^\p{L}$/u.test(text)).length)
})

const unit = fc.constantFrom(
  ...Array.from('aé中𠀀かカนเд1 \r\n\u2028\u0085\u000b。'),
  '\ud83d',
  '\ude00',
  'º',
)
const text = fc.string({ unit, maxLength: 40 })

const hits = (value: string, pattern: RegExp): number => value.match(pattern)?.length ?? 0

test('script counts equal the plain twin', () => {
  fc.assert(
    fc.property(text, (value) => {
      const { letters, han, kana, latin, thai, cyrillic } = analyseScripts(value)
      expect({ letters, han, kana, latin, thai, cyrillic }).toEqual({
        letters: hits(value, /\p{L}/gu),
        han: hits(value, /(?=\p{L})\p{Script=Han}/gu),
        kana: hits(value, /(?=\p{L})[\p{Script=Hiragana}\p{Script=Katakana}]/gu),
        latin: hits(value, /(?=\p{L})\p{Script=Latin}/gu),
        thai: hits(value, /(?=\p{L})\p{Script=Thai}/gu),
        cyrillic: hits(value, /(?=\p{L})\p{Script=Cyrillic}/gu),
      })
    }),
    { seed: 1, numRuns: 3000 },
  )
})

test('lines equal a split by regular expression', () => {
  fc.assert(
    fc.property(text, (value) => {
      const { count, starts, ends } = splitLines(value)
      const lines = Array.from({ length: count }, (_, i) => value.slice(starts[i], ends[i]))
      expect(lines).toEqual(value.split(/\r\n|[\n\r\u0085\u2028\u2029]/))
    }),
    { seed: 1, numRuns: 3000 },
  )
})

test('segmented lengths sum to the run, whatever ideographs it holds', () => {
  const han = fc.string({
    unit: fc.oneof(
      fc.integer({ min: 0x3400, max: 0x9fff }).map((code) => String.fromCodePoint(code)),
      fc.integer({ min: 0x20000, max: 0x323af }).map((code) => String.fromCodePoint(code)),
      fc.constantFrom(...Array.from('的一是我們中國人々〇\u{f900}\ufe00\u0301')),
    ),
    minLength: 1,
    maxLength: 30,
  })
  fc.assert(
    fc.property(han, (run) => {
      const lengths = segmentRun(run, 'chinese')
      expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(run.length)
    }),
    { seed: 1, numRuns: 2000 },
  )
})

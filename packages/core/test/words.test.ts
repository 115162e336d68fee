import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import { analyseScripts } from '@shardmill/core/script-histogram'
import { splitWords, wordKind } from '@shardmill/core/words'

const words = (text: string): string[] => {
  const { count, starts, ends } = splitWords(text, analyseScripts(text))
  return Array.from({ length: count }, (_, i) => text.slice(starts[i], ends[i]))
}

test.each([
  ["Don't panic — it's 3.14, not 1,000.", "Don't|panic|—|it's|3.14|,|not|1,000|."],
  ['snake_case example.com end.Next', 'snake_case|example|.|com|end|.|Next'],
  ['well-known ... !!! ?!', 'well|-|known|...|!!!|?|!'],
  ['naïve re\u0301sume\u0301 Ⅷ x²', 'naïve|re\u0301sume\u0301|Ⅷ|x²'],
  ['我们在2024年去了北京大学，真好！', '我们|在|2024|年|去|了|北京大学|，|真|好|！'],
  ['臺灣的經濟發展很快', '臺灣|的|經濟|發展|很快'],
  ['ฉันรักประเทศไทย', 'ฉัน|รัก|ประเทศไทย'],
  ['한국어 문장입니다.', '한국어|문장입니다|.'],
  ['हिन्दी भाषा', 'हिन्दी|भाषा'],
  ['👨‍👩‍👧 ok 👍🏽', '👨‍|👩‍|👧|ok|👍|🏽'],
  ['a\ud83d\u0000b\u200bc\ufeff', 'a|\ud83d|b|c'],
  ['', ''],
])('%j', (text, expected) => expect(words(text).join('|')).toBe(expected))

test('Japanese runs of kana and ideographs are segmented together', () => {
  expect(words('私は東京に行きました。')).toEqual(
    expect.arrayContaining(['私', 'は', '東京', 'に', '。']),
  )
})

test('kinds tell words, numbers and symbols apart', () => {
  const text = 'abc 12 a1 第 ， 😀 3.5'
  const { kinds } = splitWords(text, analyseScripts(text))
  const { word, number, symbol } = wordKind
  expect([...kinds]).toEqual([word, number, word, word, symbol, symbol, number])
})

// The plain twin: Unicode word pieces by regular expression. It knows no segmenter, so it is compared
// on text without unspaced scripts.
const pattern =
  /(?:(?<=\p{L}\p{M}*)['’](?=\p{L})|(?<=\p{N}\p{M}*)[.,](?=\p{N})|(?<=[\p{L}\p{N}]\p{M}*)_(?=[\p{L}\p{N}])|[\p{L}\p{N}]\p{M}*)+|(?![\p{L}\p{N}\p{M}\p{Z}\p{Cc}\p{Cf}])(.)\1*\p{M}*/gsu
const plain = (text: string): string[] => [...text.matchAll(pattern)].map(([match]) => match)

const spaced = fc.string({
  unit: fc.constantFrom(...Array.from("abZé1٣ \n.,'’_-!…#☃𝔸𐐀€\u0301")),
  maxLength: 40,
})

test('equals the plain twin on spaced scripts', () => {
  fc.assert(
    fc.property(spaced, (text) => {
      expect(words(text)).toEqual(plain(text))
    }),
    { seed: 1, numRuns: 3000 },
  )
})

const anything = fc.string({
  unit: fc.oneof(
    fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code)),
    fc.constantFrom(
      ...Array.from('我們们的語 。，かカーไทยລາវខမ𠀀、a1 \n\u0301\ufe00'),
      '\ud83d',
      '\ude00',
    ),
  ),
  maxLength: 60,
})

test('spans are ordered, non-empty and cover every letter and digit', () => {
  fc.assert(
    fc.property(anything, (text) => {
      const { count, starts, ends } = splitWords(text, analyseScripts(text))
      const skipped: string[] = []
      let at = 0
      let isOrdered = true
      for (let i = 0; i < count; i++) {
        isOrdered &&= starts[i]! >= at && ends[i]! > starts[i]!
        skipped.push(text.slice(at, starts[i]))
        at = ends[i]!
      }
      expect(isOrdered).toBe(true)
      expect(skipped.join('') + text.slice(at)).not.toMatch(/[\p{L}\p{Nd}]/u)
    }),
    { seed: 2, numRuns: 3000 },
  )
})

test('equal words have equal hashes, and 50 000 different ones hardly collide', () => {
  const many = Array.from({ length: 50_000 }, (_, i) => `w${i}x`)
  const text = `${many.join(' ')} ${many.join(' ')}`
  const { hashes } = splitWords(text, analyseScripts(text))
  expect(hashes.subarray(0, 50_000)).toEqual(hashes.subarray(50_000))
  expect(new Set(hashes).size).toBeGreaterThan(49_995)
})

import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import { Document } from '@shardmill/core/document'
import { normalize } from '@shardmill/stages/clean/normalize'
import { testContext } from './run-fixture.ts'

const run = async (text: string): Promise<string> => {
  const transform = await normalize.create(normalize.options.parse({}), testContext('.'))
  const doc = new Document({ id: '', text })
  await transform.process([doc])
  return doc.text
}

test.each([
  ['Ｂｅｒｔ２，全角。', 'Ｂｅｒｔ２，全角。'],
  ['ﬁne', 'ﬁne'],
  ['e\u0301', 'é'],
  ['a\u00a0\u2003b', 'a b'],
  ['a　b', 'a　b'],
  ['x\r\ny\u2028z', 'x\ny\nz'],
  ['  indented\n    more ', '  indented\n    more'],
  ['\ufeff\n\n\na\n\n\n\n\nb\n', 'a\n\nb'],
])('normalize %j -> %j', async (input, expected) => expect(await run(input)).toBe(expected))

test('a second run changes nothing, and full-width forms survive', async () => {
  const unit = fc.oneof(
    fc.constantFrom(
      ...Array.from('a \t\n\r，。！Ａ１　e\u0301\u200b\ufeff\u00ad\u2028'),
      '\ud83d',
      '\ude00',
    ),
    fc.integer({ min: 0, max: 0x2fff }).map((code) => String.fromCharCode(code)),
  )
  await fc.assert(
    fc.asyncProperty(fc.string({ unit, maxLength: 40 }), async (text) => {
      const once = await run(text)
      expect(await run(once)).toBe(once)
      const fullWidth = /[\uff01-\uff5e，。！]/g
      expect(once.match(fullWidth)).toEqual(text.match(fullWidth))
      expect(once).not.toMatch(/[\0-\b\r\v\f\u007f-\u009f\u200b\ufeff]|\p{Cs}/u)
    }),
    { seed: 4, numRuns: 2000 },
  )
})

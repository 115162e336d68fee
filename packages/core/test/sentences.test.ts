import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import { splitSentences } from '@shardmill/core/sentences'

const sentences = (text: string): string[] => {
  const { count, starts, ends } = splitSentences(text)
  return Array.from({ length: count }, (_, i) => text.slice(starts[i], ends[i]))
}

test.each([
  ['He left. She stayed!  Why? No idea', ['He left.', 'She stayed!', 'Why?', 'No idea']],
  ['Dr. Smith met J. K. Rowling in the U.S. last week.', 1],
  ['It costs 3.14 dollars at example.com. OK.', 2],
  ['We saw birds, e.g. sparrows. They flew.', 2],
  ['It was I. Then he came.', 2],
  ['"Stop!" he said. (Really.) Yes.', ['"Stop!"', 'he said.', '(Really.)', 'Yes.']],
  ['Wait... what?! Fine.', ['Wait... what?!', 'Fine.']],
  ['今天下雨。我们回家吧！好吗？', ['今天下雨。', '我们回家吧！', '好吗？']],
  ['“好！”他说。“走吧。”', ['“好！”他说。', '“走吧。”']],
  ['他想……算了。', 1],
  ['真的？！“是。”“哦。”', ['真的？！', '“是。”', '“哦。”']],
  ['第一行\n\n  第二行 \r\n', ['第一行', '第二行']],
  ['यह वाक्य है। दूसरा। ما هذا؟ نعم.', 4],
  ['', 0],
  [' \n\t', 0],
])('%j', (text, expected) => {
  if (typeof expected === 'number') expect(sentences(text)).toHaveLength(expected)
  else expect(sentences(text)).toEqual(expected)
})

test('spans are trimmed, ordered and cover all but white space', () => {
  const unit = fc.constantFrom(
    ...Array.from('aB1 .!?…。！”“」(") \n\u3000\u00a0的'),
    '\ud83d',
    '😀',
  )
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 50 }), (text) => {
      const parts = sentences(text)
      expect(parts.every((part) => part !== '' && part === part.trim())).toBe(true)
      expect(parts.join('').replaceAll(/\s/g, '')).toBe(text.replaceAll(/\s/g, ''))
    }),
    { seed: 1, numRuns: 3000 },
  )
})

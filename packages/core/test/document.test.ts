import { expect, test } from 'vitest'
import { Document } from '@shardmill/core'

test('analysis is shared until the text changes', () => {
  const doc = new Document({ id: '1', text: 'one two\nthree' })
  const { words, lines } = doc
  expect(doc.words).toBe(words)
  expect([words.count, lines.count]).toEqual([3, 2])
  doc.text = 'one'
  expect([doc.words.count, doc.lines.count]).toEqual([1, 1])
})

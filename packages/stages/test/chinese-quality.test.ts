// labelled/chinese-spam.jsonl holds 25 pages of spam and 10 of honest short prose, written for this
// test: long enough that no length rule decides.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Document, type DocumentFields } from '@shardmill/core/document'
import {
  chineseQualityOptions,
  judgeChineseQuality,
} from '@shardmill/stages/quality/chinese-quality'

const path = join(import.meta.dirname, 'labelled/chinese-spam.jsonl')
const rows = readFileSync(path, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as DocumentFields)
const spam = rows.filter(({ id }) => id.startsWith('spam-'))
const honest = rows.filter(({ id }) => id.startsWith('ham-'))

const dropped = (documents: readonly DocumentFields[], options: object = {}): string[] => {
  const judge = judgeChineseQuality(chineseQualityOptions.parse(options))
  return documents
    .map((fields) => new Document(fields))
    .filter(judge)
    .map(({ id }) => id)
}

test('drops at least 80 % of spam, and 40 % of it by form alone', () => {
  expect(dropped(spam).length).toBeGreaterThanOrEqual(spam.length * 0.8)
  expect(dropped(spam, { maxSpamCues: 1000 }).length).toBeGreaterThanOrEqual(spam.length * 0.4)
})

test('keeps honest prose', () => expect(dropped(honest)).toEqual([]))

// What fixtures cannot say of the stage perplexity: counters, errors, and text rules.
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Document } from '@shardmill/core/document'
import { ModelFile } from '@shardmill/stages/quality/ngram/model-file'
import { ModelWriter } from '@shardmill/stages/quality/ngram/model-writer'
import {
  applyRules,
  ccnetRules,
  noRules,
  unitTable,
} from '@shardmill/stages/quality/ngram/scoring-text'
import { TextUnits, type UnitName } from '@shardmill/stages/quality/ngram/text-units'
import { perplexity } from '@shardmill/stages/quality/perplexity'
import { testContext } from './run-fixture.ts'

const models = join(import.meta.dirname, 'models')

test('counts buckets, documents without a model, and documents without words', async () => {
  const counters = new Map<string, number>()
  const options = perplexity.options.parse({ models: { en: 'en.ngram' } })
  const transform = await perplexity.create(options, testContext(models, counters))
  await transform.process([
    new Document({ id: '1', lang: 'en', text: 'Bread is made of flour and water.' }),
    new Document({ id: '2', lang: 'de', text: 'Brot' }),
    new Document({ id: '3', text: 'Bread' }),
    new Document({ id: '4', lang: 'en', text: '' }),
  ])
  const buckets = ['head', 'middle', 'tail'].map((name) => counters.get(`bucket: ${name}`) ?? 0)
  expect(buckets.reduce((sum, count) => sum + count)).toBe(1)
  expect(Object.fromEntries(counters)).toMatchObject({
    'no model: de': 1,
    'no model: no language': 1,
    'no words': 1,
  })
})

test('the files of its models are part of the task key', () => {
  const options = perplexity.options.parse({ models: { zh: 'a.ngram', en: 'b.ngram' } })
  expect(perplexity.files?.(options)).toEqual(['a.ngram', 'b.ngram'])
})

test('buckets need percentiles; the error says how to get them', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'perplexity-'))
  try {
    copyWithoutPercentiles(join(models, 'en.ngram'), join(folder, 'bare.ngram'))
    const create = async (more: object): Promise<unknown> => {
      const options = perplexity.options.parse({ models: { en: 'bare.ngram' }, ...more })
      return perplexity.create(options, testContext(folder))
    }
    await expect(create({ keep: ['head'] })).rejects.toThrow('the en model has no percentiles')
    await expect(create({ maxPerplexity: 900 })).resolves.toBeDefined()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

function copyWithoutPercentiles(path: string, output: string): void {
  copyFileSync(path, output)
  const file = new ModelFile(path)
  const writer = new ModelWriter(output)
  for (const { name, type } of file.header.sections) writer.whole(name, file.read(name, type))
  const { version: _, sections: __, percentiles: ___, ...facts } = file.header
  writer.commit(facts)
  file.close()
}

test('a cut-off for a language without a model is a fault of the configuration', () => {
  const parsed = perplexity.options.safeParse({ models: { en: 'x' }, maxPerplexity: { zh: 900 } })
  expect(parsed.error?.issues[0]?.message).toBe('a cut-off names a language without a model')
})

test('crossed percentiles are a fault of the configuration', () => {
  const parsed = perplexity.options.safeParse({
    models: { en: 'x' },
    headPercentile: 60,
    middlePercentile: 30,
  })
  expect(parsed.error?.issues[0]?.message).toBe('must be below middlePercentile')
})

test.each([
  ['Ｂｅｒｔ２，你好。', 'bert0,你好.'],
  ['「引用」《书名》……', '"引用"<书名>..'],
  ['Café NAÏVE Ёлка', 'cafe naive елка'],
  ['1984年 ٣', '0000年 0'],
  ['が ガ ก็ हिन्दी', 'が ガ ก็ हिन्दी'], // marks that are letters stay
  ['a\u200bb\u0007c\nd', 'abc\nd'],
  ['x\ud800y \ud83d\ude00', 'x\ufffdy \ud83d\ude00'],
])('ccnet rules: %j -> %j', (text, expected) => {
  expect(applied(text, unitTable(ccnetRules))).toBe(expected)
})

test('without rules only lone surrogates change', () => {
  const text = 'Ａb，Ç\u200b１\udc00'
  expect(applied(text, unitTable(noRules))).toBe('Ａb，Ç\u200b１\ufffd')
})

function applied(text: string, table: Uint32Array): string {
  const units = new Uint16Array(text.length)
  return String.fromCharCode(...units.subarray(0, applyRules(text, table, units)))
}

test.each<[UnitName, string, readonly (readonly string[])[]]>([
  ['whitespace', ' a\tb,c \r\n\n d\u3000e ', [['a', 'b,c'], ['d\u3000e']]],
  [
    'character',
    '你好 世界\n\n a😀',
    [
      ['你', '好', '▁', '世', '界'],
      ['a', '😀'],
    ],
  ],
  [
    'word',
    "don't stop, ok\n\n我们去公园",
    [
      ["don't", 'stop', ',', 'ok'],
      ['我们', '去', '公园'],
    ],
  ],
])('unit %s of %j', (unit, text, expected) => {
  const { units, starts, ends, lineCount, lineEnds } = new TextUnits(unit, noRules).split(text)
  const lines = Array.from({ length: lineCount }, (_, line) =>
    Array.from({ length: lineEnds[line]! - (lineEnds[line - 1] ?? 0) }, (__, i) => {
      const at = (lineEnds[line - 1] ?? 0) + i
      return String.fromCharCode(...units.subarray(starts[at], ends[at]))
    }),
  )
  expect(lines).toEqual(expected)
})

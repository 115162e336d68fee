import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Document, type DocumentFields } from '@shardmill/core/document'
import { stages } from '@shardmill/stages'
import { profileOf } from '@shardmill/stages/quality/quality'
import { testContext } from './run-fixture.ts'

const fixtures = join(import.meta.dirname, 'fixtures')
const read = (path: string): DocumentFields[] =>
  readFileSync(join(fixtures, path, 'input.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as DocumentFields)

const english = ['gopher-quality', 'gopher-repetition', 'fineweb-quality', 'c4-quality']
  .flatMap((name) => read(`${name}/drops-each-rule-once`))
  .map((fields, i) => ({ ...fields, id: `en-${i}`, lang: 'en' }))
const chinese = [
  ...read('chinese-quality/drops-each-rule-once'),
  ...read('chinese-quality/keeps-simplified-and-traditional'),
].map((fields, i) => ({ ...fields, id: `zh-${i}`, lang: 'zh' }))

async function run(name: string, rows: readonly DocumentFields[], options: object = {}) {
  const stage = await stages[name]!()
  if (stage.scope !== 'document') throw new Error(name)
  const transform = await stage.create(stage.options.parse(options), testContext(fixtures))
  const documents = rows.map((fields) => new Document(fields))
  await transform.process(documents)
  return documents.map(({ id, text, dropped }) => ({ id, text, reason: dropped?.reason }))
}

test('a mixed file gives what two separate runs give', async () => {
  const mixed = english.flatMap((fields, i) => (chinese[i] ? [fields, chinese[i]] : [fields]))
  const byId = new Map((await run('quality', mixed)).map((row) => [row.id, row]))
  const separate = [
    ...(await run('quality', english, { profile: 'en' })),
    ...(await run('quality', chinese.slice(0, english.length), { profile: 'zh' })),
  ]
  expect(separate.map(({ id }) => byId.get(id))).toEqual(separate)
})

test('the Chinese profile is the chinese-quality stage', async () => {
  const alone = await run('chinese-quality', chinese)
  const reasons = (await run('quality', chinese)).map(({ reason }) => reason?.replace('zh-', ''))
  expect(reasons).toEqual(alone.map(({ reason }) => reason))
})

test.each([
  ['en-GB', '', 'en'],
  ['zh-Hant', '', 'zh'],
  ['yue', '', 'zh'],
  ['fr', '', 'other'],
  ['', 'これは日本語の文章です。漢字も少し入っています。', 'other'],
  ['', '这是一段中文，里面有 some English words。', 'zh'],
  ['', 'The cat of the house and the dog with it.', 'en'],
  ['', 'Le chat de la maison et le chien avec lui.', 'other'],
  ['', '', 'other'],
])('lang %j, text %j goes to %s', (lang, text, profile) => {
  expect(profileOf(new Document({ id: '', lang, text }))).toBe(profile)
})

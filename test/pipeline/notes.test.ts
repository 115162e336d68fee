// What stages note comes into the run's folder in document order, whatever the workers and tasks.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { makeRows, toJsonl } from '../support/documents.ts'
import { makeFolder, resultOf, runCommand } from '../support/run-pipeline.ts'

const question =
  'Which of the twelve small rivers of this wide valley reaches the northern sea first?'
const rows = makeRows(400).map((row, i) =>
  i % 50 === 7 ? { ...row, text: `${row.text} ${question}` } : row,
)
const { folder, remove } = makeFolder({
  'all.jsonl': toJsonl(rows),
  'a.jsonl': toJsonl(rows.slice(0, 150)),
  'b.jsonl': toJsonl(rows.slice(150)),
  'quiz.jsonl': `${JSON.stringify({ question })}\n`,
})
afterAll(remove)

async function run(name: string, inputs: string, stages: string, more = ''): Promise<string> {
  const yaml = `input: [${inputs}]\n${more}stages:\n${stages}`
  writeFileSync(join(folder, `${name}.yaml`), yaml)
  const finished = await runCommand({
    folder,
    args: ['pipeline', 'run', `${name}.yaml`, '--json', '--workers', name === 'one' ? '1' : '2'],
  })
  expect(finished.code, finished.stderr).toBe(0)
  return resultOf(finished).digest
}

const stages = '  - decontaminate: { against: [quiz.jsonl] }\n  - exact-dedup\n'

test('notes and shards are the same for other workers, files and tasks', async () => {
  const first = await run('one', 'all.jsonl', stages)
  const second = await run('two', 'a.jsonl, b.jsonl', stages, 'taskBytes: 1MB\n')
  expect(second).toBe(first)
  const notes = ['one', 'two'].map((name) =>
    readFileSync(join(folder, 'shards', name, 'notes/decontaminate.jsonl'), 'utf8'),
  )
  expect(notes[1]).toBe(notes[0])
  const found = notes[0]!
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { id: string })
  const expected = rows.filter(({ text }) => text.endsWith(question)).map(({ id }) => id)
  expect(found.map(({ id }) => id)).toEqual(expected)
  expect(found[0]).toMatchObject({ file: 'quiz.jsonl', row: 1, field: 'question', tokens: 15 })
  await run('two', 'a.jsonl, b.jsonl', '  - exact-dedup\n')
  expect(existsSync(join(folder, 'shards/two/notes'))).toBe(false)
})

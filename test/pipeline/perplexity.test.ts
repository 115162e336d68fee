// From text to a filtered crawl with the real commands: train a model, measure its percentiles on the
// documents to be sorted, run a pipeline with it, and see a changed model change the run.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { tableFromIPC } from 'apache-arrow'
import { afterAll, expect, test } from 'vitest'
import { makeFolder, runCommand, type Finished } from '../support/run-pipeline.ts'

const written = join(import.meta.dirname, '../../corpora/written/en')
const texts = readdirSync(written).map((name) => readFileSync(join(written, name), 'utf8'))
const shuffled = texts.map((text) => text.split(/\s+/).toSorted().join(' '))
const documents = [...texts, ...shuffled].map((text, i) => ({ id: `${i}`, lang: 'en', text }))
const { folder, remove } = makeFolder({
  'in.jsonl': documents.map((doc) => `${JSON.stringify(doc)}\n`).join(''),
  'run.yaml': `name: sorted
seed: 1
input: in.jsonl
output: out
workers: 1
stages: [{ perplexity: { models: { en: en.ngram }, headPercentile: 50, keep: [head] } }]
`,
})
afterAll(remove)

const command = (...args: readonly string[]): Promise<Finished> => runCommand({ folder, args })
const ngram = (...args: readonly string[]): Promise<Finished> =>
  command('pipeline', 'ngram', ...args)

test('prose is kept, the same words in alphabetical order are not', async () => {
  const options = ['--order', '3', '--hold-out', '0', '--discount-fallback', '--json']
  const trained = await ngram('train', written, '--output', 'en.ngram', ...options)
  expect(trained.code, trained.stderr).toBe(0)
  expect(JSON.parse(trained.stdout)).toMatchObject({ order: 3, unit: 'word', runs: 0 })

  const before = await command('pipeline', 'run', 'run.yaml')
  expect(before.code).not.toBe(0)
  expect(before.stderr + before.stdout).toContain('the en model has no percentiles')

  const saved = await ngram('score', '--model', 'en.ngram', '--percentiles', '--save', 'in.jsonl')
  expect(saved.stdout).toContain(`${documents.length} documents; 10 %: `)

  const run = await command('pipeline', 'run', 'run.yaml')
  expect(run.code, run.stderr).toBe(0)
  const ids = readdirSync(join(folder, 'out/text')).flatMap((name) => {
    const table = tableFromIPC(readFileSync(join(folder, 'out/text', name)))
    return Array.from(table, (row) => (row.toJSON() as { id: string }).id)
  })
  expect(ids).toEqual(texts.map((_, i) => `${i}`))
})

test('wrong arguments are told, with exit code 2', async () => {
  const cases: readonly (readonly [readonly string[], string])[] = [
    [[], 'expected train, score, export or import'],
    [['train', written, '--output', 'x', '--prune', '0,2,1'], 'must not fall, got 0,2,1,1,1'],
    [['train', written, '--output', 'x', '--unit', 'wrd'], 'or a tokenizer.json, got `wrd`'],
  ]
  for (const [args, message] of cases) {
    const { code, stderr } = await ngram(...args)
    expect(stderr).toContain(message)
    expect(code).toBe(2)
  }
})

// One runner for every stage: a new folder fixtures/<stage>/<case>/ is a new test, and its name is
// a claim ('keeps-short-chinese-paragraph'). `vitest -u` rewrites the expected files: review the diff.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { stages } from '@shardmill/stages'
import { runCorpusFixture } from './run-corpus.ts'
import { folders, runFixture } from './run-fixture.ts'

const root = join(import.meta.dirname, 'fixtures')

describe.each(folders(root))('%s', (name) => {
  test.each(folders(join(root, name)))('%s', async (fixture) => {
    const load = stages[name]
    if (load === undefined) throw new Error(`fixtures/${name}: no stage has this name`)
    const path = join(root, name, fixture)
    const stage = await load()
    const run = stage.scope === 'corpus' ? runCorpusFixture : runFixture
    const { output, dropped } = await run(stage, path)
    await expect(output).toMatchFileSnapshot(join(path, 'output.jsonl'))
    await expect(dropped).toMatchFileSnapshot(join(path, 'dropped.jsonl'))
  })

  test('has cases', () => {
    expect(readdirSync(join(root, name))).not.toEqual([])
  })
})

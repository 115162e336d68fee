// Imports between packages point one way only.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../packages')

const mayImport: Readonly<Record<string, readonly string[]>> = {
  core: [],
  tokenizer: ['core'],
  stages: ['core', 'tokenizer'],
  train: ['core', 'tokenizer'],
  runtime: ['core', 'stages', 'tokenizer'],
  cli: ['core', 'runtime', 'stages', 'tokenizer', 'train'],
}

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name))
}

test.each(Object.entries(mayImport))('%s imports only what lies below it', (name, allowed) => {
  const found = new Set<string>()
  for (const path of sources(join(root, name, 'src'))) {
    const text = readFileSync(path, 'utf8')
    for (const [, target] of text.matchAll(/(?:from|import\()\s*'@shardmill\/([\w-]+)/g)) {
      if (target !== name) found.add(target!)
    }
    expect(text, `${path} reaches into another package's files`).not.toMatch(
      /from '(?:\.\.\/)+(?:core|tokenizer|stages|train|runtime|cli)\/src/,
    )
  }
  expect([...found].filter((target) => !allowed.includes(target))).toEqual([])
})

test('the rule covers every package', () => {
  expect(readdirSync(root).toSorted()).toEqual(Object.keys(mayImport).toSorted())
})

// extend and trim as commands: real processes, real files.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadTokenizer } from '../../packages/tokenizer/src/load.ts'
import { trainTokenizer } from '../../packages/tokenizer/src/train-tokenizer.ts'
import { resolveTraining } from '../../packages/tokenizer/src/training-defaults.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { runCommand } from '../support/run-pipeline.ts'

let folder = ''
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tokenizer-commands-'))
  writeFileSync(join(folder, 'old.txt'), 'low lower lowest\nnew newer newest\n'.repeat(20))
  writeFileSync(join(folder, 'new.txt'), '分词器 训练 low\n分词器 模型\n'.repeat(20))
  const input = join(folder, 'old.txt')
  const specialTokens = ['<|endoftext|>']
  await trainTokenizer(
    resolveTraining({ input, vocabSize: 275, specialTokens, output: join(folder, 'a') }),
  )
})
afterAll(() => rmSync(folder, { recursive: true }))

test('extend adds tokens behind the old ones, trim drops what is not used', async () => {
  const run = (...args: string[]) => runCommand({ folder, args: ['tokenizer', ...args] })
  const extended = await run('extend', '--tokenizer=a', '--new-tokens=12', '--output=b', 'new.txt')
  expect(extended.code).toBe(0)
  const [a, b] = [await loadTokenizer(join(folder, 'a')), await loadTokenizer(join(folder, 'b'))]
  expect(b.vocabSize).toBe(a.vocabSize + 12)
  for (let id = 0; id < a.vocabSize; id++) expect(b.tokenOf(id)).toBe(a.tokenOf(id))
  const text = '分词器 训练'
  expect(b.encode(text).length).toBeLessThan(a.encode(text).length)

  const trimmed = await run('trim', '--tokenizer', 'b', '--output', 'c', 'new.txt')
  expect(trimmed.code).toBe(0)
  const c = await loadTokenizer(join(folder, 'c'))
  const map = z
    .array(z.int())
    .parse(JSON.parse(readFileSync(join(folder, 'c/id-map.json'), 'utf8')))
  expect(map).toHaveLength(b.vocabSize)
  expect(c.vocabSize).toBe(map.filter((id) => id >= 0).length)
  expect(c.vocabSize).toBeLessThan(b.vocabSize)
  expect(Array.from(c.encode(text))).toEqual(Array.from(b.encode(text), (id) => map[id]))
  expect(c.idOf('<|endoftext|>')).toBe(map[b.idOf('<|endoftext|>')!])
})

test.each([
  [['extend', '--new-tokens', '1', '--output', 'x', 'new.txt'], 2, 'expected --tokenizer FILE'],
  [['extend', '--tokenizer', 'a', '--output', 'x', 'new.txt'], 2, 'expected --new-tokens N'],
  [['trim', '--tokenizer', 'new.txt', '--output', 'x', 'new.txt'], 2, 'new.txt: not readable'],
  [['trim', '--tokenizer', 'a', '--output', 'x', 'no.txt'], 65, 'no input file `no.txt`'],
  [
    ['pack', '--tokenizer', 'a', '--output', 'x.arrow', '--mode', 'bos-bestfit', 'new.txt'],
    2,
    'needs a BOS token',
  ],
])('%s: exit %i, %s', async (args, code, message) => {
  const finished = await runCommand({ folder, args: ['tokenizer', ...args] })
  expect(finished.code).toBe(code)
  expect(finished.stderr).toContain(message)
})

test('a reader that has seen enough ends the command without a fault', async () => {
  const path = join(folder, 'many.txt')
  writeFileSync(path, 'low lower lowest\n'.repeat(50_000))
  const launcher = fileURLToPath(new URL('../../packages/cli/bin/shardmill.js', import.meta.url))
  const args = [launcher, 'tokenizer', 'encode', '--tokenizer', join(folder, 'a'), path]
  const child = spawn(process.execPath, args)
  child.stdout.once('data', () => child.stdout.destroy())
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const [code] = await once(child, 'close')
  expect([code, stderr]).toEqual([0, ''])
})

test('token ids written by encode pack to the same rows as the text', async () => {
  const run = (...args: string[]) => runCommand({ folder, args: ['tokenizer', ...args] })
  const encoded = await run('encode', '--tokenizer=a', '--output=ids.arrow', 'old.txt')
  expect(encoded.code, encoded.stderr).toBe(0)
  const options = ['--tokenizer=a', '--sequence-length=32']
  for (const [target, input] of [
    ['one.arrow', 'old.txt'],
    ['two.arrow', 'ids.arrow'],
  ] as const) {
    const { code, stderr } = await run('pack', ...options, `--output=${target}`, input)
    expect(code, stderr).toBe(0)
  }
  const [one, two] = ['one.arrow', 'two.arrow'].map((name) => readFileSync(join(folder, name)))
  expect(two!.equals(one!)).toBe(true)
})

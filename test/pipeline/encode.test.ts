// A pipeline that ends in train-tokenizer, encode and pack: the same rows as without encode.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { makeRows, toJsonl } from '../support/documents.ts'
import { makeFolder, runCommand, type Finished } from '../support/run-pipeline.ts'

const { folder, remove } = makeFolder({ 'in.jsonl': toJsonl(makeRows(300)) })
afterAll(remove)

async function run(name: string, encode: string, pack = ''): Promise<Finished> {
  const stages = [
    'normalize',
    "train-tokenizer: { vocabSize: 400, specialTokens: ['<|endoftext|>'] }",
    ...(encode === '' ? [] : [encode]),
    `pack: { sequenceLength: 64, wordStarts: true${pack} }`,
  ]
  const lines = stages.map((stage) => `  - ${stage}\n`).join('')
  writeFileSync(
    join(folder, `${name}.yaml`),
    `input: in.jsonl\nshardBytes: 65536\nstages:\n${lines}`,
  )
  return runCommand({ folder, args: ['pipeline', 'run', `${name}.yaml`, '--json'] })
}

const made = (path: string): Buffer => readFileSync(join(folder, 'shards', path))

test('pack takes the ids of encode, to the same bytes', async () => {
  for (const [name, encode] of [
    ['plain', ''],
    ['encoded', 'encode: { wordStarts: true }'],
  ] as const) {
    const { code, stderr } = await run(name, encode)
    expect(code, stderr).toBe(0)
  }
  const counts = JSON.parse(made('encoded/encoded/encoding.json').toString()) as object
  const packing = JSON.parse(made('plain/packed/packing.json').toString()) as { tokens: number }
  expect(counts).toMatchObject({ documents: 300, tokens: packing.tokens - 300 })
  for (const file of [
    'packed/part-00000.arrow',
    'packed/packing.json',
    'tokenizer/tokenizer.json',
  ]) {
    expect(made(`encoded/${file}`).equals(made(`plain/${file}`))).toBe(true)
  }
})

test('pack says what it misses in the ids of encode', async () => {
  const { code, stderr } = await run('without', 'encode')
  expect(code).not.toBe(0)
  expect(stderr).toContain('encode: { wordStarts: true }')
})

test('bos-bestfit takes the token that is named', async () => {
  const named = await run(
    'bos',
    'encode: { wordStarts: true }',
    ", mode: bos-bestfit, bosToken: '<|endoftext|>'",
  )
  expect(named.code, named.stderr).toBe(0)
  const packing = JSON.parse(made('bos/packed/packing.json').toString()) as Record<string, number>
  expect(packing['addedTokens']).toBe(packing['pieces'])
  const unnamed = await run('bos', 'encode: { wordStarts: true }', ', mode: bos-bestfit')
  expect([unnamed.code === 0, unnamed.stderr]).toEqual([
    false,
    expect.stringContaining('`bosToken`'),
  ])
})

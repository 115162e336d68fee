// Each pipeline file below is wrong in one or more ways; the table says where each fault is reported
// and in which words. `|` starts the file's text; line and column count from 1.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigError } from '@shardmill/core'
import { readConfig } from '@shardmill/runtime/config'
import { afterAll, expect, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'config-'))
afterAll(() => rmSync(folder, { recursive: true }))
writeFileSync(join(folder, 'a.jsonl'), '{"text":"x"}\n')
writeFileSync(join(folder, 'b.jsonl'), '{"text":"y"}\n')
writeFileSync(join(folder, 'data.bin'), 'x')
writeFileSync(join(folder, 'no-stage.mjs'), 'export const x = 1\n')
writeFileSync(join(folder, 'broken.mjs'), 'export default {{\n')

const ok = 'input: a.jsonl\nstages: [normalize]\n'

const bad: readonly (readonly [name: string, yaml: string, ...faults: string[]])[] = [
  // Syntax
  ['empty file', '', '1:1 expected keys such as `input:`'],
  ['a list', '- a\n- b\n', '1:1 expected keys'],
  ['a scalar', 'hello\n', '1:1 expected keys'],
  ['unclosed bracket', 'input: a.jsonl\nstages: [normalize\n', '3:1 Flow sequence'],
  ['unclosed quote', 'input: "a.jsonl\nstages: [normalize]\n', 'Missing closing "quote'],
  ['tab indent', 'input: a.jsonl\nstages:\n\t- normalize\n', '3:1 Tabs are not allowed'],
  ['duplicate key', `${ok}stages: [normalize]\n`, '3:1 Map keys must be unique'],
  ['bad indent', 'input: a.jsonl\n stages: [normalize]\n', '1:8 Nested mappings'],
  ['unknown alias', 'input: *nowhere\nstages: [normalize]\n', '1:8 `*nowhere` refers to no anchor'],
  ['two documents', `${ok}---\nx: 1\n`, 'multiple documents'],
  // Top-level keys
  ['unknown key', `${ok}worker: 2\n`, '3:1 unknown key `worker`, did you mean `workers`?'],
  ['far-off key', `${ok}zebra: 2\n`, '3:1 unknown key `zebra`'],
  ['no input', 'stages: [normalize]\n', '1:1 `input`: is missing'],
  ['no stages', 'input: a.jsonl\n', '1:1 `stages`: is missing'],
  [
    'empty stages',
    'input: a.jsonl\nstages: []\n',
    '2:9 `stages`: expected array to have >=1 items',
  ],
  [
    'stages is a map',
    'input: a.jsonl\nstages: { normalize: {} }\n',
    '2:9 `stages`: expected array',
  ],
  [
    'stages is a word',
    'input: a.jsonl\nstages: normalize\n',
    '2:9 `stages`: expected array, received string',
  ],
  ['seed is text', `${ok}seed: one\n`, '3:7 `seed`: expected number, received string'],
  ['seed is negative', `${ok}seed: -1\n`, '3:7 `seed`: expected number to be >=0'],
  ['seed is a fraction', `${ok}seed: 1.5\n`, '3:7 `seed`: expected int'],
  ['workers is zero', `${ok}workers: 0\n`, '3:10 `workers`:'],
  ['workers is a word', `${ok}workers: many\n`, '3:10 `workers`:'],
  ['taskBytes without unit', `${ok}taskBytes: big\n`, '3:12 `taskBytes`:'],
  ['taskBytes negative', `${ok}taskBytes: -5\n`, '3:12 `taskBytes`:'],
  [
    'shardBytes with wrong unit',
    `${ok}shardBytes: 3 parsecs\n`,
    '3:13 `shardBytes`:',
    'a size such as 64MB',
  ],
  ['keepDropped as text', `${ok}keepDropped: "yes"\n`, '3:14 `keepDropped`: expected boolean'],
  [
    'maxErrorRate above one',
    `${ok}maxErrorRate: 5\n`,
    '3:15 `maxErrorRate`: expected number to be <=1',
  ],
  [
    'stuckSeconds too small',
    `${ok}stuckSeconds: 0\n`,
    '3:15 `stuckSeconds`: expected number to be >=0.5',
  ],
  ['workerMemoryMB too small', `${ok}workerMemoryMB: 10\n`, '3:17 `workerMemoryMB`:'],
  ['name with a slash', `${ok}name: a/b\n`, '3:7 `name`: expected letters, digits'],
  ['output is a file', `${ok}output: data.bin\n`, '3:9 output `data.bin` is a file'],
  ['output contains the input', `${ok}output: .\n`, '3:9 output `.` contains the input'],
  // Inputs
  [
    'no file matches',
    'input: none-*.jsonl\nstages: [normalize]\n',
    '1:8 no input file matches `none-*.jsonl`',
  ],
  [
    'one of two patterns',
    'input: [a.jsonl, zzz.jsonl]\nstages: [normalize]\n',
    '1:18 no input file matches `zzz.jsonl`',
  ],
  [
    'unknown ending',
    'input: data.bin\nstages: [normalize]\n',
    '1:8 no reader knows the ending of `data.bin`',
  ],
  [
    'unknown format',
    'input: { path: a.jsonl, format: jsnol }\nstages: [normalize]\n',
    '1:33 no input format `jsnol`, did you mean `jsonl`?',
  ],
  [
    'unknown format option',
    'input: { path: a.jsonl, textfield: body }\nstages: [normalize]\n',
    'input jsonl: unknown option `textfield`, did you mean `textField`?',
  ],
  [
    'wrong format option',
    'input: { path: a.jsonl, textField: 5 }\nstages: [normalize]\n',
    '1:36 input jsonl: `textField`',
  ],
  ['input without path', 'input: { format: jsonl }\nstages: [normalize]\n', '`input`'],
  ['input is a number', 'input: 5\nstages: [normalize]\n', '1:8 `input`'],
  // Stages
  [
    'misspelt stage',
    'input: a.jsonl\nstages:\n  - normalise\n',
    '3:5 no stage named `normalise`, did you mean `normalize`?',
  ],
  ['unknown stage', 'input: a.jsonl\nstages:\n  - xyzzy\n', '3:5 no stage named `xyzzy`'],
  [
    'stage with two names',
    'input: a.jsonl\nstages:\n  - { normalize: {}, sample: {} }\n',
    '3:5 expected a stage name, or one name',
  ],
  ['stage is a number', 'input: a.jsonl\nstages: [5]\n', '2:10 expected a stage name'],
  ['stage is a list', 'input: a.jsonl\nstages: [[normalize]]\n', '2:10 expected a stage name'],
  [
    'options are a word',
    'input: a.jsonl\nstages:\n  - language-id: zh\n',
    '3:18 language-id: options must be a map, got `zh`',
  ],
  [
    'unknown option',
    'input: a.jsonl\nstages:\n  - language-id: { minscore: 0.5 }\n',
    '3:20 language-id: unknown option `minscore`, did you mean `minScore`?',
  ],
  [
    'option of wrong type',
    'input: a.jsonl\nstages:\n  - language-id: { minScore: high }\n',
    '3:30 language-id: `minScore`: expected number, received string',
  ],
  [
    'option out of range',
    'input: a.jsonl\nstages:\n  - language-id: { minScore: 7 }\n',
    '3:30 language-id: `minScore`:',
  ],
  [
    'option deep inside',
    'input: a.jsonl\nstages:\n  - language-id:\n      keep: [zh, 5]\n',
    '4:18 language-id: `keep.1`: expected string, received number',
  ],
  [
    'stage order',
    'input: a.jsonl\nstages:\n  - html\n  - decode\n',
    '4:5 `decode` must stand before `html`',
  ],
  [
    'no such module',
    'input: a.jsonl\nstages:\n  - ./nope.mjs\n',
    '3:5 stage `./nope.mjs` did not load: no file',
  ],
  [
    'module without a stage',
    'input: a.jsonl\nstages:\n  - ./no-stage.mjs\n',
    '3:5 stage `./no-stage.mjs` did not load:',
    'exports no stage',
  ],
  [
    'module with a syntax error',
    'input: a.jsonl\nstages:\n  - ./broken.mjs\n',
    '3:5 stage `./broken.mjs` did not load:',
  ],
  // Many at once
  [
    'all faults come together',
    'input: none.jsonl\nstages:\n  - normalise\n  - language-id: { minScore: x, kep: [] }\nsede: 1\n',
    '1:8 no input file matches',
    '3:5 no stage named `normalise`',
    '4:30 language-id: `minScore`',
    '4:33 language-id: unknown option `kep`',
    '5:1 unknown key `sede`, did you mean `seed`?',
  ],
]

test('there are at least fifty', () => expect(bad.length).toBeGreaterThanOrEqual(50))

test.each(bad)('%s', async (_, yaml, ...faults) => {
  const file = join(folder, 'bad.yaml')
  writeFileSync(file, yaml)
  const error: unknown = await readConfig(file, {}, folder).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ConfigError)
  const { message } = error as ConfigError
  for (const fault of faults) {
    const [, place, words] = /^(?:(\d+:\d+) ?)?(.*)$/s.exec(fault)!
    const line = message.split('\n').find((candidate) => {
      return (
        (place === undefined || candidate.startsWith(`${file}:${place} `)) &&
        candidate.includes(words!)
      )
    })
    expect(line, `${fault}\nin\n${message}`).toBeDefined()
  }
  for (const line of message.split('\n')) expect(line).toMatch(/^.+:\d+:\d+ {2}\S/)
})

test('a good file is resolved with every default', async () => {
  const file = join(folder, 'good.yaml')
  writeFileSync(
    file,
    'input: ["*.jsonl"]\ntaskBytes: 1.5MB\nstages:\n  - normalize\n  - normalize:\n',
  )
  const config = await readConfig(file, { keepDropped: true }, folder)
  expect(config).toMatchObject({
    name: 'good',
    seed: 1,
    output: join(folder, 'shards/good'),
    taskBytes: 1_572_864,
    keepDropped: true,
    workers: 'auto',
  })
  expect(config.inputs.map(({ path }) => path)).toEqual([
    join(folder, 'a.jsonl'),
    join(folder, 'b.jsonl'),
  ])
  expect(config.stages.map(({ label }) => label)).toEqual(['normalize', 'normalize#2'])
})

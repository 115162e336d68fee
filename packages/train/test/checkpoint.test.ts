// What was saved and is damaged is refused in one line that says what to do, whatever is wrong with it.
import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { listCheckpoints, readState } from '../src/checkpoint/checkpoint.ts'
import { readPretrained } from '../src/checkpoint/pretrained.ts'
import { openSession } from '../src/loop/session.ts'
import { train } from '../src/loop/train.ts'
import { trainConfig, writeShards } from './fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'shardmill-checkpoint-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const data = writeShards(join(folder, 'packed'))
const config = trainConfig(join(folder, 'whole'), data, { threads: 1 })
const damaged = { ...config, output: join(folder, 'damaged'), steps: 7 }

const run = async (given = config): Promise<void> => {
  const session = await openSession(given)
  try {
    await train(session, {}, { resume: true, now: () => 0 })
  } finally {
    await session.close()
  }
}
beforeAll(() => run())
beforeEach(() => {
  rmSync(damaged.output, { recursive: true, force: true })
  cpSync(config.output, damaged.output, { recursive: true })
})

const last = (): string => listCheckpoints(damaged.output).at(-1)!
const change = (file: string, edit: (text: string) => string): void => {
  const path = join(last(), file)
  writeFileSync(path, edit(readFileSync(path, 'latin1')), 'latin1')
}

describe('a damaged checkpoint', () => {
  const model = 'model.safetensors'
  const moments = 'trainer/optimizer.safetensors'
  const state = 'trainer/state.json'
  const cases: [string, string, () => void][] = [
    ...['config.json', model, moments, state].map((file): [string, string, () => void] => [
      `without ${file}`,
      file.split('/').at(-1)!,
      () => rmSync(join(last(), file)),
    ]),
    ['a model cut short', 'ends early', () => truncateSync(join(last(), model), 9000)],
    ['moments cut short', 'ends early', () => truncateSync(join(last(), moments), 9000)],
    ['a config cut short', 'config.json', () => truncateSync(join(last(), 'config.json'), 20)],
    ['a state cut short', 'state.json', () => truncateSync(join(last(), state), 20)],
    ['an empty state', 'where the run stood', () => change(state, () => '{}')],
    [
      'a header that is no JSON',
      'header',
      () => change(model, (text) => text.replace('{', '\xff')),
    ],
    [
      'a header without places',
      'header',
      () => change(model, (text) => text.replace('data_offsets', 'data-offsets')),
    ],
    [
      'moments of another name',
      'expected 3104 numbers',
      () =>
        change(moments, (text) => text.replace('embedding.token.first', 'embedding.taken.first')),
    ],
  ]
  test.each(cases)('%s', async (_name, message, damage) => {
    damage()
    await expect(run(damaged)).rejects.toMatchObject({
      code: 'input',
      message: expect.stringMatching(/step-00000006: this checkpoint is damaged: .*/) as string,
      hint: expect.stringContaining('remove its folder') as string,
    })
    await expect(run(damaged)).rejects.toThrow(message)
    // As the hint says: the checkpoint before it takes its place.
    rmSync(last(), { recursive: true })
    await run(damaged)
    expect(readState(last()).step).toBe(7)
  })

  test('a model folder names the file', () => {
    change('config.json', () => '[1')
    expect(() => readPretrained(last())).toThrow(/config\.json: .*JSON/)
  })
})

test('checkpoints from before the weights broke stay', async () => {
  const options = { steps: 20, threads: 1, checkpoint: { everySteps: 2, keep: 1 } }
  const diverging = trainConfig(join(folder, 'diverges'), data, options)
  const session = await openSession(diverging)
  const next = session.loader.next.bind(session.loader)
  let drawn = 0
  session.loader.next = async (count) => {
    // Drawn one step ahead: step 5 meets weights that are not numbers.
    const weight = session.model.parameters.get('layers.0.mlp.up.weight')!
    if (++drawn === 6) (weight.dataSync() as Float32Array).fill(Number.NaN)
    return next(count)
  }
  const running = train(session, {}, { resume: false, now: () => 0 })
  await expect(running).rejects.toMatchObject({ code: 'diverged' })
  await session.close()
  const [kept] = listCheckpoints(diverging.output)
  expect(readState(kept!).step).toBe(4)
  for (const values of readPretrained(kept!).values.values()) {
    expect(values.every(Number.isFinite)).toBe(true)
  }
})

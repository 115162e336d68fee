// The loop over packed shards: loss falls, resuming is exact, checkpoints are whole, wrong data is
// refused before the first step.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { listCheckpoints, readState } from '../src/checkpoint/checkpoint.ts'
import { openPackedSource } from '../src/data/packed-source.ts'
import { openSession } from '../src/loop/session.ts'
import { validate } from '../src/loop/validate.ts'
import { train, type StepRecord, type TrainResult } from '../src/loop/train.ts'
import type { TrainConfig } from '../src/config-schema.ts'
import { trainConfig, writeShards } from './fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'shardmill-train-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const data = writeShards(join(folder, 'packed'))
const tokenizer = join(folder, 'other.json')
const empty = { type: 'BPE', vocab: { a: 0 }, merges: [] }
writeFileSync(tokenizer, JSON.stringify({ version: '1.0', added_tokens: [], model: empty }))

async function run(
  config: TrainConfig,
  resume = false,
): Promise<{ steps: StepRecord[]; result: TrainResult }> {
  const session = await openSession(config)
  const steps: StepRecord[] = []
  let clock = 0
  const observer = { step: (record: StepRecord) => void steps.push(record) }
  const result = await train(session, observer, { resume, now: () => (clock += 1000) })
  await session.close()
  return { steps, result }
}

const files = [
  'model.safetensors',
  'config.json',
  'trainer/optimizer.safetensors',
  'trainer/state.json',
]

function bytesOf(output: string): Buffer[] {
  const last = listCheckpoints(output).at(-1)!
  return files.map((file) => readFileSync(join(last, file)))
}

test('the loss falls and the number of tensors stays constant', async () => {
  const options = { steps: 80, optimizer: { learningRate: 1e-2 } }
  const config = trainConfig(join(folder, 'falls'), data, options)
  const { steps, result } = await run(config)
  expect(steps[0]!.loss).toBeGreaterThan(4)
  expect(result.loss).toBeLessThan(2.5)
  expect(result.validation!.loss).toBeLessThan(3)
  expect(result.validation!.rows).toBeGreaterThan(1)
  expect(new Set(steps.map(({ tensors }) => tensors)).size).toBe(1)
})

describe('resume', () => {
  test.each([
    { model: { family: 'gpt2' as const, hiddenSize: 32, layers: 2, heads: 2 }, objective: 'clm' },
    {
      model: { family: 'bert' as const, hiddenSize: 32, layers: 1, heads: 2 },
      objective: { kind: 'mlm', maskId: 3 },
    },
    {
      model: { family: 'gpt2' as const, hiddenSize: 32, layers: 1, heads: 2 },
      objective: { kind: 'clm' },
      dropout: 0.2,
    },
    {
      model: { family: 'bert' as const, hiddenSize: 32, layers: 1, heads: 2 },
      objective: { kind: 'mlm', maskId: 3, clsId: 2, sepId: 1, pairs: 'nsp' },
    },
  ] as const)('$objective equals the uninterrupted run bit for bit', async (options) => {
    const place = mkdtempSync(join(folder, 'resume-'))
    const whole = trainConfig(join(place, 'whole'), data, options)
    await run(whole)
    const parted = trainConfig(join(place, 'parted'), data, options)
    // What an interrupted run leaves: the checkpoint of step 3, and an unfinished one.
    const first = listCheckpoints(whole.output)[0]!
    expect(readState(first).step).toBe(3)
    mkdirSync(join(parted.output, 'checkpoints'), { recursive: true })
    cpSync(first, join(parted.output, 'checkpoints', 'step-00000003'), { recursive: true })
    mkdirSync(join(parted.output, 'checkpoints', 'step-00000004.part'))
    const { steps } = await run(parted, true)
    expect(steps.map(({ step }) => step)).toEqual([4, 5, 6])
    for (const [i, bytes] of bytesOf(parted.output).entries()) {
      expect(bytes.equals(bytesOf(whole.output)[i]!), files[i]).toBe(true)
    }
  })
})

test('the last checkpoints are kept, and a run that changed its order of rows does not go on', async () => {
  const options = { checkpoint: { everySteps: 1, keep: 2 }, steps: 4 }
  const config = trainConfig(join(folder, 'kept'), data, options)
  await run(config)
  expect(listCheckpoints(config.output).map((path) => readState(path).step)).toEqual([3, 4])
  const changed = { ...config, seed: 5, steps: 5 }
  await expect(run(changed, true)).rejects.toThrow('`seed`, `data`, `shuffle` or the held-out')
})

test('steps without a finite gradient are named, then end the run', async () => {
  const config = trainConfig(join(folder, 'nan'), data, { steps: 20, threads: 1 })
  const session = await openSession(config)
  const next = session.loader.next.bind(session.loader)
  // The second step meets weights that are not numbers, as a broken device or a bad update leaves.
  let drawn = 0
  session.loader.next = async (count) => {
    const weight = session.model.parameters.get('layers.0.mlp.up.weight')!
    if (++drawn === 2) (weight.dataSync() as Float32Array).fill(Number.NaN)
    return next(count)
  }
  const said: string[] = []
  const steps: StepRecord[] = []
  const observer = {
    step: (record: StepRecord) => void steps.push(record),
    skipped: (_step: number, message: string) => void said.push(message),
  }
  const running = train(session, observer, { resume: false, now: () => 0 })
  await expect(running).rejects.toMatchObject({
    code: 'diverged',
    hint: expect.stringContaining('lower `optimizer.learningRate`') as string,
  })
  expect(said.length).toBe(4)
  expect(said[0]).toMatch(
    /^step \d: gradient norm NaN, the step was left out; if it goes on, lower/,
  )
  expect(steps.filter(({ skipped }) => skipped === true).length).toBe(4)
  await session.close()
})

test('held-out rows come from every data set in turn', async () => {
  const other = writeShards(join(folder, 'second'), { seed: 9 })
  const mixed = [
    { path: data, weight: 1 },
    { path: other, weight: 3 },
  ]
  const session = await openSession(trainConfig(join(folder, 'never'), data, { data: mixed }))
  const first = async (path: string): Promise<number[]> => {
    const includes = (row: number): boolean => row % 5 === 4
    const source = await openPackedSource(path, { seed: 0, shuffle: false, includes })
    const { ids } = await source.row(0, 0)
    await source.close()
    return [...ids]
  }
  const { validation } = session
  expect(validation.rows).toBe(8)
  expect([...(await validation.row(0, 0)).ids]).toEqual(await first(data))
  expect([...(await validation.row(1, 1)).ids]).toEqual(await first(other))
  await session.close()
})

test('dropout: any number of threads gives the same bits, validation drops nothing', async () => {
  const options = { steps: 2, dropout: 0.3, validation: { everySteps: 1, share: 0.2 } }
  const [one, two] = ['one', 'two'].map((name, i) =>
    trainConfig(join(folder, `drop-${name}`), data, { ...options, threads: i + 1 }),
  )
  await run(one!)
  await run(two!)
  const [a, b] = [bytesOf(one!.output), bytesOf(two!.output)]
  for (const [i, bytes] of a.entries()) expect(bytes.equals(b[i]!), files[i]).toBe(true)
  const measure = async (config: TrainConfig): Promise<number[]> => {
    const session = await openSession(config)
    const losses = [(await validate(session)).loss, (await validate(session)).loss]
    await session.close()
    return losses
  }
  const none = { embedding: 0, residual: 0, attention: 0 }
  const [first, second] = await measure(one!)
  expect(second).toBe(first)
  expect(await measure({ ...one!, dropout: none })).toEqual([first, first])
})

test('accumulation gives the step of one larger batch', async () => {
  const large = trainConfig(join(folder, 'large'), data, { batchRows: 8, steps: 3 })
  const small = trainConfig(join(folder, 'small'), data, { batchRows: 2, accumulate: 4, steps: 3 })
  const [a, b] = [await run(large), await run(small)]
  for (const [i, { loss }] of a.steps.entries()) expect(b.steps[i]!.loss).toBeCloseTo(loss, 5)
})

describe('refused before the first step', () => {
  const cases: [string, Parameters<typeof trainConfig>[2], string][] = [
    ['vocabulary', { model: { family: 'gpt2', vocabSize: 50 } }, "is below the shards' 97"],
    ['positions', { model: { family: 'gpt2', maxPositions: 16 } }, 'rows of 32 tokens'],
    ['objective', { model: { family: 'bert' } }, 'clm does not train the bert family'],
    [
      'mask token',
      { model: { family: 'bert' }, objective: { kind: 'mlm' } },
      'no [MASK] or <mask> token',
    ],
    ['memory', { model: { family: 'gpt2', hiddenSize: 8192, layers: 64 } }, 'a step needs about'],
    ['folder', { data: join(folder, 'nowhere') }, 'no folder or file'],
    [
      'samples of a masked model',
      { model: { family: 'bert' }, objective: 'mlm', sample: { everySteps: 5 } },
      'a bert model does not write text',
    ],
    ['samples without a tokenizer', { sample: { everySteps: 5 } }, 'no tokenizer.json beside'],
    [
      'sentence pairs without separators',
      { model: { family: 'bert' }, objective: { kind: 'mlm', maskId: 3, pairs: 'sop' } },
      'needs [CLS] and [SEP] tokens',
    ],
    ['a tokenizer that did not pack the shards', { tokenizer }, 'was packed with fixture'],
    ['heads', { model: { family: 'gpt2', hiddenSize: 30 } }, 'does not divide by 4 heads'],
  ]
  test.each(cases)('%s', async (_name, options, message) => {
    await expect(openSession(trainConfig(join(folder, 'never'), data, options))).rejects.toThrow(
      message,
    )
  })

  test('a step that needs more memory than there is: smaller batches or a smaller model', async () => {
    const refusal = async (options: Parameters<typeof trainConfig>[2]): Promise<unknown> =>
      openSession(trainConfig(join(folder, 'never'), data, options)).catch(
        (error: unknown) => error,
      )
    const model = { family: 'llama', hiddenSize: 6144, layers: 44, heads: 48 } as const
    expect(await refusal({ model })).toMatchObject({
      message: expect.stringMatching(
        /^memory: a step needs about 3\d\d\.\d GiB, wasm has /,
      ) as string,
      hint: expect.stringMatching(/^19933 M parameters .* choose a smaller `model`$/) as string,
    })
    expect(await refusal({ batchRows: 1_000_000 })).toMatchObject({
      hint: 'lower `batchRows` (now 1000000) and raise `accumulate` by as much',
    })
  })

  test('the folder of a run instead of its packed shards', async () => {
    const config = trainConfig(join(folder, 'never'), folder)
    await expect(openSession(config)).rejects.toMatchObject({
      hint: `the packed shards of this run are in \`${data}\``,
    })
  })

  test('shards of another tokenizer', async () => {
    const other = writeShards(join(folder, 'other'), { tokenizerHash: 'changed' })
    const mixed = [
      { path: data, weight: 1 },
      { path: other, weight: 1 },
    ]
    const config = trainConfig(join(folder, 'never'), data, { data: mixed })
    await expect(openSession(config)).rejects.toThrow('tokenizerHash is changed')
  })
})

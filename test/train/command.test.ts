// The real commands, in processes of their own: texts to tokenizer, packed rows, a trained model, and
// what can be done with it; what goes wrong is one clear message and leaves a run that goes on.
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { seeded } from '@shardmill/core/random'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeFolder, runCommand, type Finished } from '../support/run-pipeline.ts'

const { folder, remove } = makeFolder()
afterAll(remove)

const run = (...args: string[]): Promise<Finished> => runCommand({ folder, args })
const write = (name: string, text: string): void => writeFileSync(join(folder, name), text)

/** Sentences with a rule to learn: verbs agree with their subjects, in English and in Chinese. */
function sentences(count: number): string[] {
  const random = seeded(7)
  const pick = <Item>(items: readonly Item[]): Item => items[random.below(items.length)]!
  return Array.from({ length: count }, () => {
    const isPlural = random.below(2)
    const noun = pick(['cat', 'dog', 'bird', 'horse'])
    const verb = pick(['sleep', 'run', 'sing'])
    const english = isPlural ? `The ${noun}s ${verb} here.` : `The ${noun} ${verb}s here.`
    return `${english} ${pick(['猫在睡觉。', '狗跑得快。', '鸟在唱歌。'])}`
  })
}

const tiny = `
model: { family: gpt2, hiddenSize: 32, layers: 1, heads: 2 }
data: packed
backend: wasm
threads: 2
steps: 40
batchRows: 4
optimizer: { learningRate: 0.01 }
schedule: { warmupSteps: 4 }
validation: { share: 0.1, everySteps: 20, rows: 8 }
checkpoint: { everySteps: 20, keep: 2 }
logEverySteps: 5
`

beforeAll(async () => {
  const texts = sentences(600)
  const documents = Array.from({ length: 120 }, (_, i) => texts.slice(5 * i, 5 * i + 5).join(' '))
  write('texts.jsonl', documents.map((text) => `${JSON.stringify({ text })}\n`).join(''))
  write(
    'tokenizer.yaml',
    `
name: tiny
input: [texts.jsonl]
output: tokenizer
model: byte-level-bpe
vocabSize: 320
specialTokens: ['<|endoftext|>', '[MASK]', '[CLS]', '[SEP]']
`,
  )
  write('gpt.yaml', `${tiny}sample: { everySteps: 40, tokens: 8, prompt: The }\n`)
  const steps = [
    ['tokenizer', 'train', 'tokenizer.yaml'],
    [
      'tokenizer',
      'pack',
      '--tokenizer',
      'tokenizer/tokenizer.json',
      '--output',
      'packed/a.arrow',
      '--sequence-length',
      '64',
      '--word-starts',
      'texts.jsonl',
    ],
    ['train', 'run', 'gpt.yaml', '--json'],
  ]
  mkdirSync(join(folder, 'packed'))
  for (const args of steps) {
    const { code, stderr } = await run(...args)
    expect(code, stderr).toBe(0)
  }
})

describe('a trained run', () => {
  const output = join(folder, 'shards', 'gpt')

  test('learns, and leaves its curves, events and checkpoints', () => {
    const lines = readFileSync(join(output, 'log.jsonl'), 'utf8').trim().split('\n')
    const log = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    const losses = log.filter(({ kind }) => kind === 'step').map(({ loss }) => Number(loss))
    expect(losses.at(-1)!).toBeLessThan(losses[0]! / 2)
    const heldOut = log.filter(({ kind }) => kind === 'validation')
    expect(heldOut.map(({ step }) => step)).toEqual([20, 40])
    expect(heldOut[1]!['bitsPerByte']).toBeLessThan(2)
    expect(log.at(-1)).toMatchObject({ kind: 'sample', step: 40 })
    expect(String(log.at(-1)!['text'])).toMatch(/^The /)
    const page = readFileSync(join(output, 'run.html'), 'utf8')
    expect(page.match(/<polyline/g)!.length).toBe(5)
    expect(page).toContain('Samples')
    expect(readdirSync(join(output, 'tensorboard')).length).toBe(1)
    const names = ['step-00000020', 'step-00000040']
    expect(readdirSync(join(output, 'checkpoints'))).toEqual(names)
  })

  test('writes, scores, tells pairs apart and is exported', async () => {
    const made = await run('train', 'generate', 'gpt', '--prompt', 'The cats', '--tokens', '12')
    expect(made.stdout, made.stderr).toMatch(/^The cats ./)
    write('held-out.txt', `${sentences(2).join('\n\n')}\n`)
    const pairs = ['cat', 'dog', 'bird', 'horse'].map((noun) => ({
      sentence_good: `The ${noun}s sleep here.`,
      sentence_bad: `The ${noun}s sleeps here.`,
    }))
    write('pairs.jsonl', pairs.map((pair) => JSON.stringify(pair)).join('\n'))
    const files = ['--text', 'held-out.txt', '--pairs', 'pairs.jsonl']
    const scored = await run('train', 'eval', 'gpt', ...files, '--json')
    const result = JSON.parse(scored.stdout) as Record<string, Record<string, number>>
    expect(result['text']).toMatchObject({ texts: 2 })
    expect(result['text']!['bitsPerByte']).toBeLessThan(2)
    expect(result['pairs']).toEqual({ pairs: 4, correct: 4 })
    expect((await run('train', 'export', 'gpt', 'exported')).code).toBe(0)
    const tokenizer = ['tokenizer.json', 'tokenizer_config.json']
    for (const file of ['config.json', 'model.safetensors', ...tokenizer]) {
      expect(existsSync(join(folder, 'exported', file)), file).toBe(true)
    }
  })

  test('refuses what does not fit the model, before it writes anything', async () => {
    write('other.yaml', 'name: other\ninput: [texts.jsonl]\noutput: other\nvocabSize: 330\n')
    await run('tokenizer', 'train', 'other.yaml')
    const others = ['--tokenizer', 'other/tokenizer.json']
    const faults: [string[], RegExp][] = [
      [
        ['generate', 'gpt', '--prompt', 'The cats sleep. '.repeat(40)],
        /expected a prompt of 1..63/,
      ],
      [['generate', 'gpt', '--top-p', '2'], /--top-p: expected number from 0 to 1, got `2`/],
      [['generate', 'gpt', '--top-k', '1.5'], /--top-k: expected integer from 0, got `1.5`/],
      [['generate', 'gpt', ...others], /has hash \w+, but .* was trained with a tokenizer of/],
      [['generate', 'exported', ...others], /has 330 tokens, the model in .* knows 320/],
      [['generate', 'gpt', '--tokenizer', 'none.json'], /no file `none.json`/],
      [['eval', 'gpt', '--text', 'none.txt'], /none.txt: cannot be read/],
      [['eval', 'gpt', '--text', 'empty.txt'], /empty.txt: there is nothing in it to score/],
      [
        ['eval', 'gpt', '--pairs', 'texts.jsonl'],
        /texts.jsonl:1: expected a string at `sentence_g/,
      ],
      [
        ['eval', 'gpt', '--text', 'texts.jsonl', '--limit', '0'],
        /--limit: expected integer from 1/,
      ],
    ]
    write('empty.txt', '\n\n')
    for (const [args, message] of faults) {
      const { code, stdout, stderr } = await run('train', ...args)
      expect(stderr).toMatch(message)
      expect(stdout).toBe('')
      expect([2, 65]).toContain(code)
    }
  })

  test('is done, and longer when asked', async () => {
    expect((await run('train', 'run', 'gpt.yaml')).stdout).toContain('all 40 steps are done')
    const more = await run('train', 'resume', 'gpt.yaml', '--steps', '42', '--json')
    expect(more.events.at(-1)).toMatchObject({ kind: 'done', step: 42 })
    // Peak memory stays below what was told before the first step and Node itself.
    const { estimatedBytes, processBytes } = more.events.at(-1) as unknown as Record<string, number>
    expect(processBytes).toBeLessThan(estimatedBytes! + 256 * 2 ** 20)
  })
})

test('masked words with sentence pairs', async () => {
  write(
    'bert.yaml',
    `${tiny.replace('gpt2', 'bert')}
objective: { kind: mlm, pairs: sop }
name: bert
`,
  )
  const { code, stdout, stderr } = await run('train', 'run', 'bert.yaml')
  expect(code, stderr).toBe(0)
  expect(stdout).toMatch(
    /held out: loss [\d.]+ over \d+ targets, pairs: loss [\d.]+, [\d.]+ % right/,
  )
  const scored = await run('train', 'eval', 'bert', '--text', 'held-out.txt', '--json')
  expect(JSON.parse(scored.stdout)).toMatchObject({ text: { texts: 2 } })
  const config = readFileSync(
    join(folder, 'shards/bert/checkpoints/step-00000040/config.json'),
    'utf8',
  )
  expect(JSON.parse(config)).toMatchObject({ architectures: ['BertForPreTraining'] })
})

describe('what goes wrong', () => {
  test('every fault of a file is named with its place', async () => {
    write('faults.yaml', 'data: packed\nmodel: gpt-tny\nsteps: 0\noptimizer: { learningRat: 1 }\n')
    const { code, stderr } = await run('train', 'run', 'faults.yaml')
    expect(code).toBe(2)
    const unknown = 'faults.yaml:4:14  unknown option `learningRat`, did you mean `learningRate`?'
    const misspelt = 'faults.yaml:2:8  `model`: no `gpt-tny`, did you mean `gpt-tiny`?'
    for (const place of [misspelt, 'faults.yaml:3:8  `steps`', unknown])
      expect(stderr).toContain(place)
    write(
      'inner.yaml',
      'data: [{ path: packed, wight: 2 }]\nmodel: { family: gpt2, layer: 1 }\nbackend: wasn\n',
    )
    const inner = await run('train', 'run', 'inner.yaml')
    expect(
      inner.stderr
        .trim()
        .split('\n')
        .map((line) => line.replace(/^.*\//, '')),
    ).toEqual([
      'inner.yaml:1:24  unknown option `wight`, did you mean `weight`?',
      'inner.yaml:2:24  unknown option `layer`, did you mean `layers`?',
      'inner.yaml:3:10  `backend`: no `wasn`, did you mean `wasm`?',
    ])
    const steps = await run('train', 'run', 'gpt.yaml', '--steps', 'many')
    expect(steps.stderr).toContain('--steps: expected integer from 1, got `many`')
    const threads = await run('train', 'run', 'gpt.yaml', '--threads', '0')
    expect(threads.stderr).toContain('--threads: expected auto | integer from 1, got `0`')
  })

  test.each(['new', join(folder, 'far', 'new')])('nothing to go on from in %s', async (output) => {
    const { code, stderr } = await run('train', 'run', 'gpt.yaml', '--output', output, '--resume')
    expect(code).toBe(2)
    expect(stderr).toContain(`no checkpoint in ${resolve(folder, output)}\n`)
  })

  test('a full disk leaves no half checkpoint, and the run goes on when there is room', async () => {
    write('full.yaml', tiny)
    const launcher = fileURLToPath(new URL('../../packages/cli/bin/shardmill.js', import.meta.url))
    // No file above 64 KiB: the write of the model fails as on a full disk (EFBIG for ENOSPC).
    const script = 'ulimit -f 64; exec "$@"'
    const args = ['-c', script, 'bash', process.execPath, launcher, 'train', 'run', 'full.yaml']
    const failed = await new Promise<{ code: unknown; stderr: string }>((done) => {
      const options = { cwd: folder, env: { ...process.env, SHARDMILL_BUILT: '1' } }
      execFile('bash', args, options, (error, _stdout, stderr) =>
        done({ code: error?.code, stderr }),
      )
    })
    expect(failed.stderr).toContain('no room for the checkpoint (EFBIG)')
    expect(failed.stderr).toContain('train run')
    expect(failed.code).toBe(75)
    expect(readdirSync(join(folder, 'shards/full/checkpoints'))).toEqual([])
    expect((await run('train', 'run', 'full.yaml')).code).toBe(0)
  })
})

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { Tokenizer as HubTokenizer } from '@huggingface/tokenizers'
import { ShardWriter } from '@shardmill/core/shard-writer'
import { seeded } from '@shardmill/core/random'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadTokenizer } from '../src/load.ts'
import { countCorpus } from '../src/count-corpus.ts'
import { resolveTraining } from '../src/training-defaults.ts'
import { readTrainingFile } from '../src/training-file.ts'
import {
  trainTokenizer,
  type TrainedTokenizer,
  type TrainingHooks,
} from '../src/train-tokenizer.ts'
import { modelNames, type TrainingOptions } from '../src/training-config.ts'
import { WordCounter } from '../src/word-table.ts'
import { mergeRuns, writeRun } from '../src/word-runs.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'train-tokenizer-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const words =
  'the low lower lowest new newer newest wide wider 中文 分词 分词器 测试 模型 训练 数据'.split(' ')

function randomLines(seed: number, count: number): string[] {
  const random = seeded(seed)
  return Array.from({ length: count }, () => {
    const length = 1 + random.below(12)
    const line = Array.from({ length }, () => words[random.below(1 + random.below(words.length))])
    return line.join(random.below(3) === 0 ? '' : ' ')
  })
}

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const lines = randomLines(1, 400)
const small = { vocabSize: 400, memoryMB: 64 }

async function train(
  options: TrainingOptions,
  hooks: TrainingHooks = {},
): Promise<TrainedTokenizer> {
  return trainTokenizer(resolveTraining(options), hooks)
}

async function hashOf(options: TrainingOptions): Promise<string> {
  return (await train({ ...small, ...options })).report.hash
}

describe('sources', () => {
  test('text, JSON lines, gzip, Arrow and an async source give the same tokenizer', async () => {
    const text = write('a.txt', lines.join('\n'))
    const expected = await hashOf({ input: text })
    const gzip = write('a.txt.gz', gzipSync(lines.join('\n')))
    expect(await hashOf({ input: gzip })).toBe(expected)
    const rows = lines.map((line, i) => (i + 1 < lines.length ? `${line}\n` : line))
    const jsonl = write('a.jsonl', rows.map((row) => JSON.stringify({ text: row })).join('\n'))
    expect(await hashOf({ input: jsonl, unit: 'document' })).toBe(expected)
    const arrow = join(folder, 'a.arrow')
    const writer = new ShardWriter(arrow, { text: 'utf8' })
    for (const row of rows) {
      writer.bytes(0).pushText(row)
      writer.endRow()
    }
    writer.commit()
    expect(await hashOf({ input: arrow })).toBe(expected)
    const source = (async function* () {
      for (const row of rows) yield row
    })()
    const fromSource = await train({ ...small, input: [] }, { source })
    expect(fromSource.report.hash).toBe(expected)
  })

  test('a line mode text never learns line breaks, a document may', async () => {
    const input = write('breaks.txt', 'a\n\nb\n\nc\n\na\n\nb\n\n')
    const tokens = async (unit: 'line' | 'document'): Promise<string> => {
      const { json } = await train({ ...small, input, unit, preTokenizer: 'cl100k' })
      return JSON.stringify(json)
    }
    expect(await tokens('line')).not.toContain('"ĊĊ"')
    expect(await tokens('document')).toContain('"ĊĊ"')
  })

  test('bad UTF-8 is read as replacement characters, odd Unicode survives', async () => {
    const input = write(
      'odd.txt',
      Buffer.concat([Buffer.from('ok 🙂 é \u0000\n'), Buffer.of(0xff, 0xc3, 10)]),
    )
    const { report } = await train({ ...small, input })
    expect(report.texts).toBe(2)
  })

  test('an empty file gives the alphabet', async () => {
    const { report } = await train({ ...small, input: write('empty.txt', '') })
    expect(report.vocabSize).toBe(256)
  })

  test.each([
    [{ input: 'no-such-*.txt' }, 'no file matches'],
    [{ input: 'x', vocabSize: 100 }, 'vocabSize must hold the alphabet of 256, got 100'],
    [{ input: 'x', vocabSiez: 3 }, 'vocabSiez'],
  ])('%j is refused', async (options, message) => {
    await expect(train(options as TrainingOptions)).rejects.toThrow(message)
  })

  test('a JSON line without the field says so', async () => {
    const input = write('field.jsonl', '{"body":"x"}\n')
    await expect(train({ ...small, input })).rejects.toThrow('no text in field `text`')
  })

  test.each([
    ['', "not a JSON line: {'text'"],
    ['5', 'expected an object: 5'],
    ['{"text":7}', 'no text in field `text`: {"text":7}'],
  ])('a fault in JSON lines names file and line: %s', async (line, message) => {
    const wrong = line || "{'text': 'x'}"
    const input = write('lines.jsonl', `{"text":"a"}\n\n${wrong}\n{"text":"b"}`)
    await expect(train({ ...small, input })).rejects.toThrow(`lines.jsonl:3: ${message}`)
    const gzip = write('lines.jsonl.gz', gzipSync(readFileSync(input)))
    await expect(train({ ...small, input: gzip })).rejects.toThrow(`lines.jsonl.gz:3: ${message}`)
  })

  test('a line of a later split has its number in the file', async () => {
    // Splits are 64 MB; the third line begins behind the first border, the second one before it.
    const filler = JSON.stringify({ text: 'x'.repeat(40 << 20) })
    for (const [name, rows] of [
      ['inside', [filler, filler, '{"text":"a"}', 'wrong']],
      [
        'first',
        [filler, JSON.stringify({ text: 'y'.repeat((64 << 20) - filler.length - 13) }), 'wrong'],
      ],
    ] as const) {
      const path = write(`${name}.jsonl`, `${rows.join('\n')}\n`)
      await expect(train({ ...small, memoryMB: 512, input: path })).rejects.toThrow(
        `${name}.jsonl:${rows.length}: not a JSON line`,
      )
      rmSync(path)
    }
  })
})

describe('determinism', () => {
  test.each(modelNames)('%s does not depend on file split or order', async (model) => {
    const options = { model, vocabSize: model === 'byte-level-bpe' ? 400 : 60 }
    const whole = await hashOf({ ...options, input: write('whole.txt', `${lines.join('\n')}\n`) })
    const parts = [lines.slice(250), lines.slice(0, 120), lines.slice(120, 250)].map((part, i) =>
      write(`part-${i}.txt`, `${part.join('\n')}\n`),
    )
    expect(await hashOf({ ...options, input: parts })).toBe(whole)
  })

  test('training without an output folder leaves nothing where it ran', async () => {
    const input = write('nothing-left.txt', `${lines.join('\n')}\n`)
    await train({ ...small, input, workers: 2 })
    expect(existsSync('.counts')).toBe(false)
  })

  test('threads give the same counts, and a second run reads them from disk', async () => {
    const input = write('threads.txt', `${lines.join('\n')}\n`)
    const alone = await hashOf({ input })
    const stateFolder = join(folder, 'state')
    const options = { ...small, input, workers: 2 }
    expect((await train(options, { stateFolder })).report.hash).toBe(alone)
    const files = readdirSync(stateFolder)
    expect(files.filter((name) => name.endsWith('.json'))).toHaveLength(1)
    // Counts that are there are used: an emptied run file would otherwise not matter.
    const run = files.find((name) => name.endsWith('.run'))!
    writeRun(join(stateFolder, run), new WordCounter().table())
    const again = await train(options, { stateFolder })
    expect(again.report.distinctWords).toBe(0)
  })

  test('sampling depends on the content and the seed only', async () => {
    const whole = write('sample.txt', `${lines.join('\n')}\n`)
    const backwards = write('backwards.txt', `${lines.toReversed().join('\n')}\n`)
    const half = async (path: string, seed: number): Promise<string> =>
      hashOf({ input: [{ path, sample: 0.5 }], seed })
    expect(await half(backwards, 1)).toBe(await half(whole, 1))
    expect(await half(whole, 2)).not.toBe(await half(whole, 1))
  })

  test('weights of languages and of inputs multiply counts', async () => {
    const path = write('weights.txt', 'ab ab\n')
    const config = resolveTraining({
      input: [
        { path, lang: 'en', weight: 2 },
        { path, lang: 'zh' },
      ],
      languageWeights: { zh: 0.25 },
    })
    const { words: table } = await countCorpus(config, { folder: join(folder, 'w') })
    expect([...table.counts].toSorted((a, b) => a - b)).toEqual([2.25, 2.25, 2.25])
  })
})

describe('memory', () => {
  function table(entries: readonly (readonly [string, number])[]) {
    const counter = new WordCounter()
    for (const [word, count] of entries) {
      const bytes = Buffer.from(word)
      counter.add(bytes, 0, bytes.length, count)
    }
    return counter.table()
  }

  test('merged run files hold the sums', () => {
    const entries = lines.map((line, i) => [line, i + 1] as const)
    const paths = [0, 1, 2].map((part) => {
      const path = join(folder, `${part}.run`)
      writeRun(path, table(entries.filter((_, i) => i % 3 === part)))
      return path
    })
    const merged = mergeRuns(paths, Infinity)
    const sums = new Map<string, number>()
    for (const [word, count] of entries) sums.set(word, (sums.get(word) ?? 0) + count)
    const actual = new Map<string, number>()
    for (let i = 0; i < merged.words.size; i++) {
      const { bytes, offsets, counts } = merged.words
      actual.set(Buffer.from(bytes.subarray(offsets[i], offsets[i + 1])).toString(), counts[i]!)
    }
    expect(actual).toEqual(sums)
    expect(merged.lowestCount).toBe(0)
  })

  test('too many words: the rarest go, by count, and the loss is told', () => {
    const path = join(folder, 'many.run')
    const entries = Array.from({ length: 5000 }, (_, i) => [`word${i}`, 1 + (i % 10)] as const)
    writeRun(path, table(entries))
    const merged = mergeRuns([path], 200_000)
    expect(merged.distinct).toBe(5000)
    expect(merged.words.size).toBe(5000 - merged.droppedWords)
    expect(Math.min(...merged.words.counts)).toBe(merged.lowestCount)
    const kept = entries.filter(([, count]) => count >= merged.lowestCount)
    expect(merged.words.size).toBe(kept.length)
    const lost = entries.reduce(
      (sum, [, count]) => sum + (count < merged.lowestCount ? count : 0),
      0,
    )
    expect(merged.droppedOccurrences).toBe(lost)
    expect(lost).toBeGreaterThan(0)
  })
})

describe('options', () => {
  test('an abort stops the training', async () => {
    const controller = new AbortController()
    controller.abort(new Error('enough'))
    const input = write('abort.txt', lines.join('\n'))
    const running = train({ ...small, input }, { signal: controller.signal })
    await expect(running).rejects.toThrow('enough')
  })

  test('events report counting and training', async () => {
    const phases = new Set<string>()
    const input = write('events.txt', lines.join('\n'))
    await train(
      { ...small, input, model: 'unigram', vocabSize: 50 },
      { onEvent: ({ phase }) => void phases.add(phase) },
    )
    expect([...phases]).toEqual(['count', 'train'])
  })

  test('initial merges come first and refused merges never', async () => {
    const first = write('first.json', JSON.stringify({ model: { merges: [['z', 'q'], 'zq x'] } }))
    const input = write('refuse.txt', lines.join('\n'))
    const { json } = await train({
      ...small,
      input,
      initialMerges: first,
      refuseMerges: ['中'],
    })
    const { merges } = json['model'] as { merges: [string, string][] }
    expect(merges.slice(0, 2)).toEqual([
      ['z', 'q'],
      ['zq', 'x'],
    ])
    const texts = merges.map((pair) => pair.join(''))
    expect(texts).toContain('newest')
    expect(texts).not.toContain('ä¸Ń')
  })

  test('Han runs and word ends cut training pieces', async () => {
    const input = write('han.txt', '我们训练分词模型\n'.repeat(5))
    const longest = async (options: object): Promise<number> => {
      const { json } = await train({ ...small, input, ...options })
      const { vocab } = json['model'] as { vocab: Record<string, number> }
      return Math.max(...Object.keys(vocab).map((token) => token.length)) / 3
    }
    expect(await longest({})).toBe(8)
    expect(await longest({ hanMaxRun: 2 })).toBe(2)
    expect(await longest({ segment: true })).toBeLessThan(4)
  })
})

describe('files', () => {
  test.each(modelNames)('%s is loaded by others, with the same ids', async (model) => {
    const output = join(folder, model)
    const input = write('files.txt', lines.join('\n'))
    const vocabSize = model === 'byte-level-bpe' ? 400 : 80
    await train({ input, model, vocabSize, output, specialTokens: ['<s>'] })
    const json = JSON.parse(readFileSync(join(output, 'tokenizer.json'), 'utf8'))
    const config = JSON.parse(readFileSync(join(output, 'tokenizer_config.json'), 'utf8'))
    const hub = new HubTokenizer(json, config)
    const own = await loadTokenizer(output, {
      onNotice: (message) => expect.fail(message),
    })
    for (const text of ['the newest 分词器', 'low\tlower  wider!', '模型训练数据', lines[3]!]) {
      const ids = [...own.encode(text)]
      expect(ids).toEqual(hub.encode(text, { add_special_tokens: false }).ids)
      expect(ids.length).toBeGreaterThan(0)
    }
  })

  test('faults of a training file have lines and columns', () => {
    const path = write('bad.yaml', 'input: a.txt\nvocabSize: many\nmodle: unigram\n')
    expect(() => readTrainingFile(path)).toThrow(/bad\.yaml:2:12 {2}`vocabSize`: .*\n.*modle/)
  })
})

describe('what can go wrong', () => {
  async function notices(options: TrainingOptions): Promise<string[]> {
    const heard: string[] = []
    await train(options, {
      stateFolder: join(folder, 'noticed'),
      onEvent: (event) => event.phase === 'notice' && heard.push(event.message),
    })
    return heard
  }

  test('a weight for a language that no text has is told', async () => {
    const input = write('langs.jsonl', '{"text":"a b","lang":"en"}\n{"text":"中文"}\n')
    const weighted = { ...small, vocabSize: 256, input, languageWeights: { en: 2, zh: 3, fr: 1 } }
    for (const workers of [1, 2]) {
      expect(await notices({ ...weighted, workers })).toContain(
        'languageWeights: no text is in zh, fr; languages of the texts: none named, en',
      )
    }
    const { report } = await train(weighted)
    expect(report.languages).toEqual({ '': 6, en: 3 })
  })

  test('what is not UTF-8 is told', async () => {
    const input = write('latin1.txt', Buffer.from('caf\u00e9 au lait\n', 'latin1'))
    for (const workers of [1, 2]) {
      const heard = await notices({
        ...small,
        vocabSize: 256,
        workers,
        input: [input, write('utf8.txt', 'é')],
      })
      expect(heard).toContain(`not UTF-8 throughout, what is not counts as U+FFFD: ${input}`)
    }
  })

  test('a result other than asked for is told', async () => {
    const input = write('few.txt', 'hello world\n')
    expect(await notices({ input: write('none.txt', '') })).toEqual([
      'the input has no words: nothing was learned',
    ])
    expect(await notices({ input, vocabSize: 300 })).toEqual([
      'the text has no more tokens to learn: 265 of vocabSize: 300',
    ])
    expect(await notices({ input, vocabSize: 3, model: 'character-bpe' })).toEqual([
      'special tokens and alphabet alone are 7 tokens, more than vocabSize: 3',
    ])
    expect(await notices({ input, vocabSize: 260 })).toEqual([])
  })

  test('faults are found before anything is counted', async () => {
    const input = write('never-read.jsonl', 'not JSON')
    const file = write('a-file', '')
    const faulty = (options: Partial<TrainingOptions>): Promise<unknown> =>
      train({ input, ...options })
    await expect(faulty({ output: join(file, 'x') })).rejects.toThrow(/cannot write to the folder/)
    await expect(faulty({ initialMerges: join(folder, 'no.json') })).rejects.toThrow(
      /initialMerges/,
    )
    await expect(faulty({ initialMerges: input })).rejects.toThrow(/initialMerges/)
    await expect(faulty({ refuseMerges: ['('] })).rejects.toThrow(/not a regular expression/)
    await expect(faulty({})).rejects.toThrow(/not a JSON line: not JSON/)
  })

  test('misspelt options stand at their place, with a suggestion, in order', () => {
    const path = write(
      'misspelt.yaml',
      'input:\n  - a.txt\n  - { path: b.txt, langs: zh }\nvocabsize: 300\nrefuseMerges: ["("]\n',
    )
    expect(() => readTrainingFile(path)).toThrow(
      new RegExp(
        [
          'yaml:3:20 {2}unknown option `langs`, did you mean `lang`\\?',
          '.*yaml:4:1 {2}unknown option `vocabsize`, did you mean `vocabSize`\\?',
          '.*yaml:5:16 {2}`refuseMerges.0`: not a regular expression',
        ].join('\n'),
      ),
    )
    const empty = write('no-input.yaml', 'vocabSize: 300\n')
    expect(() => readTrainingFile(empty)).toThrow(/`input`: expected a path or a list of paths/)
  })

  test('a folder means the texts in it, and a name with brackets is a name', async () => {
    const inside = join(folder, 'texts', 'deeper')
    mkdirSync(inside, { recursive: true })
    writeFileSync(join(inside, 'a.md'), 'hello\n')
    writeFileSync(join(folder, 'texts', 'b [1].txt'), 'world\n')
    writeFileSync(join(folder, 'texts', 'c.bin'), 'no text')
    const texts = async (input: string): Promise<number> =>
      (await train({ input, vocabSize: 300 })).report.texts
    expect(await texts(join(folder, 'texts'))).toBe(2)
    expect(await texts(join(folder, 'texts', 'b [1].txt'))).toBe(1)
  })

  test('invalid UTF-8 and one very long line', async () => {
    const broken = Buffer.concat([Buffer.from('ok \xff'), Buffer.of(0xff, 0xc3, 0x28, 0x0a)])
    const mended = Buffer.from(broken.toString('utf8'))
    expect(await hashOf({ input: write('broken.txt', broken) })).toBe(
      await hashOf({ input: write('mended.txt', mended) }),
    )
    const long = write('long.txt', 'ab'.repeat(1_500_000))
    const { model } = await train({ input: long, vocabSize: 260 })
    expect([...model.tokens].slice(256)).toEqual(['ab', 'abab', 'abababab', 'ab'.repeat(8)])
  })
})

test('offsets of our own Unigram survive spaces that its normalizer takes away', async () => {
  const output = join(folder, 'unigram-offsets')
  const input = write('offsets.txt', 'low lower lowest\nlow new newer\n'.repeat(20))
  await train({ input, output, model: 'unigram', vocabSize: 40 })
  const tokenizer = await loadTokenizer(output)
  const text = ' low \t lower  newest é\u0301x ﬁn  '
  const { ids, starts, ends } = tokenizer.encodeWithOffsets(text)
  expect(Array.from(ids)).toEqual(Array.from(tokenizer.encode(text)))
  const covered = Array.from(ids, (_, i) => text.slice(starts[i], ends[i]))
  // Each token covers what it is made of: at most two characters more than it has.
  covered.forEach((part, i) => {
    expect(part.length).toBeLessThanOrEqual(tokenizer.tokenOf(ids[i]!)!.length + 4)
  })
  for (let i = 1; i < ids.length; i++) expect(starts[i]).toBeGreaterThanOrEqual(starts[i - 1]!)
  expect(covered[0]).toContain('low')
  expect(ends.at(-1)).toBe(text.trimEnd().length)
})

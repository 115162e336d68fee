import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { seeded } from '@shardmill/core/random'
import { byteAlphabet, trainBpe, type BpeOptions } from '../src/bpe-train.ts'
import { MergeLoop } from '../src/bpe-merge.ts'
import { PlainMergeLoop } from '../src/bpe-merge-plain.ts'
import { BpeVocabulary } from '../src/bpe-vocabulary.ts'
import { layOutWords } from '../src/word-cells.ts'
import { bpeDefaults } from '../src/bpe-train.ts'
import { preTokenizer, preTokenizerNames, type PreTokenizerName } from '../src/pretokenize/index.ts'
import { WordCounter, type WordTable } from '../src/word-table.ts'

function countWords(name: PreTokenizerName, documents: readonly string[]): WordTable {
  const { prepare, split } = preTokenizer(name)
  const counter = new WordCounter()
  for (const document of documents) {
    const bytes = Buffer.from(prepare ? prepare(document) : document)
    counter.addText(split, bytes, 0, bytes.length)
  }
  return counter.table()
}

const oracleCase = z.object({
  seed: z.int(),
  preTokenizer: z.enum(preTokenizerNames),
  unit: z.enum(['byte', 'character']),
  options: z.object({
    vocab_size: z.int(),
    min_frequency: z.int(),
    special_tokens: z.array(z.string()),
    max_token_length: z.int().nullable(),
    initial_alphabet: z.union([z.literal('bytes'), z.array(z.string())]),
    limit_alphabet: z.int().optional(),
  }),
  documents: z.array(z.string()),
  tokens: z.array(z.string()),
  merges: z.array(z.tuple([z.string(), z.string()])),
})
const cases = readFileSync(new URL('./oracle/bpe.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => oracleCase.parse(JSON.parse(line)))

test.each(cases)('case $seed of HF ($preTokenizer)', async (expected) => {
  const { options } = expected
  const model = await trainBpe(countWords(expected.preTokenizer, expected.documents), {
    unit: expected.unit,
    vocabSize: options.vocab_size,
    minFrequency: options.min_frequency,
    specialTokens: options.special_tokens,
    maxTokenLength: options.max_token_length ?? 0,
    initialAlphabet: options.initial_alphabet === 'bytes' ? byteAlphabet : options.initial_alphabet,
    limitAlphabet: options.limit_alphabet ?? 0,
  })
  expect([...model.tokens]).toEqual(expected.tokens)
  expect([...model.merges]).toEqual(expected.merges)
})

function prepareLoop(words: WordTable, options: BpeOptions) {
  const vocabulary = new BpeVocabulary(options)
  const corpus = layOutWords(words, options, vocabulary)
  return {
    corpus,
    vocabulary,
    rules: { minFrequency: options.minFrequency, maxLength: options.maxTokenLength || Infinity },
  }
}

/** Words with Zipf-like weights, so that several searches at falling thresholds are needed. */
function randomWords(seed: number, distinct: number, letters: number): WordTable {
  const random = seeded(seed)
  const counter = new WordCounter()
  for (let i = 0; i < distinct; i++) {
    const length = 1 + random.below(9)
    const word = Buffer.from(
      Array.from({ length }, () => 97 + random.below(1 + random.below(letters))),
    )
    counter.add(word, 0, length, Math.ceil(20_000 / (i + 1)))
  }
  return counter.table()
}

test('the fast merge loop agrees with the plain one', () => {
  for (let seed = 0; seed < 40; seed++) {
    const options = { ...bpeDefaults, vocabSize: 400, maxTokenLength: seed % 4 === 0 ? 5 : 0 }
    const words = randomWords(seed, 600, 2 + (seed % 20))
    const fast = prepareLoop(words, options)
    const state = new MergeLoop(fast.corpus, fast.rules, fast.vocabulary).run(1e6)
    expect(state).toBe('done')
    const plain = prepareLoop(words, options)
    expect(new PlainMergeLoop(plain.corpus, plain.rules, plain.vocabulary).run(1e6)).toBe('done')
    expect(fast.vocabulary.merges).toEqual(plain.vocabulary.merges)
    expect([...fast.vocabulary.tokens]).toEqual([...plain.vocabulary.tokens])
  }
})

test('a string spelt twice is left to the plain loop', async () => {
  // With the prefix `a`, first `a` and following `b` spell `ab`, which is also the following `b`.
  const options = { ...bpeDefaults, vocabSize: 60, continuingPrefix: 'a' }
  const words = countWords('whitespace-split', ['ab abb bab aab abab bbab ab abb babb'])
  const fast = prepareLoop(words, options)
  expect(new MergeLoop(fast.corpus, fast.rules, fast.vocabulary).run(1e6)).toBe('repeated')
  const plain = prepareLoop(words, options)
  new PlainMergeLoop(plain.corpus, plain.rules, plain.vocabulary).run(1e6)
  const model = await trainBpe(words, options)
  expect([...model.tokens]).toEqual([...plain.vocabulary.tokens])
  expect([...model.merges]).toEqual([...plain.vocabulary.mergePairs()])
})

test('a table of words counts like a map of strings', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          fc.string({ unit: fc.constantFrom('a', 'b', '\0', '中', '🙂'), maxLength: 12 }),
          fc.integer({ min: 1, max: 2 ** 40 }),
        ),
        { maxLength: 200 },
      ),
      (words) => {
        const counter = new WordCounter()
        const expected = new Map<string, number>()
        for (const [word, weight] of words) {
          const bytes = Buffer.from(`<${word}>`)
          counter.add(bytes, 1, bytes.length - 1, weight)
          expected.set(word, (expected.get(word) ?? 0) + weight)
        }
        const table = counter.table()
        const actual = new Map<string, number>()
        for (let i = 0; i < table.size; i++) {
          const word = Buffer.from(table.bytes.subarray(table.offsets[i], table.offsets[i + 1]))
          actual.set(word.toString(), table.counts[i]!)
        }
        expect(actual).toEqual(expected)
      },
    ),
    { seed: 3, numRuns: 200 },
  )
})

test('counts beyond 32 bits stay exact', async () => {
  const counter = new WordCounter()
  counter.add(Buffer.from('ab'), 0, 2, 2 ** 52)
  counter.add(Buffer.from('ab'), 0, 2, 1)
  counter.add(Buffer.from('cd'), 0, 2, 2 ** 52)
  const { merges } = await trainBpe(counter.table(), { vocabSize: 6 })
  expect([...merges]).toEqual([
    ['a', 'b'],
    ['c', 'd'],
  ])
})

test('the order of the words does not matter', async () => {
  const documents = ['low lower lowest', '新しい 最新 新聞', 'newest newer new']
  const forth = await trainBpe(countWords('gpt2', documents), { vocabSize: 80 })
  const back = await trainBpe(countWords('gpt2', documents.toReversed()), { vocabSize: 80 })
  expect(back).toEqual(forth)
})

test('a merge filter keeps pairs apart', async () => {
  const words = countWords('gpt2', ['aaab aaab bab', '2024 2024'])
  const { tokens } = await trainBpe(words, {
    vocabSize: 60,
    mergeFilter: (left, right) => !/\d/.test(left + right),
  })
  expect([...tokens].filter((token) => token.length > 1 && /\d/.test(token))).toEqual([])
  expect([...tokens]).toContain('aaab')
})

test('prefixes and suffixes mark the place in the word', async () => {
  const words = countWords('whitespace', ['hug pug hugs bun'])
  const { tokens } = await trainBpe(words, {
    unit: 'character',
    vocabSize: 40,
    continuingPrefix: '##',
    endOfWordSuffix: '</w>',
  })
  expect([...tokens].slice(0, 7)).toEqual(['b', 'g', 'h', 'n', 'p', 's', 'u'])
  expect([...tokens]).toContain('hug</w>')
})

test.each(['byte', 'character'] as const)('nothing to train on (%s)', async (unit) => {
  const { tokens, merges } = await trainBpe(new WordCounter().table(), {
    unit,
    specialTokens: ['<s>'],
  })
  expect([...tokens]).toEqual(['<s>'])
  expect([...merges]).toEqual([])
})

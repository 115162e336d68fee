// Properties of trained models: they agree with the plain twin, sum to one, do not depend on memory,
// survive ARPA and quantisation, and broken files are refused.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, test } from 'vitest'
import { seeded, type Random } from '@shardmill/core/random'
import { exportArpa } from '@shardmill/stages/quality/ngram/arpa-export'
import { importArpa } from '@shardmill/stages/quality/ngram/arpa-import'
import { DocumentScorer, perplexityOf } from '@shardmill/stages/quality/ngram/document-scorer'
import { NgramModel } from '@shardmill/stages/quality/ngram/model'
import { quantizeModel } from '@shardmill/stages/quality/ngram/quantize'
import { rewriteHeader } from '@shardmill/stages/quality/ngram/rewrite-header'
import { noRules } from '@shardmill/stages/quality/ngram/scoring-text'
import { startId } from '@shardmill/stages/quality/ngram/vocabulary'
import { plainModel } from './plain-kneser-ney.ts'
import { newPath, trainText } from './train-text.ts'

/** Sentences in which the next word depends on the last two, so that n-grams repeat. */
function randomText(random: Random, sentences: number, words: number): string {
  const lines: string[] = []
  for (let i = 0; i < sentences; i++) {
    const line: string[] = []
    let [a, b] = [0, 0]
    for (let length = random.below(12); length >= 0; length--) {
      // Frequent words are likelier, and half of the time the pair before decides.
      const next =
        random.below(2) === 0 ? (a * 7 + b * 3) % words : random.below(words) >> random.below(5)
      line.push(`w${next}`)
      ;[a, b] = [b, next]
    }
    lines.push(line.join(' '))
  }
  return `${lines.join('\n')}\n`
}

function randomContext(random: Random, model: NgramModel): number[] {
  const length = random.below(model.order + 1)
  const context = Array.from({ length }, () => 3 + random.below(model.vocabulary.count - 3))
  if (random.below(3) === 0) context.unshift(startId)
  return context
}

describe.each([
  { order: 1, prune: [0] },
  { order: 3, prune: [0, 0, 1] },
  { order: 4, prune: [0, 1, 1, 2] },
  { order: 5, prune: [0, 0, 0, 0, 0] },
  { order: 5, prune: [0, 0, 1, 2, 2] },
])('order $order, pruned $prune', ({ order, prune }) => {
  const text = randomText(seeded(order), 120, 30)

  test('agrees with the plain twin', async () => {
    const { path } = await trainText(text, { order, prune })
    const model = NgramModel.load(path)
    const plain = plainModel(text, order, prune)
    const random = seeded(5)
    for (let i = 0; i < 200; i++) {
      const context = randomContext(random, model)
      const word = plain.vocabulary[random.below(plain.vocabulary.length)]!
      const expected = plain.probability(
        context.map((id) => model.vocabulary.word(id)),
        word,
      )
      const got = 10 ** model.logProb(context, model.vocabulary.findWord(word))
      expect(Math.abs(got / expected - 1)).toBeLessThan(2e-6)
    }
  })

  test('probabilities after any context sum to one', async () => {
    const { path } = await trainText(text, { order, prune })
    const model = NgramModel.load(path)
    const random = seeded(9)
    for (let i = 0; i < 25; i++) {
      const context = randomContext(random, model)
      let sum = 0
      for (let word = 0; word < model.vocabulary.count; word++) {
        if (word !== startId) sum += 10 ** model.logProb(context, word)
      }
      expect(sum).toBeCloseTo(1, 5)
    }
  })

  test('goes through ARPA unchanged', async () => {
    const { path } = await trainText(text, { order, prune })
    const [arpa, back, again] = [newPath(), newPath(), newPath()]
    exportArpa(path, arpa)
    await importArpa(arpa, back, { unit: 'whitespace', rules: noRules, segmenter: '' })
    exportArpa(back, again)
    expect(readFileSync(again, 'utf8')).toBe(readFileSync(arpa, 'utf8'))
    const [a, b] = [await DocumentScorer.load(path), await DocumentScorer.load(back)]
    const other = randomText(seeded(77), 60, 44)
    expect(b.score(other)).toEqual(a.score(other))
  })

  test('quantised to 8 bits scores nearly the same, to 2 bits worse', async () => {
    const { path } = await trainText(text, { order, prune })
    const other = randomText(seeded(78), 60, 40)
    const exact = perplexityOf((await DocumentScorer.load(path)).score(other))!
    const off = async (bits: number): Promise<number> => {
      const small = newPath()
      quantizeModel(path, small, bits)
      return Math.abs(perplexityOf((await DocumentScorer.load(small)).score(other))! / exact - 1)
    }
    const [fine, coarse] = [await off(8), await off(2)]
    expect(fine).toBeLessThan(0.02)
    if (order > 1) expect(coarse).toBeGreaterThan(fine)
    else expect(coarse).toBe(0)
  })
})

test('the same bytes whatever the memory, and nothing left beside the model', async () => {
  const text = randomText(seeded(3), 12_000, 3000)
  const large = await trainText(text, { order: 4, prune: [0, 0, 1, 1] })
  const small = await trainText(text, { order: 4, prune: [0, 0, 1, 1], memoryMB: 0 })
  expect(large.runs).toBe(0)
  expect(small.runs).toBeGreaterThan(64) // so that runs of runs were merged, too
  expect(readFileSync(small.path).equals(readFileSync(large.path))).toBe(true)
  expect(readdirSync(dirname(small.path)).filter((name) => !/^\d+\.ngram$/.test(name))).toEqual([])
})

test('a saved header keeps the arrays', async () => {
  const { path } = await trainText(randomText(seeded(4), 50, 20), { order: 3 })
  const before = NgramModel.load(path)
  const values = Array.from({ length: 99 }, (_, i) => i + 1)
  rewriteHeader(path, path, { percentiles: { documents: 7, values } })
  const after = NgramModel.load(path)
  expect(after.header.percentiles).toEqual({ documents: 7, values })
  expect(after.logProb([3, 4], 5)).toBe(before.logProb([3, 4], 5))
})

describe('broken files are refused', () => {
  test.each<[string, (bytes: Buffer) => Buffer, RegExp]>([
    ['another file', () => Buffer.from('hello, this is no model at all'), /does not begin with/],
    ['a cut file', (bytes) => bytes.subarray(0, bytes.length - 100), /cut off while copying/],
    ['an empty file', () => Buffer.alloc(0), /has only 0 bytes/],
    [
      'a changed number',
      (bytes) => {
        bytes[2000]! ^= 1
        return bytes
      },
      /checksum of section/,
    ],
    [
      'a changed header',
      (bytes) =>
        Buffer.from(bytes.toString('latin1').replace('"version":1', '"version":7'), 'latin1'),
      /header is wrong: version/,
    ],
  ])('%s', async (_, damage, message) => {
    const { path } = await trainText(randomText(seeded(2), 80, 30), { order: 3 })
    writeFileSync(path, damage(readFileSync(path)))
    await expect(DocumentScorer.load(path)).rejects.toThrow(message)
    await expect(DocumentScorer.load(path)).rejects.toThrow(path)
  })
})

describe('ARPA files with faults are refused with their place', () => {
  const good =
    '\\data\\\nngram 1=3\nngram 2=1\n\n\\1-grams:\n-1 <s> -0.5\n-1 </s>\n-1 a -0.2\n\n\\2-grams:\n-0.5 <s> a\n\n\\end\\\n'
  test.each<[string, string, RegExp]>([
    ['no end', good.replace('\\end\\', ''), /ends without/],
    ['count', good.replace('ngram 2=1', 'ngram 2=2'), /announces 2 2-grams, got 1/],
    ['unknown word', good.replace('-0.5 <s> a', '-0.5 <s> b'), /:11: .*`b` is no unigram/],
    ['number', good.replace('-1 a -0.2', 'x a -0.2'), /:8: .*expected log probability/],
    ['no </s>', good.replace('-1 </s>', '-1 b'), /has no unigram <\/s>/],
  ])('%s', async (_, text, message) => {
    const path = newPath()
    writeFileSync(path, text)
    const facts = { unit: 'whitespace', rules: noRules, segmenter: '' } as const
    await expect(importArpa(path, newPath(), facts)).rejects.toThrow(message)
  })

  test('a good one is read, with 10^-100 for <unk>', async () => {
    const [path, model] = [newPath(), newPath()]
    writeFileSync(path, good)
    await importArpa(path, model, { unit: 'whitespace', rules: noRules, segmenter: '' })
    const scorer = await DocumentScorer.load(model)
    expect(scorer.score('a').logProb).toBeCloseTo(-0.5 - 0.2 - 1, 6)
    expect(scorer.score('b').logProb).toBeCloseTo(-0.5 - 100 - 1, 4)
  })
})

// A bigram model worked out by hand, after the definitions of lmplz. The corpus is three sentences:
//
//   a b        <s> a b </s>
//   a c        <s> a c </s>
//   a b        <s> a b </s>
//
// Bigrams are counted as they occur: <s> a 3, a b 2, a c 1, b </s> 2, c </s> 1.
// Single words count the different words before them: a 1 (<s>), b 1 (a), c 1 (a), </s> 2 (b, c): 5 in all.
//
// Discounts. Bigrams: n1 = 2, n2 = 2, n3 = 1, n4 = 0, Y = n1 / (n1 + 2 n2) = 1/3,
//   D1 = 1 - 2 Y n2/n1 = 1/3,  D2 = 2 - 3 Y n3/n2 = 3/2,  D3 = 3 - 4 Y n4/n3 = 3.
// Single words: n3 = 0, so the fallback: 1/2, 1, 3/2.
//
// Single words: backoff = (3 * 1/2 + 1 * 1) / 5 = 1/2, shared by <unk>, </s>, a, b, c: 1/10 each.
//   p(a) = p(b) = p(c) = (1 - 1/2)/5 + 1/10 = 1/5,  p(</s>) = (2 - 1)/5 + 1/10 = 3/10,  p(<unk>) = 1/10.
// After <s>: backoff 3/3 = 1,            p(a | <s>)  = (3 - 3)/3     + 1/5        = 1/5.
// After a:   backoff (3/2 + 1/3)/3 = 11/18, p(b | a) = (2 - 3/2)/3   + 11/18 1/5  = 13/45,
//                                        p(c | a)    = (1 - 1/3)/3   + 11/18 1/5  = 31/90.
// After b:   backoff (3/2)/2 = 3/4,      p(</s> | b) = (2 - 3/2)/2   + 3/4 3/10   = 19/40.
// After c:   backoff 1/3,                p(</s> | c) = (1 - 1/3)     + 1/3 3/10   = 23/30.
//
// lmplz -o 2 --discount_fallback prints the logarithms of these very numbers.
import { expect, test } from 'vitest'
import {
  perplexityOf,
  perplexityWithoutUnknown,
  type DocumentScorer,
} from '@shardmill/stages/quality/ngram/document-scorer'
import { scorerOf } from './train-text.ts'

const corpus = 'a b\na c\na b\n'

function probabilityOf({ model }: DocumentScorer, ...words: readonly string[]): number {
  const ids = words.map((word) => model.vocabulary.findWord(word))
  return 10 ** model.logProb(ids.slice(0, -1), ids.at(-1)!)
}

test.each([
  [['a'], 1 / 5],
  [['b'], 1 / 5],
  [['</s>'], 3 / 10],
  [['<unk>'], 1 / 10],
  [['<s>', 'a'], 1 / 5],
  [['a', 'b'], 13 / 45],
  [['a', 'c'], 31 / 90],
  [['b', '</s>'], 19 / 40],
  [['c', '</s>'], 23 / 30],
  [['a', 'a'], (11 / 18) * (1 / 5)],
  [['b', 'c'], (3 / 4) * (1 / 5)],
  [['c', '<unk>'], (1 / 3) * (1 / 10)],
  [['<unk>', 'c'], 1 / 5], // an unknown word is no context
])('probability of %j', async (words, expected) => {
  const scorer = await scorerOf(corpus, { order: 2 })
  expect(probabilityOf(scorer, ...words)).toBeCloseTo(expected, 6)
})

test('perplexity of a sentence counts </s> but not <s>', async () => {
  const scorer = await scorerOf(corpus, { order: 2 })
  const score = scorer.score('a b')
  expect(score.tokens).toBe(3)
  expect(perplexityOf(score)).toBeCloseTo(((1 / 5) * (13 / 45) * (19 / 40)) ** (-1 / 3), 4)
})

test('unknown words are scored, and left out of the second perplexity', async () => {
  const scorer = await scorerOf(corpus, { order: 2 })
  const score = scorer.score('a x b')
  const unknown = (11 / 18) * (1 / 10)
  const others = (1 / 5) * (1 / 5) * (19 / 40)
  expect(score).toMatchObject({ tokens: 4, unknown: 1 })
  expect(perplexityOf(score)).toBeCloseTo((unknown * others) ** (-1 / 4), 3)
  expect(perplexityWithoutUnknown(score)).toBeCloseTo(others ** (-1 / 3), 4)
})

test('a text cannot say <s>, </s> or <unk>: passed over in training, unknown in scoring', async () => {
  const scorer = await scorerOf('a <s> b\n<unk> a c\na </s> b\n', { order: 2 })
  expect(scorer.score('a b')).toEqual((await scorerOf(corpus, { order: 2 })).score('a b'))
  for (const word of ['<s>', '</s>', '<unk>']) {
    expect(scorer.score(`a ${word} b`)).toEqual(scorer.score('a x b'))
  }
})

test('sentences of a text add up; empty lines are none', async () => {
  const scorer = await scorerOf(corpus, { order: 2 })
  const [both, first, second] = ['a b\n\n \na c', 'a b', 'a c'].map((text) => scorer.score(text))
  expect(both!.tokens).toBe(first!.tokens + second!.tokens)
  expect(both!.logProb).toBeCloseTo(first!.logProb + second!.logProb, 10)
})

test('without discounts to compute and without fallback training says what to do', async () => {
  const { discountsOf } = await import('@shardmill/stages/quality/ngram/discounts')
  expect(() => discountsOf(3, [0, 5, 0, 1, 0], undefined)).toThrow(
    'cannot smooth 3-grams: no 3-gram has the adjusted count 2',
  )
  expect(() => discountsOf(2, [0, 1, 1, 9, 0], undefined)).toThrow('with count 2 would be')
})

import * as fc from 'fast-check'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readGold } from '@shardmill/tokenizer/segment/gold'
import { createDecoder } from '@shardmill/tokenizer/segment/perceptron-decoder'
import { encodeSegmentModel, readSegmentModel } from '@shardmill/tokenizer/segment/perceptron-model'
import {
  createRowFinder,
  decodePlainly,
  rowsOf,
} from '@shardmill/tokenizer/segment/perceptron-plain'
import { trainSegmentModel } from '@shardmill/tokenizer/segment/perceptron-train'
import { scoreSegmenter } from '@shardmill/tokenizer/segment/score'
import { createSegmenter, segmentBatch, tokensOf } from '@shardmill/tokenizer/segment/segmenter'

const modelPath = new URL('../src/data/segment-model.bin', import.meta.url)
const model = readSegmentModel(modelPath)
const perceptron = await createSegmenter({ engine: 'perceptron' })
const jieba = await createSegmenter({ engine: 'jieba' })
const intl = await createSegmenter({ engine: 'intl' })

/** Strings that mix Han, ASCII, white space, whole planes and half surrogates. */
const mixed = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 4 }),
      fc.constantFrom(
        '我们',
        '研究',
        '生命',
        '2026年',
        'Node.js',
        ' ',
        '\n',
        '，',
        '𠮷',
        '\ud800',
        '\udc00',
        '機器學習',
        'https://a.cn/b',
      ),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''))

describe('segmenters', () => {
  test.each([perceptron, jieba, intl])('$name: tokens join to the text', (segmenter) => {
    fc.assert(
      fc.property(mixed, (text) => {
        const ends = segmenter.segment(text)
        expect(tokensOf(text, ends).join('')).toBe(text)
        ends.forEach((end, i) => expect(end).toBeGreaterThan(i === 0 ? 0 : ends[i - 1]!))
      }),
      { seed: 4, numRuns: 300 },
    )
  })

  test.each([
    ['他来到了网易杭研大厦', '他 来到 了 网易 杭研 大厦'],
    ['我们在公园里散步。', '我们 在 公园 里 散步 。'],
    ['用Node.js写了3个脚本', '用 Node.js 写 了 3 个 脚本'],
    ['請參閱https://example.org/a?b=1的說明', '請 參閱 https://example.org/a?b=1 的 說明'],
    ['寄信到 a.b@example.com 吧', '寄信 到   a.b@example.com   吧'],
  ])('%s', (text, expected) => {
    expect(tokensOf(text, perceptron.segment(text)).join(' ')).toBe(expected)
  })

  test('traditional text is cut like its simplified form', () => {
    const [simplified, traditional] = segmentBatch(perceptron, [
      '我们学习汉语，发展经济。',
      '我們學習漢語，發展經濟。',
    ])
    expect([...traditional!]).toEqual([...simplified!])
  })

  test('a user word wins over a close call', async () => {
    const text = '小明在望京西路散步'
    const words = ['望京西路', '和服']
    for (const engine of ['perceptron', 'jieba'] as const) {
      const segmenter = await createSegmenter({ engine, words })
      expect(tokensOf(text, segmenter.segment(text))).toContain('望京西路')
    }
    expect(tokensOf(text, perceptron.segment(text))).not.toContain('望京西路')
    const careful = await createSegmenter({ engine: 'perceptron', words })
    const accident = '商品和服务'
    expect(tokensOf(accident, careful.segment(accident))).toEqual(['商品', '和', '服务'])
  })

  test('jieba tags parts of speech', () => {
    const text = '我们喜欢漂亮的花'
    const { ends, tags } = jieba.tag!(text)
    expect(tokensOf(text, ends).map((token, i) => `${token}/${tags[i]}`)).toEqual([
      '我们/r', '喜欢/v', '漂亮/a', '的/uj', '花/v',
    ]) // prettier-ignore
  })

  test('intl takes no words', async () => {
    await expect(createSegmenter({ engine: 'intl', words: ['词'] })).rejects.toThrow(
      'no user dictionary',
    )
  })
})

describe('perceptron', () => {
  test('the packed decoder answers like the plain one', () => {
    const decoder = createDecoder(model)
    const finder = createRowFinder(model)
    fc.assert(
      fc.property(mixed, (text) => {
        decoder.read(text, 0, text.length)
        if (decoder.symbols.count === 0) return
        decoder.decode(false)
        const plain = decodePlainly(model, rowsOf(decoder.symbols, model.lexicon, finder))
        expect([...decoder.tags.subarray(0, decoder.symbols.count)]).toEqual([...plain])
      }),
      { seed: 4, numRuns: 400 },
    )
  })

  const gold = readGold(
    [
      '我 爱 北京 天安门',
      '天安门 上 太阳 升',
      '我们 爱 太阳',
      '北京 的 天 很 蓝',
      '他 在 北京 上学',
    ].join('\n'),
  )

  test('learns its training sentences, the same bytes each time', async () => {
    const train = () =>
      encodeSegmentModel(
        trainSegmentModel(gold, { iterations: 10, seed: 1, license: 'test', lexicon: ['北京市'] }),
      )
    const bytes = train()
    expect(Buffer.compare(bytes, train())).toBe(0)
    const path = join(mkdtempSync(join(tmpdir(), 'segment-')), 'model.bin')
    writeFileSync(path, bytes)
    const segmenter = await createSegmenter({ engine: 'perceptron', model: path })
    expect(scoreSegmenter(segmenter, gold).f1).toBe(1)
    expect(readSegmentModel(path).license).toBe('test')
  })

  test('a file that is no model is refused', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'segment-')), 'model.bin')
    writeFileSync(path, 'no model')
    expect(() => readSegmentModel(path)).toThrow('expected a segmentation model')
  })
})

test('score counts spans and unknown words', () => {
  const halves = {
    name: 'halves',
    segment: (text: string) => Uint32Array.from([text.length / 2, text.length]),
  }
  const { precision, recall, oovRecall } = scoreSegmenter(
    halves,
    [
      ['上海', '北京'],
      ['天', '安门外'],
    ],
    new Set(['上海']),
  )
  expect([precision, recall, oovRecall]).toEqual([0.5, 0.5, 1 / 3])
})

test.each([
  ['CoNLL-U', '# text = 我爱\n1-2\t我爱\t_\n1\t我\t_\n2\t爱\t_\n\n1\t好\t_\n', [['我', '爱'], ['好']]],
  ['tagged', '我_PN 爱_VV\n好_VA', [['我', '爱'], ['好']]],
  ['spaced', '我  爱\n\n好', [['我', '爱'], ['好']]],
])('gold in %s form', (_, text, expected) => {
  expect(readGold(text)).toEqual(expected)
}) // prettier-ignore

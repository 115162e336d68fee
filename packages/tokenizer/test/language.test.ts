import * as fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  convertVariant,
  convertWithOffsets,
  foldWidth,
} from '@shardmill/tokenizer/language/convert'
import { extractRows } from '@shardmill/tokenizer/language/features'
import { functionWordShare } from '@shardmill/tokenizer/language/function-words'
import { profileHan } from '@shardmill/tokenizer/language/han'
import { createLanguageIdentifier } from '@shardmill/tokenizer/language/identify'
import { createScorer, readLanguageModel } from '@shardmill/tokenizer/language/model'
import { findMojibake } from '@shardmill/tokenizer/language/mojibake'
import { scriptNames } from '@shardmill/tokenizer/language/scripts'
import { trainLanguageModel } from '@shardmill/tokenizer/language/train'

const modelPath = new URL('../src/data/language-model.bin', import.meta.url)
const identifier = createLanguageIdentifier()
const latin = scriptNames.indexOf('Latn')

describe('identify', () => {
  test.each([
    ['The boats came back in March.', 'en'],
    ['Die Boote kamen im März zurück.', 'de'],
    ['Les bateaux sont revenus en mars.', 'fr'],
    ['Лодки вернулись в марте.', 'ru'],
    ['보트가 3월에 돌아왔다.', 'ko'],
    ['เรือกลับมาในเดือนมีนาคม', 'th'],
    ['Τα πλοία επέστρεψαν τον Μάρτιο.', 'el'],
    ['הסירות חזרו במרץ.', 'he'],
    ['Tàu thuyền đã trở lại vào tháng ba.', 'vi'],
  ])('%s', (text, lang) => {
    expect(identifier.identify(text).lang).toBe(lang)
  })

  test('every text gets a tag and a probability', () => {
    const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }))
    fc.assert(
      fc.property(texts, (text) => {
        const { lang, score, secondScore, mix } = identifier.identifyDocument(text)
        expect(lang).toMatch(/^[a-z]{2,3}(?:-[A-Z][a-z]{3})?$/)
        expect(score).toBeGreaterThanOrEqual(0)
        expect(score + secondScore).toBeLessThanOrEqual(1 + 1e-9)
        expect(mix.reduce((sum, { share }) => sum + share, 0)).toBeLessThanOrEqual(1 + 1e-9)
      }),
      { seed: 4, numRuns: 500 },
    )
  })

  test('a long document costs a bounded reading and still shows its second language', () => {
    const [zh, en] = [
      '今天我们去公园散步，天气很好。\n',
      'We walked in the park and the weather was fine.\n',
    ]
    const { lang, mix } = identifier.identifyDocument(zh.repeat(20_000) + en.repeat(6000))
    expect(lang).toBe('zh-Hans')
    expect(mix.map((part) => part.lang)).toEqual(['zh-Hans', 'en'])
  })

  test('ninety languages and more', () => {
    expect(
      new Set(identifier.labels.map((label) => label.split('-')[0])).size,
    ).toBeGreaterThanOrEqual(90)
  })
})

describe('model', () => {
  test('the packed sums give the probabilities of the plain formula', () => {
    const model = readLanguageModel(modelPath)
    const { labels, scripts, dimension, rowCount, rowScale, calibration } = model.header
    const weights = new Uint8Array(model.words.buffer)
    const score = createScorer(model)
    const rows = new Uint32Array(2048)
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii', maxLength: 200 }), (text) => {
        const count = extractRows(text, 0, text.length, latin, rows, rowCount)
        const found = score(text, 0, text.length, latin)
        if (count === 0) {
          expect(found.first).toBe(-1)
          return
        }
        const hidden = Array.from({ length: dimension }, (_, d) => {
          let sum = 0
          for (let r = 0; r < count; r++)
            sum += (weights[rows[r]! * dimension + d]! - 32) * rowScale
          return sum / count
        })
        const { temperature } = calibration.find(
          ({ letters }) => letters === null || text.length <= letters,
        )!
        const odds = labels.map((_, k) => {
          if (scripts[k] !== 'Latn') return 0
          const logit = hidden.reduce(
            (sum, h, d) => sum + h * model.output[k * dimension + d]!,
            model.bias[k]!,
          )
          return Math.exp(logit / temperature)
        })
        const total = odds.reduce((sum, value) => sum + value, 0)
        expect(found.firstScore).toBeCloseTo(Math.max(...odds) / total, 5)
        expect(odds[found.first]! / total).toBeCloseTo(found.firstScore, 5)
      }),
      { seed: 4, numRuns: 200 },
    )
  })

  test('rows are the n-grams of each word with its boundaries', () => {
    const rows = new Uint32Array(256)
    const rowsOf = (text: string) => [
      ...rows.subarray(0, extractRows(text, 0, text.length, latin, rows, 1000)),
    ]
    // _a, a, a_, _a_ : four grams of a word of one letter.
    expect(rowsOf('a')).toHaveLength(4)
    expect(rowsOf('Ab  cd!')).toEqual([...rowsOf('ab'), ...rowsOf('cd')])
    expect(rowsOf('ab я cd')).toEqual(rowsOf('ab cd'))
    expect(rowsOf('... 12')).toEqual([])
  })

  test('training separates two languages and repeats itself', () => {
    const data = [
      {
        label: 'x',
        script: 'Latn' as const,
        lines: ['lala lolo lulu', 'lolo lala'],
        words: ['lili'],
        draws: 200,
      },
      {
        label: 'y',
        script: 'Latn' as const,
        lines: ['kaka koko kuku', 'koko kaka'],
        words: ['kiki'],
        draws: 200,
      },
    ]
    const options = { rowCount: 500, dimension: 4, epochs: 3, learningRate: 0.2, seed: 1 }
    const losses: number[] = []
    const once = trainLanguageModel(data, { ...options, onEpoch: (_, loss) => losses.push(loss) })
    expect(losses.at(-1)!).toBeLessThan(0.2)
    expect(trainLanguageModel(data, options).rows).toEqual(once.rows)
  })
})

test.each([
  ['今天天气很好', 'zh', 'Hans'],
  ['今天天氣很好', 'zh', 'Hant'],
  ['后来他在台湾里面', 'zh', 'Hans'],
  ['皇后在台灣', 'zh', 'Hant'],
  ['小明在家', 'zh', 'neutral'],
  ['我們学习漢语說话', 'zh', 'mixed'],
  ['佢哋喺度', 'yue', 'neutral'],
])('profileHan(%j) is %s %s', (text, lang, variant) => {
  expect(profileHan(text)).toMatchObject({ lang, variant })
})

test.each([
  ['Ã¤Â½Â å¥½', 'latin'],
  ['ÄãºÃ£¬ÊÀ½ç', 'latin'],
  ['浣犲ソ锛屼笘鐣', 'gbk'],
  ['锟斤拷锟斤拷', 'fill'],
  ['\ufffd\ufffd\ufffd', 'lost'],
  ['你好，世界', undefined],
  ['Tôi đã đến Hà Nội', undefined],
  ['Þetta er óþarflega langt orð', undefined],
  ['', undefined],
])('findMojibake(%j) is %s', (text, kind) => {
  expect(findMojibake(text)).toBe(kind)
})

describe('convert', () => {
  test.each([
    ['皇后的头发', 's2t', '皇后的頭髮'],
    ['皇后的頭髮', 't2s', '皇后的头发'],
    ['鼠标和软件', 's2twp', '滑鼠和軟體'],
  ] as const)('%s %s', (text, conversion, expected) => {
    expect(convertVariant(text, conversion)).toBe(expected)
  })

  test('offsets stay inside the source and keep what is not Chinese', () => {
    const text = fc.array(
      fc.constantFrom('打印机', '软件', '头发', 'abc', ' ', '𠮷', '\ud800', '，'),
      { maxLength: 9 },
    )
    fc.assert(
      fc.property(text, (parts) => {
        const source = parts.join('')
        const { text: converted, offsets } = convertWithOffsets(source, 's2twp')
        if (offsets === undefined) {
          expect(converted).toHaveLength(source.length)
          return
        }
        expect(offsets).toHaveLength(converted.length)
        offsets.forEach((offset, i) => {
          expect(offset).toBeLessThan(source.length)
          expect(offset).toBeGreaterThanOrEqual(i === 0 ? 0 : offsets[i - 1]!)
          if (/[a-z ，]/.test(converted[i]!)) expect(source[offset]).toBe(converted[i])
        })
      }),
      { seed: 4, numRuns: 200 },
    )
  })

  test.each([
    ['Ｂｅｒｔ２', 'Bert2'],
    ['全角，标点。（１）', '全角，标点。（1）'],
  ])('foldWidth(%j) -> %j', (text, expected) => expect(foldWidth(text)).toBe(expected))
})

test('function words tell prose from keywords', () => {
  expect(
    functionWordShare('这是我们在公园里看到的，也是他和她都有的。', 'zh-Hans')!,
  ).toBeGreaterThan(0.3)
  expect(functionWordShare('棋牌游戏彩票下注官网下载', 'zh')).toBe(0)
  expect(functionWordShare('The cat is on the mat', 'en')).toBeCloseTo(4 / 6)
  expect(functionWordShare('cokoli', 'cs')).toBeUndefined()
})

test('the model file is at most 8 MB and a broken one is refused', () => {
  expect(readFileSync(modelPath).length).toBeLessThanOrEqual(8_000_000)
  expect(() =>
    readLanguageModel(new URL('../src/data/han-variants.json', import.meta.url)),
  ).toThrow('expected a language model')
})

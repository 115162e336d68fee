import * as fc from 'fast-check'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { mix32, seeded } from '@shardmill/core/random'
import { hashBytes } from '@shardmill/core/hash'
import { fitCalibration } from '../src/classify/calibrate.ts'
import { chooseSettings } from '../src/classify/choose-settings.ts'
import { classifier } from '../src/classify/classifier.ts'
import { ExampleStore } from '../src/classify/example-store.ts'
import { createFeatureReader, featureOptions } from '../src/classify/features.ts'
import { decodeModel, encodeModel, readModel } from '../src/classify/linear-model.ts'
import { areaUnderRoc, evaluate, precisionRecall } from '../src/classify/measures.ts'
import { createScorer } from '../src/classify/score.ts'
import { precisionThreshold, shareThreshold } from '../src/classify/threshold.ts'
import { trainClassifier } from '../src/classify/train-classifier.ts'
import { trainNgrams } from '../src/classify/train-ngrams.ts'
import { createVectors, inverseFrequencies, lossAndGradient } from '../src/classify/training-set.ts'
import { checkClassifierConfig } from '../src/classify/training-file.ts'
import { renderModelCard } from '../src/classify/model-card.ts'
import { renderEvaluation } from '../src/classify/evaluation-html.ts'
import { testContext } from './run-fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'classify-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const fixtureModel = join(import.meta.dirname, 'fixtures/classifier.bin')

describe('features', () => {
  /** Hashed n-grams of words of a-z and digits, marks and Han, with maps and strings. */
  function plainRows(text: string, rowBits: number): Map<number, number> {
    const rows = new Map<number, number>()
    const add = (hash: number): void => {
      const row = mix32(hash) >>> (32 - rowBits)
      rows.set(row, (rows.get(row) ?? 0) + 1)
    }
    const fnv = (seed: number, units: string): number =>
      Array.from(units).reduce(
        (hash, unit) => Math.imul(hash ^ unit.charCodeAt(0), 0x01000193),
        seed,
      )
    let previous = 0
    for (const [token] of text.toLowerCase().matchAll(/[a-z0-9]+|[一-龥]+|([^a-z0-9一-龥 ])\1*/g)) {
      if (/^[一-龥]/.test(token)) {
        for (let end = 1; end <= token.length; end++) {
          for (let n = 1; n <= Math.min(3, end); n++) {
            add(fnv(0x5bd1e995, token.slice(end - n, end)) ^ n)
          }
        }
        previous = 0
        continue
      }
      const isWord = /^[a-z0-9]/.test(token)
      const word = isWord
        ? mix32(fnv(0x811c9dc5 | 0, token)) | 1
        : mix32(token.charCodeAt(0) ^ (0x811c9dc5 | 0)) | 1
      add(word)
      if (previous !== 0) add(Math.imul(previous, 0x2c1b3c6d) ^ word)
      previous = word
    }
    return rows
  }

  test('rows and counts equal those of the plain way, whatever was read before', () => {
    const reader = createFeatureReader(featureOptions.parse({ rowBits: 10, characterNgrams: 3 }))
    const char = fc.constantFrom(
      'a',
      'B',
      'c',
      '7',
      '3',
      ' ',
      ' ',
      '.',
      '!',
      '\n',
      '中',
      '文',
      '字',
    )
    const text = fc.array(char, { maxLength: 1500 }).map((all) => all.join(''))
    fc.assert(
      fc.property(text, (source) => {
        const count = reader.read(source)
        const found = new Map<number, number>()
        for (let i = 0; i < count; i++) found.set(reader.rows[i]!, reader.counts[i]!)
        expect(found.size).toBe(count)
        expect(found).toEqual(plainRows(source, 10))
      }),
      { seed: 3, numRuns: 100 },
    )
  })

  test('letter runs, segmented words and long texts', () => {
    const read = (options: object, text: string): number =>
      createFeatureReader(featureOptions.parse(options)).read(text)
    // ' to', 'to ', ' to ' and the word.
    expect(read({ letterNgrams: 4 }, 'to')).toBe(4)
    expect(read({ unspaced: 'words', wordNgrams: 1 }, '我们在北京。')).toBe(4)
    expect(read({ unspaced: 'words', wordNgrams: 1, marks: false }, '我们在北京。\n')).toBe(3)
    const long = Array.from({ length: 20_000 }, (_, i) => `w${i}`).join(' ')
    expect(read({ wordNgrams: 1, rowBits: 24, maxCharacters: 1e6 }, long)).toBeGreaterThan(19_900)
    expect(read({ maxCharacters: 100 }, 'a '.repeat(1000))).toBe(2)
  })
})

const colours = ['red', 'green', 'blue', 'white', 'black']
const sounds = ['loud', 'low', 'shrill', 'deep', 'soft']
const random = seeded(11)
const pick = (list: readonly string[]): string => list[random.below(list.length)]!
/** Sentences of one kind of words, some with a word of the other kind. */
const examples = Array.from({ length: 400 }, (_, i) => {
  const [own, other, label] = i % 2 === 0 ? [colours, sounds, 'sight'] : [sounds, colours, 'noise']
  const words = Array.from({ length: 6 }, () => pick(random.below(5) === 0 ? other : own))
  return { text: words.join(' '), label }
})
const config = (more: object) =>
  checkClassifierConfig({ examples: [{ path: 'x' }], features: { rowBits: 12 }, ...more })

describe.each(['ngrams', 'tfidf'] as const)('training with %s', (engine) => {
  test('learns, is reproducible, and the file says the same as the model', async () => {
    const trained = await trainClassifier(examples, config({ engine }))
    expect(trained.evaluation.auc).toBeGreaterThan(0.95)
    expect(trained.evaluatedOn).toBe('test')
    const bytes = encodeModel(trained.model)
    const again = await trainClassifier(examples, config({ engine }))
    expect(hashBytes(encodeModel(again.model))).toBe(hashBytes(bytes))
    const other = await trainClassifier(examples, config({ engine, seed: 2 }))
    expect(hashBytes(encodeModel(other.model))).not.toBe(hashBytes(bytes))
    const [direct, read] = [createScorer(trained.model), createScorer(decodeModel(bytes, 'm'))]
    for (const { text } of examples.slice(0, 20)) expect(read(text)[0]).toBe(direct(text)[0])
    const score = createScorer(trained.model)
    expect([score('red green')[0]! > 0.8, score('loud deep')[0]! < 0.2]).toEqual([true, true])
  })

  test('three labels', async () => {
    const tastes = Array.from({ length: 200 }, () => ({
      text: Array.from({ length: 5 }, () => pick(['sweet', 'sour', 'salty', 'bitter'])).join(' '),
      label: 'taste',
    }))
    const { model, evaluation } = await trainClassifier(
      [...examples, ...tastes],
      config({ engine, positive: 'taste' }),
    )
    expect(evaluation.labels).toEqual(['noise', 'sight', 'taste'])
    expect(evaluation.macroAuc).toBeGreaterThan(0.98)
    const scores = createScorer(model)('sweet sour')
    expect(scores[2]).toBeGreaterThan(0.6)
    expect(scores[0]! + scores[1]! + scores[2]!).toBeCloseTo(1, 10)
  })
})

describe.each([2, 3])('training with ngrams, %i labels', (labelCount) => {
  const store = new ExampleStore(
    featureOptions.parse({ rowBits: 12 }),
    { validation: 0, test: 0 },
    1,
  )
  for (const [i, { text, label }] of examples.slice(0, 150).entries()) {
    store.add({ text, label: i % labelCount === 2 ? 'both' : label, group: `site ${i % 7}` })
  }
  const labels = [...new Set(store.labels)]
  const rowCount = store.renumber().length
  const outputs = labelCount === 2 ? 1 : labelCount
  const base = {
    store,
    train: store.of('train'),
    validation: store.of('validation'),
    truth: Uint16Array.from(store.labels, (label) => labels.indexOf(label)),
    outputs,
    countScale: 'log' as const,
  }

  test('reaches the optimum: shares are errors, weights their sum', () => {
    const set = { ...base, idf: inverseFrequencies(store, base.train, rowCount, 1) }
    const options = { inverseRegularization: 3, epochs: 150, seed: 1 }
    const cold = trainNgrams({ ...set }, { ...options, epochs: 2, inverseRegularization: 1 })
    const { weights, biases, shares } = trainNgrams(set, options, cold)
    const { values, fill } = createVectors(set)
    const sums = new Float64Array(weights.length)
    let worst = 0
    for (const example of base.train) {
      fill(example)
      const [from, to] = [store.starts[example]!, store.starts[example + 1]!]
      const scores = Float64Array.from(biases)
      for (let i = from; i < to; i++) {
        for (let k = 0; k < outputs; k++) {
          const at = store.rows[i]! * outputs + k
          scores[k]! += weights[at]! * values[i - from]!
          sums[at]! += 3 * shares[example * outputs + k]! * values[i - from]!
        }
      }
      lossAndGradient(scores, base.truth[example]!)
      for (let k = 0; k < outputs; k++) {
        worst = Math.max(worst, Math.abs(scores[k]! + shares[example * outputs + k]!))
      }
    }
    expect(worst).toBeLessThan(1e-3)
    expect(sums.every((sum, at) => Math.abs(sum - weights[at]!) < 1e-6)).toBe(true)
  })

  test('settings are those with the least loss on the folds', () => {
    const lines: string[] = []
    const choose = (given: object) =>
      chooseSettings(base, rowCount, { epochs: 5, seed: 1, ...given }, (line) => lines.push(line))
    expect(choose({ inverseRegularization: 2, idfPower: 1 })).toEqual({
      inverseRegularization: 2,
      idfPower: 1,
    })
    expect(lines).toEqual([])
    const { inverseRegularization, idfPower } = choose({})
    expect(lines).toHaveLength(8)
    const losses = lines.map((line) => Number(line.split(' ').at(-1)))
    const best = lines[losses.indexOf(Math.min(...losses))]
    expect(best).toContain(`C ${inverseRegularization}, idf^${idfPower}:`)
  })
})

test('groups stay in one split, and copies of a text do', async () => {
  const grouped = examples.map((each, i) => ({ ...each, group: `site ${i % 40}` }))
  const { counts } = await trainClassifier(grouped, config({ validation: 0.2, test: 0.2 }))
  const sizes = Object.values(counts).flatMap((each) => Object.values(each))
  expect(sizes.every((size) => size % 10 === 0)).toBe(true)
  const copies = Array.from({ length: 600 }, (_, i) => examples[i % 100]!)
  const copied = await trainClassifier(copies, config({}))
  const total = Object.values(copied.counts).reduce((sum, each) => sum + each.test, 0)
  expect(total % 6).toBe(0)
})

test('examples that cannot be learnt from are refused with a reason', async () => {
  await expect(trainClassifier([], config({}))).rejects.toThrow('examples of two labels or more')
  const few = examples.slice(0, 12)
  await expect(trainClassifier(few, config({}))).rejects.toThrow(/split has \d examples of `/)
  await expect(trainClassifier(examples, config({ positive: 'smell' }))).rejects.toThrow('`smell`')
  expect(() => config({ epoch: 3 })).toThrow('epoch')
})

test('a damaged, foreign or newer model file is refused', () => {
  const bytes = readFileSync(fixtureModel)
  const broken = (change: (copy: Buffer) => Buffer | void): Buffer => {
    const copy = Buffer.from(bytes)
    return change(copy) ?? copy
  }
  const cases: [Buffer, string][] = [
    [broken((copy) => void (copy[5000]! ^= 1)), 'damaged or cut short'],
    [broken((copy) => copy.subarray(0, -9)), 'damaged or cut short'],
    [broken((copy) => void copy.writeUInt32LE(9, 4)), 'expected format version 1, got 9'],
    [Buffer.from('LID1 something else entirely'), 'begins with `LID1`'],
    [Buffer.alloc(0), 'expected a classifier model'],
  ]
  for (const [copy, message] of cases) expect(() => decodeModel(copy, 'm.bin')).toThrow(message)
  expect(() => readModel(join(folder, 'none.bin'))).toThrow('cannot be read')
  expect(readModel(fixtureModel).header.labels).toEqual(['life', 'technology'])
})

describe('measures', () => {
  const cases = fc.array(fc.tuple(fc.integer({ min: 0, max: 6 }), fc.boolean()), { minLength: 1 })

  test('area and average precision equal the definitions', () => {
    fc.assert(
      fc.property(cases, (pairs) => {
        const scores = Float64Array.from(pairs, ([score]) => score / 6)
        const truth = pairs.map(([, isPositive]) => Number(isPositive))
        let [wins, all] = [0, 0]
        for (const [a, isA] of pairs) {
          for (const [b, isB] of pairs) {
            if (!isA || isB) continue
            all++
            wins += a > b ? 1 : a === b ? 0.5 : 0
          }
        }
        const area = areaUnderRoc(scores, truth, 1)
        if (all > 0) expect(area).toBeCloseTo(wins / all, 10)
        const { curve } = precisionRecall(scores, truth, 1)
        for (const point of curve) {
          const kept = pairs.filter(([score]) => score / 6 >= point.threshold)
          const right = kept.filter(([, isPositive]) => isPositive).length
          expect(point.precision).toBeCloseTo(right / kept.length, 10)
          expect(point.keepShare).toBeCloseTo(kept.length / pairs.length, 10)
        }
      }),
      { seed: 4, numRuns: 200 },
    )
  })

  test('a hand-made evaluation', () => {
    const scores = [0.95, 0.85, 0.35, 0.05]
    const result = evaluate(scores, [1, 0, 1, 0], ['bad', 'good'], 1)
    expect(result.confusion).toEqual([
      [1, 1],
      [1, 1],
    ])
    expect(result).toMatchObject({ auc: 0.75, accuracy: 0.5, documents: 4, counts: [2, 2] })
    expect(result.averagePrecision).toBeCloseTo(0.5 + (0.5 * 2) / 3, 10)
    expect(result.calibrationError).toBeCloseTo((0.05 + 0.85 + 0.65 + 0.05) / 4, 10)
  })

  test('calibration finds scale and offset again', () => {
    const coin = seeded(5)
    const outputs = Float64Array.from({ length: 20_000 }, () => coin.next() * 8 - 4)
    const labels = Array.from(outputs, (z) =>
      coin.next() < 1 / (1 + Math.exp(-(0.5 * z + 1))) ? 1 : 0,
    )
    const { scale, offset } = fitCalibration(outputs, 1, labels)
    expect(scale).toBeCloseTo(0.5, 1)
    expect(offset).toBeCloseTo(1, 1)
  })

  test('thresholds by share and by precision', () => {
    const scores = Float64Array.from({ length: 100 }, (_, i) => i / 100)
    expect(shareThreshold(scores, 0.1)).toBe(0.9)
    const isLabel = Uint8Array.from(scores, (score) => (score >= 0.8 || score === 0.5 ? 1 : 0))
    expect(precisionThreshold(scores, isLabel, 1)).toBe(0.8)
    expect(precisionThreshold(scores, isLabel, 0.5)).toBeLessThan(0.65)
    const none = new Uint8Array(100)
    expect(() => precisionThreshold(scores, none, 0.5)).toThrow('no threshold reaches a precision')
  })
})

test('card and page hold the figures and escape labels', async () => {
  const marked = examples.map(({ text, label }) => ({ text, label: `<${label}>` }))
  const settings = config({ positive: '<sight>' })
  const trained = await trainClassifier(marked, settings)
  const page = renderEvaluation(trained.evaluation, 'm & n.bin')
  expect(page).not.toContain('<sight>')
  expect(page).toContain('m &#38; n.bin')
  expect(page).not.toMatch(/<script|https?:/)
  const counts = { documents: 400, unreadable: 0, unlabelled: 0 }
  const card = renderModelCard(settings, trained, counts, '00')
  expect(card).toContain(trained.evaluation.auc.toFixed(4))
})

test('the stage refuses what it cannot do', async () => {
  const create = async (options: object) =>
    classifier.create(classifier.options.parse(options), testContext(folder))
  const model = fixtureModel
  await expect(create({ model, label: 'art' })).rejects.toThrow('no label `art`')
  await expect(create({ model: 'none.bin' })).rejects.toThrow('cannot be read')
  writeFileSync(join(folder, 'bad.jsonl'), '{"score":0.5}\n{"id":1}\n')
  await expect(create({ model, keepShare: 0.5, reference: 'bad.jsonl' })).rejects.toThrow(':2:')
  for (const options of [
    { threshold: 0.5, keepShare: 0.5 },
    { reference: 'x' },
    { keepShare: 0 },
  ]) {
    expect(classifier.options.safeParse({ model, ...options }).success).toBe(false)
  }
})

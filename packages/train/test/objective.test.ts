// Targets and masks.
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { clm } from '../src/objective/clm.ts'
import { createMlm, type MlmOptions } from '../src/objective/mlm.ts'
import type { Row } from '../src/data/packed-source.ts'

function row(pieces: readonly number[][], sample = 0, starts?: readonly number[]): Row {
  const ids = Uint16Array.from(pieces.flat())
  const lengths = Uint32Array.from(pieces, (piece) => piece.length)
  const startsWord = starts ? (i: number): boolean => starts[i] === 1 : undefined
  return { ids, lengths, startsWord, sample }
}

test('clm predicts the next token of the same document only', () => {
  const batch = clm([row([[5, 6, 7], [8]]), row([[9, 10]])])
  expect([...batch.ids]).toEqual([5, 6, 7, 8, 9, 10])
  expect([...batch.positions]).toEqual([0, 1, 2, 0, 0, 1])
  expect([...batch.targets]).toEqual([6, 7, -1, -1, 10, -1])
  expect(batch.lengths).toEqual([3, 1, 2])
  expect(batch.targetCount).toBe(3)
})

const options: MlmOptions = {
  maskId: 3,
  vocabSize: 200,
  specialIds: new Set([0, 1, 2, 3]),
  rate: 0.15,
  unit: 'token',
  seed: 9,
}

const pieces = fc.array(
  fc.array(fc.integer({ min: 0, max: 199 }), { minLength: 1, maxLength: 60 }),
  {
    minLength: 1,
    maxLength: 6,
  },
)

describe('mlm', () => {
  test.each(['token', 'word', 'span'] as const)('%s: what is masked can be put back', (unit) => {
    const objective = createMlm({ ...options, unit })
    fc.assert(
      fc.property(pieces, fc.integer({ min: 0, max: 1000 }), (docs, sample) => {
        const subject = row(
          docs,
          sample,
          docs.flat().map((id) => id & 1),
        )
        const { ids, selected, targets, targetCount } = objective([subject])
        const restored = [...ids]
        for (const [i, at] of selected!.entries()) restored[at] = targets[i]!
        expect(restored).toEqual(docs.flat())
        expect(targetCount).toBe(targets.length)
        for (const target of targets) expect(options.specialIds.has(target)).toBe(false)
        expect([...selected!]).toEqual([...new Set(selected)].toSorted((a, b) => a - b))
      }),
      { seed: 1, numRuns: 60 },
    )
  })

  test('15 % are chosen, 80/10/10 of them disguised', () => {
    const objective = createMlm(options)
    const ids = Array.from({ length: 1000 }, (_, i) => 4 + (i % 196))
    let [chosen, masked, kept] = [0, 0, 0]
    for (let sample = 0; sample < 40; sample++) {
      const batch = objective([row([ids], sample)])
      chosen += batch.targetCount
      for (const [i, at] of batch.selected!.entries()) {
        if (batch.ids[at] === 3) masked++
        else if (batch.ids[at] === batch.targets[i]) kept++
      }
    }
    expect(chosen).toBe(6000)
    expect(masked / chosen).toBeCloseTo(0.8, 1)
    expect(kept / chosen).toBeCloseTo(0.1, 1)
  })

  test('masks follow the sample number only, and differ between visits', () => {
    const objective = createMlm(options)
    const ids = Array.from({ length: 200 }, (_, i) => 4 + (i % 190))
    const select = (samples: number[]): number[][] =>
      samples.map((sample) => [...objective([row([ids], sample)]).selected!])
    const [a, b, again] = select([1, 2, 1])
    expect(again).toEqual(a)
    expect(b).not.toEqual(a)
  })

  test('a word is masked as a whole', () => {
    const objective = createMlm({ ...options, unit: 'word', rate: 0.5 })
    // Words of two tokens each.
    const ids = Array.from({ length: 40 }, (_, i) => 10 + i)
    const starts = ids.map((_, i) => (i % 2 === 0 ? 1 : 0))
    const { selected } = objective([row([ids], 0, starts)])
    const chosen = new Set(selected)
    expect(chosen.size).toBe(20)
    for (const at of chosen) expect(chosen.has(at ^ 1)).toBe(true)
  })
})

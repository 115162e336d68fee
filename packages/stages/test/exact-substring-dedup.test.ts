// exact-substring-dedup against an oracle that compares every position with every other.
import { describe, expect, test } from 'vitest'
import { Document } from '@shardmill/core/document'
import { seeded } from '@shardmill/core/random'
import type { Stage } from '@shardmill/core/stage'
import { exactSubstringDedup } from '@shardmill/stages/dedup/exact-substring-dedup'
import { sizeOfText, Units } from '@shardmill/stages/dedup/units'
import { naiveCuts, randomCorpus } from './naive-substring.ts'
import { applyVerdicts, runCorpus } from './run-corpus.ts'

const stage = exactSubstringDedup as unknown as Stage

function documentsOf(texts: readonly string[]): Document[] {
  return texts.map((text, i) => new Document({ id: String(i), text }))
}

/** [start, end) of every unit that the stage marks. */
async function cutsOf(documents: readonly Document[], options: object): Promise<number[][]> {
  const { marks } = await runCorpus(stage, options, documents)
  return documents.map(({ text }, ordinal) => {
    const own = marks.get(ordinal)
    if (!own) return []
    const units = new Units()
    units.scanString(text)
    const cuts: number[] = []
    for (let span = 0; span < own.count; span++) {
      for (let unit = 0; unit < units.count; unit++) {
        const [start, end] = [units.starts[unit]!, units.ends[unit]!]
        if (end <= own.starts[span]! || start >= own.ends[span]!) continue
        // Spans begin and end with units.
        expect(start).toBeGreaterThanOrEqual(own.starts[span]!)
        expect(end).toBeLessThanOrEqual(own.ends[span]!)
        cuts.push(start, end)
      }
    }
    return cuts
  })
}

/** `CORPORA=10000 pnpm vitest run packages/stages/test/exact-substring-dedup.test.ts` takes minutes. */
const rounds = Number(process.env.CORPORA ?? 200)

test(
  `${rounds} random corpora: every span equal to the oracle`,
  { timeout: rounds * 200 },
  async () => {
    const random = seeded(2022)
    let cut = 0
    for (let round = 0; round < rounds; round++) {
      const documents = documentsOf(randomCorpus(random))
      if (round % 3 === 0) for (const document of documents) document.quality = random.below(3) / 2
      const options = {
        minLength: 20 + random.below(25),
        keep: random.below(2) === 0 ? 'first' : 'none',
        withinDocuments: random.below(4) > 0,
      } as const
      const expected = naiveCuts(documents, options)
      const found = await cutsOf(documents, options)
      expect(found, JSON.stringify({ round, ...options })).toEqual(expected)
      cut += expected.filter(({ length }) => length > 0).length
    }
    expect(cut).toBeGreaterThan(rounds / 2)
  },
)

describe('size', () => {
  test.each([
    ['', 0],
    [' \n\u3000', 0],
    ['three words here', 6],
    ["don't stop", 4],
    ['你好，世界。', 6],
    ['GPT 3 的训练', 7],
    ['3.14', 5],
    ['-'.repeat(80), 1],
    ['|---|---|', 5],
    ['哈哈哈！！！', 4],
    ['😀😀 😀', 2],
    ['\ud83d\udc00\udc00\ud83d.', 3],
    ['👩\u200d🚀👍🏽', 4],
    ['e\u0301tude', 2],
    ['\ud83d', 1],
    ['한국어 문장', 4],
    ['ภาษาไทย', 7],
    ['𠮷野家', 3],
  ])('%j is %i', (text, size) => expect(sizeOfText(text)).toBe(size))
})

// Fifty words and a hundred characters, to the unit.
const fifty = Array.from({ length: 50 }, (_, i) => `word${String.fromCharCode(97 + (i % 26))}${i}`)
const passage = fifty.join(' ')
const han = Array.from({ length: 100 }, (_, i) => String.fromCodePoint(0x4e00 + i * 7)).join('')
const mixed = `${fifty.slice(0, 30).join(' ')} ${han.slice(0, 40)}`

const eighteen = documentsOf([
  `A first page. ${passage} And its end.`,
  `${passage} begins this one.`,
  `This one ends with ${passage}`,
  `Too short by a word: ${fifty.slice(1).join(' ')} and on.`,
  `Wrapped: ${fifty.slice(0, 25).join('\n')}\n\n${fifty.slice(25).join('   ')}.`,
  `Marks differ: ${fifty.slice(0, 25).join(' ')}, ${fifty.slice(25).join(' ')}.`,
  `Case differs: ${passage.toUpperCase()}.`,
  `引言。${han}结语。`,
  `${han}在前。`,
  `短一字：${han.slice(1)}。`,
  `断行：${han.slice(0, 50)}\n　　${han.slice(50)}。`,
  `混合 mixed ${mixed} 完。`,
  `again ${mixed} end`,
  `Twice here: ${'x'.repeat(5)} ${fifty.toReversed().join(' ')} between ${fifty.toReversed().join(' ')}`,
  `Nothing of interest stands here.`,
  ``,
  `😀 ${han.slice(20)}😀${han.slice(0, 20)}`,
  `Joined: ${fifty.slice(40).join(' ')} ${passage} ${fifty.slice(0, 10).join(' ')}`,
])

describe('eighteen documents', () => {
  test.each([
    ['first', true],
    ['first', false],
    ['none', true],
    ['none', false],
  ] as const)('keep %s, within %s: as the oracle says', async (keep, withinDocuments) => {
    const options = { minLength: 100, keep, withinDocuments }
    const found = await cutsOf(eighteen, options)
    expect(found).toEqual(naiveCuts(eighteen, options))
  })

  test('what is cut, in words', async () => {
    const { marks } = await runCorpus(stage, { borders: 'exact' }, eighteen)
    const cut = eighteen.map(({ text }, i) => {
      const own = marks.get(i)
      return own ? text.slice(own.starts[0], own.ends.at(-1)) : ''
    })
    expect(cut[0]).toBe('')
    expect(cut[1]).toBe(passage)
    expect(cut[2]).toBe(passage)
    expect(cut[3]).toBe('')
    expect(cut[4]).toMatch(/^worda0\nwordb1.*wordx49$/s)
    // A comma in the middle leaves two halves that are too short each; so does another case.
    expect([cut[5], cut[6]]).toEqual(['', ''])
    expect(cut[8]).toBe(han)
    expect(cut[9]).toBe('')
    // The full stop behind it is that of the ninth document, one character short of the passage.
    expect(cut[10]).toBe(`${han.slice(0, 50)}\n　　${han.slice(50)}。`)
    expect(cut[12]).toBe(mixed)
    expect(cut[13]).toBe(fifty.toReversed().join(' '))
    expect(cut.slice(14, 17)).toEqual(['', '', ''])
    expect(cut[17]).toBe(passage)
  })
})

test('with keep: first no unit is lost: what is cut stays somewhere', async () => {
  const random = seeded(99)
  for (let round = 0; round < 60; round++) {
    const texts = randomCorpus(random)
    const documents = documentsOf(texts)
    const options = { minLength: 20, borders: 'exact', minRest: 0 }
    const result = await runCorpus(stage, options, documents)
    applyVerdicts(stage, result, documents)
    const unitsOf = (text: string): string[] => {
      const units = new Units()
      units.scanString(text)
      return Array.from({ length: units.count }, (_, i) => {
        return text.slice(units.starts[i], units.ends[i]).toWellFormed()
      })
    }
    const left = new Set(documents.flatMap(({ text }) => unitsOf(text)))
    for (const unit of texts.flatMap(unitsOf)) expect(left).toContain(unit)
  }
})

test('sentences go whole, and a long one is cut inside', async () => {
  const shared = `It was said twice. ${passage}. So it ends.`
  const documents = documentsOf([
    `Alpha before ${passage}. ${shared} Alpha after.`,
    `Beta stays here. ${shared} Beta after.`,
    `Gamma begins and then ${passage} goes on to its end.`,
  ])
  const result = await runCorpus(stage, { minRest: 0 }, documents)
  applyVerdicts(stage, result, documents)
  expect(documents[1]!.text).toBe('Beta stays here.\nBeta after.')
  expect(documents[2]!.text).toBe('Gamma begins and then\ngoes on to its end.')
  expect(documents[2]!.meta).toEqual({
    'exact-substring-dedup': `22-${22 + passage.length}`,
  })
})

// Against a naive oracle: texts of a few words and characters, so that passages coincide often.
import * as fc from 'fast-check'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { Document, type MetaValue } from '@shardmill/core/document'
import type { Context } from '@shardmill/core/stage'
import { decontaminate } from '../src/dedup/decontaminate.ts'
import { createHitFinder } from '../src/dedup/decontaminate/find-hits.ts'
import { indexItems } from '../src/dedup/decontaminate/index-items.ts'
import { createTokens, tokenize } from '../src/dedup/decontaminate/normal-tokens.ts'
import { testContext } from './run-fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'decontaminate-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const words = [
  'one',
  'Two',
  'thrée',
  'four,',
  "fi've",
  '六',
  '七',
  '八',
  '。',
  '😀',
  'ﬁn',
  '𝐀𝐁',
  '國',
]
const text = fc.array(fc.constantFrom(...words), { maxLength: 40 }).map((all) => all.join(' '))

/** Tokens as a string each, by regular expressions and without tables. */
function plainTokens(source: string): string[] {
  const folded = source
    .normalize('NFKC')
    .toLowerCase()
    .normalize('NFD')
    .replace(/[\u0300-\u036f'’ʼ\p{Cf}]/gu, '')
    .replaceAll('國', '国')
  return folded.match(/[\p{Script=Han}]|(?:(?!\p{Script=Han})[\p{L}\p{M}\p{N}])+/gu) ?? []
}

function tokensOf(source: string): string[] {
  const tokens = createTokens()
  tokenize(source, tokens)
  return Array.from({ length: tokens.count }, (_, i) =>
    String.fromCharCode(...tokens.units.subarray(tokens.unitStarts[i], tokens.unitStarts[i + 1])),
  )
}

const limits = { ngramWords: 5, ngramCharacters: 6, minWords: 3, minCharacters: 4, maxItems: 2 }

test('tokens equal those of the plain way', () => {
  fc.assert(
    fc.property(text, (source) => {
      expect(tokensOf(source)).toEqual(plainTokens(source))
    }),
    { seed: 5, numRuns: 300 },
  )
  for (const odd of ['\ud83d', 'a\udc00b', '', '\u0301', 'e\u0301x', '²', 'ＡＢ　ｃ', 'ʼ']) {
    expect(tokensOf(odd)).toEqual(plainTokens(odd.toWellFormed().replaceAll('\ufffd', ' ')))
  }
})

/** Whether a document is contaminated, by comparing every window with every window. */
function plainHit(document: string, items: readonly string[]): boolean {
  const mine = plainTokens(document)
  const all = [...new Set(items)].map((item) => plainTokens(item))
  const isIn = (needle: readonly string[], hay: readonly string[]): boolean =>
    hay.some((_, at) => needle.every((token, i) => hay[at + i] === token))
  return all.some((item) => {
    const isUnspaced =
      item.filter((token) => /\p{Script=Han}/u.test(token)).length * 2 >= item.length
    const long = isUnspaced ? limits.ngramCharacters : limits.ngramWords
    const short = isUnspaced ? limits.minCharacters : limits.minWords
    if (item.length < long) return item.length >= short && isIn(item, mine)
    return item.some((_, at) => {
      const gram = item.slice(at, at + long)
      if (gram.length < long || !isIn(gram, mine)) return false
      const holders = all.filter((other) => {
        const otherUnspaced =
          other.filter((token) => /\p{Script=Han}/u.test(token)).length * 2 >= other.length
        return otherUnspaced === isUnspaced && other.length >= long && isIn(gram, other)
      })
      return holders.length <= limits.maxItems
    })
  })
}

/** A word of its own, or some words of an item. */
const piece = fc.record({
  own: fc.constantFrom(...words),
  item: fc.nat(7),
  from: fc.nat(20),
  length: fc.nat(14),
})

test('finds what the naive way finds', () => {
  let hits = 0
  fc.assert(
    fc.property(
      fc.array(text, { maxLength: 6 }),
      fc.array(piece, { maxLength: 8 }),
      (texts, pieces) => {
        const distinct = [...new Set(texts)]
        const document = pieces
          .map(({ own, item, from, length }) =>
            item < distinct.length
              ? distinct[item]!.split(' ')
                  .slice(from, from + length)
                  .join(' ')
              : own,
          )
          .join(' ')
        const items = distinct.map((each, i) => ({
          file: 'f',
          row: i + 1,
          field: '',
          text: each,
          copies: 1,
        }))
        const index = indexItems(items, limits)
        const found = createHitFinder(index)(document).hits
        const expected = plainHit(document, distinct)
        if (expected) hits++
        expect(found.length > 0).toBe(expected)
        for (const { item, from, to, tokens } of found) {
          const passage = plainTokens(document.slice(from, to))
          expect(passage).toHaveLength(tokens)
          expect(plainTokens(index.items[item]!.text).join(' ')).toContain(passage.join(' '))
        }
      },
    ),
    { seed: 6, numRuns: 1000 },
  )
  expect(hits).toBeGreaterThan(50)
})

interface Outcome {
  readonly document: Document
  readonly notes: Readonly<Record<string, MetaValue>>[]
  readonly counters: Map<string, number>
}

async function run(options: object, source: string): Promise<Outcome> {
  const counters = new Map<string, number>()
  const notes: Readonly<Record<string, MetaValue>>[] = []
  const context: Context = { ...testContext(folder, counters), note: (row) => void notes.push(row) }
  const stage = await decontaminate.create(decontaminate.options.parse(options), context)
  const document = new Document({ id: 'd', text: source })
  await stage.process([document])
  return { document, notes, counters }
}

const question =
  'Which of these small rivers flows through the old town before it reaches the northern sea?'

test('reads every kind of file and says where a hit comes from', async () => {
  writeFileSync(join(folder, 'a.jsonl'), `{"x":1}\n${JSON.stringify({ q: { text: question } })}\n`)
  writeFileSync(join(folder, 'b.json'), JSON.stringify([{ q: [question] }]))
  writeFileSync(join(folder, 'c.csv'), `id,q\n7,"${question}"\n`)
  writeFileSync(join(folder, 'd.tsv'), `id\tq\n7\t${question}\n`)
  writeFileSync(join(folder, 'e.txt'), `A title\n\n${question.replace(' town ', '\ntown ')}\n`)
  for (const [file, row, field] of [
    ['a.jsonl', 2, 'q.text'],
    ['b.json', 1, 'q.0'],
    ['c.csv', 2, '2'],
    ['d.tsv', 2, '2'],
    ['e.txt', 3, undefined],
  ] as const) {
    const source = `Before. ${question.toUpperCase()} After.`
    const { document, notes, counters } = await run({ against: [file] }, source)
    expect(document.dropped).toEqual({ stage: 'decontaminate', reason: 'contaminated' })
    expect(notes).toEqual([
      {
        id: 'd',
        file,
        row,
        ...(field === undefined ? {} : { field }),
        tokens: 16,
        from: 8,
        to: 8 + question.length - 1,
        text: question.toUpperCase().slice(0, -1),
      },
    ])
    expect(Object.fromEntries(counters)).toEqual({
      [`hits in ${file}`]: 1,
      hits: 1,
      'documents hit': 1,
    })
  }
})

test('cuts at borders of words and code points', async () => {
  writeFileSync(join(folder, 'q.txt'), question)
  const source = `${'Kept words here. '.repeat(20)}😀😀😀${question}😀😀😀${' More words kept.'.repeat(20)}`
  for (let margin = 0; margin < 20; margin++) {
    const { document, counters } = await run({ against: ['q.txt'], action: 'cut', margin }, source)
    expect(document.dropped).toBeUndefined()
    expect(document.text.isWellFormed()).toBe(true)
    expect(counters.get('characters cut')).toBe(source.length - document.text.length)
    expect(new Set(document.text.match(/\p{L}+/gu))).toEqual(
      new Set(['Kept', 'words', 'here', 'More', 'kept']),
    )
  }
})

test('drops what cutting would leave too little of', async () => {
  writeFileSync(join(folder, 'q.txt'), question)
  const options = { against: ['q.txt'], action: 'cut', margin: 0 }
  expect((await run(options, question)).document.dropped?.reason).toBe('contaminated')
  const often = `${question} ${'and so on '.repeat(10)}`.repeat(5)
  const kept = await run({ ...options, minLeft: 0 }, often)
  expect(kept.document.text).not.toContain('rivers')
  const dropped = await run({ ...options, minLeft: 0, maxCuts: 4 }, often)
  expect(dropped.document.dropped?.reason).toBe('contaminated')
})

test('bad configurations and files say what is wrong', async () => {
  writeFileSync(join(folder, 'bad.jsonl'), '{"a":1}\n{oops\n')
  writeFileSync(join(folder, 'c.csv'), `id,q\n7,"${question}"\n`)
  await expect(run({ against: ['nowhere'] }, '')).rejects.toThrow('there is no nowhere')
  await expect(run({ against: ['bad.jsonl'] }, '')).rejects.toThrow('bad.jsonl:2: expected a JSON')
  await expect(run({ against: ['c.csv'], fields: ['z'] }, '')).rejects.toThrow('no column `z`')
  expect(() => decontaminate.options.parse({ against: ['a'], minWords: 13 })).toThrow('less than')
})

// The table of words in WebAssembly: its scanner against the one in TypeScript, its limits, its window.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { preTokenizer, preTokenizerNames } from '../src/pretokenize/index.ts'
import { TrainingMemory } from '../src/training-memory.ts'
import { holdWords, WordCounter, type WordTable } from '../src/word-table.ts'

function entries({ size, bytes, offsets, counts }: WordTable): [string, number][] {
  return Array.from({ length: size }, (_, word) => [
    Buffer.from(bytes.subarray(offsets[word], offsets[word + 1])).toString(),
    counts[word]!,
  ])
}

/** Every kind of character that a pattern treats in its own way, and any other. */
const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      ...Array.from(
        " \n\r\t'aZsdLLrevſé1２٣४.!/#_…，。中文ひらカタ龥龦가ёǅªµ̈💩\u0085\u2028\ufeff\u0378",
      ),
    ),
    fc.constantFrom("'s", "'LL", "'ſ", "I'd", '  \n ', '1234', '\r\n/', '\u{10ffff}'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
  maxLength: 60,
})

test.each(preTokenizerNames.filter((name) => preTokenizer(name).pattern))(
  'the scanner of the table cuts %s like the other',
  (name) => {
    const { pattern, split } = preTokenizer(name)
    const fast = new WordCounter()
    fast.useScanner(pattern!)
    const plain = new WordCounter()
    fc.assert(
      fc.property(text, fc.boolean(), (source, isLines) => {
        fast.clear()
        plain.clear()
        const bytes = Buffer.from(source)
        const texts = fast.scanText(bytes, 0, bytes.length, isLines, 3)
        const lines = isLines ? source.split(/(?<=\n)/).filter((line) => line !== '') : [source]
        for (const line of lines) {
          const part = Buffer.from(line)
          plain.addText(split, part, 0, part.length, 3)
        }
        expect(entries(fast.table())).toEqual(entries(plain.table()))
        expect(texts).toBe(source === '' ? 0 : lines.length)
      }),
      { seed: 11, numRuns: 300 },
    )
  },
)

/** A number in letters, of 3 to 13 characters. */
function spelt(number: number): string {
  const digits = number.toString(26).replace(/\d/g, (digit) => 'qrstuvwxyz'[Number(digit)]!)
  return `${digits}${number % 3 === 0 ? 'longword' : ''}é`
}

test('a full table is emptied and goes on where it stopped', () => {
  const { pattern, split } = preTokenizer('gpt2')
  const words = Array.from({ length: 30_000 }, (_, i) => spelt((i * 7919) % 20_011))
  const bytes = Buffer.from(words.join(' '))
  const expected = new Map<string, number>()
  for (const word of words) expected.set(word, (expected.get(word) ?? 0) + 1)
  for (const scans of [true, false]) {
    const sums = new Map<string, number>()
    let rounds = 0
    const drain = (): void => {
      for (const [word, count] of entries(counter.table())) {
        sums.set(word.trim(), (sums.get(word.trim()) ?? 0) + count)
      }
      expect(counter.memoryBytes).toBeLessThanOrEqual(200_000)
      counter.clear()
      rounds++
    }
    const counter: WordCounter = new WordCounter(200_000, drain)
    if (scans) {
      counter.useScanner(pattern!)
      counter.scanText(bytes, 0, bytes.length, true)
    } else counter.addText(split, bytes, 0, bytes.length)
    drain()
    expect(rounds).toBeGreaterThan(3)
    expect(sums).toEqual(expected)
  }
})

test('text and pieces longer than the window of the table', () => {
  const { split } = preTokenizer('whitespace-split')
  const long = 'a'.repeat(3_000_001)
  const source = Buffer.from(`${'b c '.repeat(400_000)}${long} d ${long}`)
  const counter = new WordCounter()
  counter.addText(split, source, 0, source.length)
  counter.addText(split, source, 0, 3)
  const found = new Map(entries(counter.table()))
  expect([...found.keys()].map((word) => word.length)).toEqual([1, 1, 3_000_001, 1])
  expect([...found.values()]).toEqual([400_001, 400_001, 2, 1])
})

test('a word longer than the limit is taken by an empty table', () => {
  const counter = new WordCounter(100_000, () => counter.clear())
  const word = Buffer.alloc(500_000, 97)
  counter.add(word, 0, word.length, 2)
  expect(entries(counter.table())).toEqual([[word.toString(), 2]])
})

test('words outlive the growth of their memory', () => {
  const counter = new WordCounter()
  const source = Buffer.from('ab ab cd')
  counter.addText(preTokenizer('whitespace-split').split, source, 0, source.length)
  const words = counter.finish()
  const { bytes, offsets, counts, size } = words
  const copy = holdWords(size, bytes, offsets, counts)
  words.memory.call((kernel) => kernel.symbolBuffer(1 << 20))
  expect(offsets.length).toBe(0)
  expect(entries(words)).toEqual([
    ['ab', 2],
    ['cd', 1],
  ])
  expect(entries(copy)).toEqual(entries(words))
})

test('a memory at its end says what to change', () => {
  const memory = new TrainingMemory()
  expect(() => memory.call((kernel) => kernel.openTable(2 ** 31, 0))).toThrow(
    expect.objectContaining({ code: 'input', hint: expect.stringContaining('memoryMB') }),
  )
})

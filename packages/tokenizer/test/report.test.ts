import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { loadHuggingFace } from '../src/load-huggingface.ts'
import { createReport, renyiEfficiency, type ReportText } from '../src/report.ts'
import { renderTokenizerReport } from '../src/report-html.ts'
import type { Tokenizer } from '../src/tokenizer.ts'

function tokenizerOf(name: string): Tokenizer {
  const oracle = new URL(`oracle/encodings/${name}.json`, import.meta.url)
  return loadHuggingFace(
    (JSON.parse(readFileSync(oracle, 'utf8')) as { tokenizer: object }).tokenizer as never,
  )
}

const texts: ReportText[] = [
  { group: 'zh', text: '北京的春天来得很快，柳树发芽。' },
  { group: 'zh', text: '他们在图书馆里学习中文。' },
  { group: 'en', text: 'The quick brown fox jumps over the lazy dog.' },
  { group: 'en', text: '<script>alert("x")</script> & café' },
  { group: 'en', text: '' },
]

test('figures are what their names say', async () => {
  const [bytes, bert] = [tokenizerOf('byte-level'), tokenizerOf('bert')]
  const report = await createReport(
    [
      { name: 'bytes', tokenizer: bytes },
      { name: 'bert', tokenizer: bert },
    ],
    texts,
  )
  expect(report.groups.map(({ group, documents }) => [group, documents])).toEqual([
    ['en', 2],
    ['zh', 2],
  ])
  for (const { group, bytes: size, characters, figures } of report.groups) {
    const all = texts.filter((text) => text.group === group).map(({ text }) => text)
    expect(size).toBe(all.reduce((sum, text) => sum + Buffer.byteLength(text), 0))
    expect(characters).toBe(all.reduce((sum, text) => sum + Array.from(text).length, 0))
    const tokens = all.reduce((sum, text) => sum + bytes.encode(text).length, 0)
    expect(figures[0]).toMatchObject({ tokens, roundTripFailures: 0, unknownTokens: 0 })
    expect(figures[0]!.bytesPerToken).toBeCloseTo(size / tokens)
    const [low, high] = figures[0]!.interval
    expect(low).toBeLessThanOrEqual(figures[0]!.bytesPerToken)
    expect(high).toBeGreaterThanOrEqual(figures[0]!.bytesPerToken)
  }
  // Lower-casing and spacing cannot be undone.
  expect(report.groups[0]!.figures[1]!.roundTripFailures).toBe(2)
  const { vocabulary } = report.tokenizers[0]!
  expect(vocabulary.specialTokens).toEqual(['<|endoftext|>'])
  expect(vocabulary.partialCharacters).toBeGreaterThan(100)
})

test('every token of a small alphabet is whole, and words are counted', async () => {
  const tokenizer = tokenizerOf('byte-level')
  const report = await createReport(
    [{ name: 'a', tokenizer }],
    [{ group: 'g', text: 'the dog, the dog' }],
  )
  const [group] = report.groups
  expect(group!.words).toBe(4)
  const ids = tokenizer.encode('the dog, the dog')
  const pieces = Array.from(ids, (id) => tokenizer.decode([id]))
  const whole = pieces.filter((piece) => ['the', 'dog'].includes(piece.trim())).length
  expect(group!.figures[0]!.wholeWords).toBe(whole / 4)
})

test('Rényi efficiency is one for even use and falls with uneven use', () => {
  expect(renyiEfficiency(Float64Array.of(5, 5, 5, 5), 20)).toBeCloseTo(1)
  expect(renyiEfficiency(Float64Array.of(20, 0, 0, 0), 20)).toBeCloseTo(0)
  const uneven = renyiEfficiency(Float64Array.of(10, 5, 3, 2), 20)
  expect(uneven).toBeGreaterThan(0.5)
  expect(uneven).toBeLessThan(1)
})

test('the page escapes texts and shows every token', async () => {
  const tokenizer = tokenizerOf('byte-level')
  const html = renderTokenizerReport(await createReport([{ name: '<b>', tokenizer }], texts))
  expect(html).not.toContain('<script>')
  expect(html).not.toContain('<b>')
  expect(html).toContain('&lt;b&gt;')
  const ids = tokenizer.encode('北京的春天来得很快，柳树发芽。')
  expect(html).toContain(`title="${ids[0]}`)
  expect(html).not.toMatch(/https?:\/\/(?!example\.com)/)
})

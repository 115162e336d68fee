// Training from files: kinds of input, hold-out, tokens of a tokenizer.json, and a stop in the middle.
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { fallbackDiscounts } from '@shardmill/stages/quality/ngram/discounts'
import { DocumentScorer, perplexityOf } from '@shardmill/stages/quality/ngram/document-scorer'
import { listTextFiles, readTexts } from '@shardmill/stages/quality/ngram/read-texts'
import { ccnetRules } from '@shardmill/stages/quality/ngram/scoring-text'
import { trainFiles, type FileTraining } from '@shardmill/stages/quality/ngram/train-files'
import { trainTokenizer } from '@shardmill/tokenizer/train-tokenizer'
import { resolveTraining } from '@shardmill/tokenizer/training-defaults'

const folder = mkdtempSync(join(tmpdir(), 'ngram-files-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const written = resolve(import.meta.dirname, '../../../../corpora/written')

function training(more: Partial<FileTraining> & { output: string }): FileTraining {
  return {
    inputs: { paths: [join(written, 'zh')], documents: 'paragraph', textField: 'text' },
    order: 3,
    unit: 'word',
    rules: ccnetRules,
    prune: [0, 0, 0],
    fallback: fallbackDiscounts,
    bits: 0,
    memoryMB: 64,
    holdOut: 0,
    seed: 1,
    ...more,
  }
}

test('documents held out give rising percentiles and are not trained on', async () => {
  const all = await trainFiles(training({ output: join(folder, 'all.ngram') }))
  const part = await trainFiles(training({ output: join(folder, 'part.ngram'), holdOut: 0.3 }))
  expect(all.header.percentiles).toBeUndefined()
  const { documents, values } = part.header.percentiles!
  expect(documents + part.header.training!.documents).toBe(all.header.training!.documents)
  expect(values.toSorted((a, b) => a - b)).toEqual(values)
  expect(values[0]).toBeGreaterThan(1)
})

test('the same documents in JSON lines or text make the same model', async () => {
  const inputs = { paths: [join(written, 'en')], documents: 'file', textField: 'text' } as const
  const rows: string[] = []
  for await (const pieces of readTexts(inputs)) {
    for (const { text } of pieces) if (text !== '') rows.push(JSON.stringify({ text }))
  }
  const jsonl = join(folder, 'rows.jsonl')
  writeFileSync(jsonl, `${rows.join('\n')}\n`)
  const [a, b] = [join(folder, 'text.ngram'), join(folder, 'jsonl.ngram')]
  await trainFiles(training({ inputs, output: a }))
  await trainFiles(training({ inputs: { ...inputs, paths: [jsonl] }, output: b }))
  expect(readFileSync(b).equals(readFileSync(a))).toBe(true)
})

test('a tokenizer travels in the model', async () => {
  const output = join(folder, 'tokenizer')
  await trainTokenizer(resolveTraining({ input: join(written, 'zh/*.md'), vocabSize: 600, output }))
  const model = join(folder, 'tokens.ngram')
  const tokenizer = join(output, 'tokenizer.json')
  await trainFiles(training({ output: model, unit: 'tokenizer', tokenizer }))
  rmSync(output, { recursive: true })
  const scorer = await DocumentScorer.load(model)
  const { tokens, unknown } = scorer.score('豆浆店的灯先亮了')
  expect(tokens).toBeGreaterThan(4)
  expect(unknown).toBe(0)
})

test('plain files come in documents: file, paragraph, line', async () => {
  const path = join(folder, 'plain.txt')
  writeFileSync(path, 'a\nb\n\n\nc\n')
  const documentsOf = async (documents: 'file' | 'paragraph' | 'line'): Promise<string[]> => {
    const texts = ['']
    for await (const pieces of readTexts({ paths: [path], documents, textField: 'text' })) {
      for (const { text, isLast } of pieces) {
        texts[texts.length - 1] += text
        if (isLast) texts.push('')
      }
    }
    return texts.map((text) => text.trim()).filter((text) => text !== '')
  }
  expect(await documentsOf('file')).toEqual(['a\nb\n\n\nc'])
  expect(await documentsOf('paragraph')).toEqual(['a\nb', 'c'])
  expect(await documentsOf('line')).toEqual(['a', 'b', 'c'])
})

test('stopped, it leaves nothing behind', async () => {
  const place = join(folder, 'stopped')
  mkdirSync(place)
  const stop = new AbortController()
  const inputs = { ...training({ output: '' }).inputs, signal: stop.signal }
  const options = training({
    inputs,
    output: join(place, 'model.ngram'),
    onProgress: () => stop.abort(new Error('enough')),
  })
  await expect(trainFiles(options)).rejects.toThrow('enough')
  expect(readdirSync(place)).toEqual([])
})

test('inputs that are missing or hold no text are named', () => {
  expect(() => listTextFiles([join(folder, 'nowhere')])).toThrow(/no input `.*nowhere`/)
  expect(() => listTextFiles([join(folder, 'stopped')])).toThrow(/no texts in .*stopped/)
})

test('perplexity falls when the text was in the training', async () => {
  const model = join(folder, 'zh.ngram')
  await trainFiles(training({ output: model }))
  const scorer = await DocumentScorer.load(model)
  const seen = readFileSync(join(written, 'zh/yang-tai-bo-he.md'), 'utf8')
  const shuffled = Array.from(seen).toReversed().join('')
  expect(perplexityOf(scorer.score(seen))!).toBeLessThan(perplexityOf(scorer.score(shuffled))! / 5)
})

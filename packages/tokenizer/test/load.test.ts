import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { InputError } from '@shardmill/core/errors'
import { loadTokenizer } from '../src/load.ts'
import { specialId } from '../src/special-tokens.ts'

const folder = mkdtempSync(join(tmpdir(), 'shardmill-load-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, content: string): string {
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}

function oracle(name: string): Record<string, unknown> {
  const path = new URL(`oracle/encodings/${name}.json`, import.meta.url)
  return (JSON.parse(readFileSync(path, 'utf8')) as { tokenizer: Record<string, unknown> })
    .tokenizer
}

/** Bytes as ranks, then "he" and "hel". */
const ranks = [
  ...Array.from({ length: 256 }, (_, byte) => Buffer.of(byte)),
  Buffer.from('he'),
  Buffer.from('hel'),
].map((token, rank) => `${token.toString('base64')} ${rank}`)

describe('.tiktoken', () => {
  test('ranks, pattern from the file name, special tokens', async () => {
    const tokenizer = await loadTokenizer(file('cl100k_base.tiktoken', ranks.join('\n')))
    expect([...tokenizer.encode('hello he')]).toEqual([257, 108, 111, 32, 256])
    expect([...tokenizer.encode('he<|endoftext|>')]).toEqual([256, 100_257])
    expect([...tokenizer.encode('<|', { specials: 'text' })]).toEqual([60, 124])
    expect(tokenizer.encode('<|endoftext|>', { specials: 'text' })).not.toContain(100_257)
    expect(tokenizer.decode([257, 108, 111, 100_257])).toBe('hello')
    expect(tokenizer.decode([256, 100_257], { keepSpecialTokens: true })).toBe('he<|endoftext|>')
    expect(tokenizer.decode([256, -1, 90_000, Number.NaN])).toBe('he')
    expect([tokenizer.vocabSize, specialId(tokenizer, 'eos')]).toEqual([100_277, 100_257])
    expect([tokenizer.tokenOf(32), tokenizer.idOf('hel'), tokenizer.idOf('nope')]).toEqual([
      'Ġ',
      257,
      undefined,
    ])
  })

  test('an unknown name needs a pattern', async () => {
    const path = file('mine.tiktoken', ranks.join('\n'))
    await expect(loadTokenizer(path)).rejects.toMatchObject({
      hint: expect.stringContaining('pattern'),
    })
    const tokenizer = await loadTokenizer(path, { pattern: 'gpt2', specials: { '<end>': 300 } })
    expect([...tokenizer.encode('he<end>')]).toEqual([256, 300])
  })

  test('a broken line is named', async () => {
    const path = file('gpt2.tiktoken', 'IQ== 0\nIg==\n')
    await expect(loadTokenizer(path)).rejects.toThrow('gpt2.tiktoken:2: expected `base64 rank`')
  })
})

describe('vocab.txt', () => {
  const lines = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'the', 'do', '##g', '中', 'The', '']

  test('lower-cases unless told otherwise', async () => {
    const path = file('vocab.txt', lines.join('\n'))
    const tokenizer = await loadTokenizer(path)
    const ids = [...tokenizer.encode('The dog中x', { addSpecialTokens: true })]
    expect(ids).toEqual([2, 5, 6, 7, 8, 1, 3])
    const cased = await loadTokenizer(path, { lowercase: false })
    expect([...cased.encode('The THE')]).toEqual([9, 1])
    file('tokenizer_config.json', '{"do_lower_case": false}')
    expect([...(await loadTokenizer(path)).encode('The')]).toEqual([9])
    expect(tokenizer.decode(ids)).toBe('the dog 中')
  })

  test('without [UNK] it is no BERT vocabulary', async () => {
    await expect(loadTokenizer(file('words.txt', 'a\nb\n'))).rejects.toThrow('[UNK]')
  })
})

describe('tokenizer.json', () => {
  test('what the fast path does not know goes through the library, with a notice', async () => {
    const json = { ...oracle('byte-level') }
    json['pre_tokenizer'] = {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Digits', individual_digits: true },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      ],
    }
    const notices: string[] = []
    const path = file('digits.json', JSON.stringify(json))
    const tokenizer = await loadTokenizer(path, { onNotice: (text) => notices.push(text) })
    expect(notices).toEqual([expect.stringContaining('pre_tokenizer sequence Digits, ByteLevel')])
    const ids = tokenizer.encode('the 2024 中文')
    const tokens = Array.from(ids, (id) => tokenizer.tokenOf(id))
    expect(tokens.slice(0, 4)).toEqual(['t', 'he', 'Ġ', '2'])
    expect(tokenizer.decode(ids)).toBe('the 2024 中文')
    const stream = tokenizer.decodeStream()
    expect(Array.from(ids, (id) => stream.push(id)).join('') + stream.end()).toBe('the 2024 中文')
    expect(() => tokenizer.encodeWithOffsets('a')).toThrow('offsets are not available')
  })

  test.each([
    ['not JSON', '{', 'not a JSON object'],
    ['no model', '{}', 'it has no `model`'],
    ['unknown model', '{"model":{"type":"Magic"}}', 'model.type `Magic` is not supported'],
    [
      'lost merge',
      JSON.stringify({
        ...oracle('byte-level'),
        model: { type: 'BPE', vocab: { a: 0 }, merges: [['a', 'b']] },
      }),
      'model.merges[0]',
    ],
  ])('refused: %s', async (name, content, message) => {
    const path = file(`${name.replace(' ', '-')}.json`, content)
    const loading = loadTokenizer(path, { onNotice: () => {} })
    await expect(loading).rejects.toThrow(message)
    await expect(loadTokenizer(path, { onNotice: () => {} })).rejects.toThrow(InputError)
  })

  test('a folder means its tokenizer.json', async () => {
    file('tokenizer.json', JSON.stringify(oracle('bert')))
    expect((await loadTokenizer(folder)).parts.kind).toBe('wordpiece')
  })
})

test('files of other kinds, missing files and broken models are refused', async () => {
  await expect(loadTokenizer(file('a.bin', 'x'))).rejects.toThrow('no kind of file we know')
  await expect(loadTokenizer(join(folder, 'missing.json'))).rejects.toThrow('no file')
  await expect(loadTokenizer(file('a.model', 'not a model'))).rejects.toThrow('sentencepiece model')
})

test('hashes differ by vocabulary, merges and rules', async () => {
  const json = oracle('byte-level')
  const hashes = new Set<string>()
  const model = json['model'] as { merges: unknown[] }
  for (const [i, changed] of [
    json,
    { ...json, model: { ...model, merges: model.merges.slice(0, -1) } },
    { ...json, added_tokens: [] },
    { ...json, normalizer: { type: 'NFC' } },
  ].entries()) {
    hashes.add((await loadTokenizer(file(`hash-${i}.json`, JSON.stringify(changed)))).hash)
  }
  expect(hashes.size).toBe(4)
})

test('a column of texts gives the ids of each', async () => {
  const tokenizer = await loadTokenizer(file('column.json', JSON.stringify(oracle('llama3'))))
  const texts = ['the dog', '', '北京的春天', 'nai\u0308ve']
  const values = Buffer.from(texts.join(''))
  const offsets = new Int32Array(5)
  for (const [i, text] of texts.entries()) offsets[i + 1] = offsets[i]! + Buffer.byteLength(text)
  const { ids, starts } = tokenizer.encodeColumn(values, offsets)
  for (const [i, text] of texts.entries()) {
    expect([...ids.subarray(starts[i], starts[i + 1])]).toEqual([...tokenizer.encode(text)])
  }
})

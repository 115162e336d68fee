import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { seeded } from '@shardmill/core/random'
import { ShardReader } from '@shardmill/core/shard-reader'
import { EncodedShardWriter, readEncoded } from '../src/encoded-shard.ts'
import { loadTokenizer } from '../src/load.ts'
import { packModes, type TokenDocument } from '../src/pack.ts'
import { packDocuments } from '../src/pack-documents.ts'
import { encodeTexts, readTokens } from '../src/token-documents.ts'
import type { Tokenizer } from '../src/tokenizer.ts'

const folder = mkdtempSync(join(tmpdir(), 'shardmill-encoded-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function tokenizerOf(name: string): Promise<Tokenizer> {
  const oracle = new URL(`oracle/encodings/${name}.json`, import.meta.url)
  const { tokenizer } = JSON.parse(readFileSync(oracle, 'utf8')) as { tokenizer: object }
  const path = join(folder, `${name}.json`)
  writeFileSync(path, JSON.stringify(tokenizer))
  return loadTokenizer(path)
}

const path = (name: string): string => join(folder, name)

function write(
  name: string,
  vocabSize: number,
  hasWordStarts: boolean,
  documents: Iterable<TokenDocument>,
): void {
  const metadata = { vocabSize, tokenizerHash: 'abc', hasWordStarts }
  const writer = new EncodedShardWriter(path(name), metadata)
  for (const document of documents) writer.add(document)
  writer.commit()
}

async function read(name: string): Promise<TokenDocument[]> {
  const reader = await ShardReader.open(path(name))
  const documents: TokenDocument[] = []
  for await (const document of readEncoded(reader)) documents.push(document)
  await reader.close()
  return documents
}

describe('documents come back as they went in', () => {
  const random = seeded(5)
  const made = (count: number, longest: number, vocabSize: number): TokenDocument[] =>
    Array.from({ length: count }, (_, i) => {
      const ids = Int32Array.from({ length: random.below(longest) }, () => random.below(vocabSize))
      return { id: `文 ${i}`, ids, wordStarts: Uint8Array.from(ids, () => random.below(2)) }
    })

  test.each([
    ['16 bits', 0x10000, true],
    ['32 bits', 0x10001, true],
    ['without word starts', 300, false],
  ])('%s', async (name, vocabSize, hasWordStarts) => {
    // More than one record batch, by rows and by bytes, and a document larger than a batch.
    const large = Int32Array.from({ length: 3 << 20 }, (_, i) => i % 251)
    const documents = [
      ...made(20_000, 20, vocabSize),
      { id: 'large', ids: large, wordStarts: new Uint8Array(large.length).fill(1) },
      ...made(50, 9000, vocabSize),
      { id: '', ids: new Int32Array(0), wordStarts: new Uint8Array(0) },
    ]
    write(`${name}.arrow`, vocabSize, hasWordStarts, documents)
    const expected = hasWordStarts ? documents : documents.map(({ id, ids }) => ({ id, ids }))
    const found = await read(`${name}.arrow`)
    expect(found.length).toBe(expected.length)
    const differing = found.filter(({ id, ids, wordStarts }, i) => {
      const wanted: TokenDocument = expected[i]!
      const isEqual = Buffer.from(ids.buffer).equals(Buffer.from(wanted.ids.buffer))
      const hasWords = Buffer.from(wordStarts ?? []).equals(Buffer.from(wanted.wordStarts ?? []))
      return id !== wanted.id || !isEqual || !hasWords
    })
    expect(differing).toEqual([])
  })

  test('none at all', async () => {
    write('none.arrow', 300, true, [])
    expect(await read('none.arrow')).toEqual([])
  })
})

const texts = [
  { id: 'zh', text: '北京的春天来得很快，柳树发芽。', lang: 'zh' },
  { id: 'en', text: 'The quick brown fox, and the dog. <|endoftext|> is text here.', lang: 'en' },
  { id: 'empty', text: '', lang: '' },
  { id: 'odd', text: '👩‍👩‍👧 𠀀𠀁 \u0000', lang: '' },
]

async function encode(name: string, tokenizer: Tokenizer, hasWordStarts: boolean): Promise<string> {
  const { vocabSize, hash } = tokenizer
  const metadata = { vocabSize, tokenizerHash: hash, hasWordStarts }
  const writer = new EncodedShardWriter(path(name), metadata)
  for await (const one of encodeTexts(texts, tokenizer, hasWordStarts)) writer.add(one)
  writer.commit()
  return path(name)
}

test('packing texts and packing what they encode to give the same bytes', async () => {
  const tokenizer = await tokenizerOf('byte-level')
  writeFileSync(path('a.jsonl'), texts.map((row) => `${JSON.stringify(row)}\n`).join(''))
  for (const wordStarts of [false, true]) {
    const encoded = await encode('a.arrow', tokenizer, true)
    for (const mode of packModes) {
      const [fromText, fromTokens] = [path('text.arrow'), path('tokens.arrow')]
      const options = { mode, sequenceLength: 16, wordStarts, eosId: 0, bosId: 1 }
      const pack = (input: string, target: string) =>
        packDocuments(readTokens([input], tokenizer, wordStarts), tokenizer, target, options)
      const { statistics } = await pack(path('a.jsonl'), fromText)
      expect((await pack(encoded, fromTokens)).statistics).toEqual(statistics)
      expect(readFileSync(fromTokens).equals(readFileSync(fromText))).toBe(true)
    }
  }
})

test('ids of another tokenizer and missing word starts are refused', async () => {
  const tokenizer = await tokenizerOf('byte-level')
  const other = await tokenizerOf('bert')
  const shard = await encode('other.arrow', tokenizer, false)
  const all = async (one: Tokenizer, hasWordStarts: boolean): Promise<void> => {
    for await (const _ of readTokens([shard], one, hasWordStarts));
  }
  await expect(all(other, false)).rejects.toThrow(/other\.arrow: encoded by another tokenizer/)
  await expect(all(tokenizer, true)).rejects.toThrow(/other\.arrow: has no word starts/)
  expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([])
})

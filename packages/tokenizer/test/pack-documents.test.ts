import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { ShardWriter } from '@shardmill/core/shard-writer'
import { loadTokenizer } from '../src/load.ts'
import { PackedShardReader } from '../src/packed-shard.ts'
import { packDocuments } from '../src/pack-documents.ts'
import { encodeTexts } from '../src/token-documents.ts'
import { readTexts, type SourceText } from '../src/text-source.ts'
import { wordStartsOf } from '../src/word-starts.ts'

const folder = mkdtempSync(join(tmpdir(), 'shardmill-pack-texts-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function tokenizerFile(name: string): string {
  const oracle = new URL(`oracle/encodings/${name}.json`, import.meta.url)
  const { tokenizer } = JSON.parse(readFileSync(oracle, 'utf8')) as { tokenizer: object }
  const path = join(folder, `${name}.json`)
  writeFileSync(path, JSON.stringify(tokenizer))
  return path
}

const texts: SourceText[] = [
  { id: 'zh', text: '北京的春天来得很快，柳树发芽。', lang: 'zh' },
  { id: 'en', text: 'The quick brown fox, and the dog. <|endoftext|> is text here.', lang: 'en' },
  { id: 'empty', text: '', lang: '' },
  { id: 'odd', text: '👩‍👩‍👧 𠀀𠀁 \u0000', lang: '' },
]

test('packed rows decode to the texts, one end token behind each', async () => {
  const tokenizer = await loadTokenizer(tokenizerFile('byte-level'))
  const path = join(folder, 'packed.arrow')
  const { statistics } = await packDocuments(encodeTexts(texts, tokenizer, true), tokenizer, path, {
    mode: 'bfd',
    sequenceLength: 64,
    wordStarts: true,
  })
  const reader = await PackedShardReader.open(path)
  expect(reader.metadata).toMatchObject({ tokenizerHash: tokenizer.hash, eosId: 0, padId: 0 })
  const found = new Map<string, { offset: number; ids: number[] }[]>()
  for await (const batch of reader.batches()) {
    for (let row = 0; row < batch.rows; row++) {
      let at = row * 64
      for (let piece = batch.rowPieces[row]!; piece < batch.rowPieces[row + 1]!; piece++) {
        const ids = [...batch.inputIds.subarray(at, (at += batch.pieceLengths[piece]!))]
        const id = batch.docId(piece)
        found.set(id, [...(found.get(id) ?? []), { offset: batch.pieceOffsets[piece]!, ids }])
      }
    }
  }
  await reader.close()
  let tokens = 0
  for (const { id, text } of texts) {
    const parts = found.get(id)!.toSorted((a, b) => a.offset - b.offset)
    const ids = parts.flatMap((part) => part.ids)
    tokens += ids.length
    expect(ids.filter((token) => token === 0)).toEqual([0])
    expect(ids.at(-1)).toBe(0)
    expect(tokenizer.decode(ids)).toBe(text)
  }
  expect(statistics).toMatchObject({ documents: 4, tokens, addedTokens: 0 })
})

/** Words as spans from [start, end) pairs. */
function spans(...pairs: [number, number][]) {
  const starts = Uint32Array.from(pairs, ([start]) => start)
  return { count: pairs.length, starts, ends: Uint32Array.from(pairs, ([, end]) => end) }
}

test.each([
  [
    'space in front belongs to the word',
    [
      [0, 3],
      [3, 9],
    ],
    [
      [0, 3],
      [4, 9],
    ],
    [1, 1],
  ],
  [
    'continuation',
    [
      [0, 2],
      [2, 5],
    ],
    [[0, 5]],
    [1, 0],
  ],
  [
    'white space stands alone',
    [
      [0, 3],
      [3, 4],
      [4, 6],
    ],
    [
      [0, 3],
      [4, 6],
    ],
    [1, 1, 1],
  ],
  [
    'bytes of one character',
    [
      [0, 1],
      [0, 1],
      [0, 1],
      [1, 2],
    ],
    [
      [0, 1],
      [1, 2],
    ],
    [1, 0, 0, 1],
  ],
  [
    'a token of two words',
    [
      [0, 4],
      [4, 5],
    ],
    [
      [0, 2],
      [2, 5],
    ],
    [1, 0],
  ],
  [
    'a word no token covers',
    [
      [0, 1],
      [4, 5],
    ],
    [
      [0, 1],
      [2, 3],
      [4, 5],
    ],
    [1, 1],
  ],
  ['nothing', [], [], []],
] as [string, [number, number][], [number, number][], number[]][])(
  'word starts: %s',
  (_, tokens, words, expected) => {
    const encoding = {
      ids: new Int32Array(tokens.length),
      starts: Uint32Array.from(tokens, ([start]) => start),
      ends: Uint32Array.from(tokens, ([, end]) => end),
    }
    expect([...wordStartsOf(encoding, spans(...words))]).toEqual(expected)
  },
)

test('texts come from shards, JSON lines and plain text', async () => {
  const shard = new ShardWriter(join(folder, 'a.arrow'), { id: 'utf8', text: 'utf8', lang: 'utf8' })
  for (const { id, text, lang } of texts) {
    shard.bytes(0).pushText(id)
    shard.bytes(1).pushText(text)
    shard.bytes(2).pushText(lang)
    shard.endRow()
  }
  shard.commit()
  writeFileSync(join(folder, 'b.jsonl'), '{"text":"一"}\n\n{"id":"x","text":"二","lang":"zh"}\n')
  writeFileSync(join(folder, 'c.txt'), '三\n\n四\r\n')
  const read = async (...names: string[]): Promise<SourceText[]> => {
    const found: SourceText[] = []
    for await (const text of readTexts(names.map((name) => join(folder, name)))) found.push(text)
    return found
  }
  expect(await read('a.arrow')).toEqual(texts)
  expect(await read('b.jsonl', 'c.txt')).toEqual([
    { id: 'b.jsonl:1', text: '一', lang: '' },
    { id: 'x', text: '二', lang: 'zh' },
    { id: 'c.txt:1', text: '三', lang: '' },
    { id: 'c.txt:3', text: '四', lang: '' },
  ])
  writeFileSync(join(folder, 'bad.jsonl'), '{"text":"a"}\n{"txt":"b"}\n')
  await expect(read('bad.jsonl')).rejects.toThrow('bad.jsonl:2: expected a string `text`')
  await expect(read('missing.txt')).rejects.toThrow('missing.txt')
})

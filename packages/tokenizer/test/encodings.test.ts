// What HF tokenizers 0.23.2 and sentencepiece 0.2.2 make of hard texts (oracle/make-encodings.py).
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { loadTokenizer } from '../src/load.ts'

interface Case {
  readonly text: string
  readonly ids: number[]
  readonly decoded: string
  readonly offsets?: [number, number][]
}

interface Oracle {
  readonly tokenizer?: object
  readonly model?: string
  readonly cases: Case[]
}

const oracles = new URL('oracle/encodings/', import.meta.url)
const folder = mkdtempSync(join(tmpdir(), 'shardmill-encodings-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Offsets equal HF's where the text is not changed. Where it is, ours keep marks with their base. */
const equalOffsets = new Set(['byte-level'])

describe.each(readdirSync(oracles).map((file) => file.replace('.json', '')))('%s', (name) => {
  const oracle = JSON.parse(readFileSync(new URL(`${name}.json`, oracles), 'utf8')) as Oracle
  const path = join(folder, `${name}.${oracle.model ? 'model' : 'json'}`)
  writeFileSync(
    path,
    oracle.model ? Buffer.from(oracle.model, 'base64') : JSON.stringify(oracle.tokenizer),
  )
  const loaded = loadTokenizer(path)
  // The library's own special tokens are not matched in text by sentencepiece.
  const options = { addSpecialTokens: true, specials: oracle.model ? 'text' : 'match' } as const

  test('ids', async () => {
    const tokenizer = await loaded
    for (const { text, ids } of oracle.cases) {
      expect({ text, ids: [...tokenizer.encode(text, options)] }).toEqual({ text, ids })
    }
  })

  test('the cache does not change them', async () => {
    const tokenizer = await loaded
    for (const { text, ids } of [...oracle.cases, ...oracle.cases.toReversed()]) {
      expect({ text, ids: [...tokenizer.encode(text, options)] }).toEqual({ text, ids })
    }
  })

  test('decoding', async () => {
    const tokenizer = await loaded
    for (const { text, ids, decoded } of oracle.cases) {
      expect({ text, decoded: tokenizer.decode(ids) }).toEqual({ text, decoded })
    }
  })

  test('streaming decoding gives the same text', async () => {
    const tokenizer = await loaded
    for (const { text, ids } of oracle.cases) {
      const stream = tokenizer.decodeStream()
      const streamed = ids.map((id) => stream.push(id)).join('') + stream.end()
      expect({ text, streamed }).toEqual({ text, streamed: tokenizer.decode(ids) })
    }
  })

  test('offsets are ordered, inside the text, and carry the same ids', async () => {
    const tokenizer = await loaded
    for (const { text, ids, offsets } of oracle.cases) {
      const encoding = tokenizer.encodeWithOffsets(text, options)
      expect({ text, ids: [...encoding.ids] }).toEqual({ text, ids })
      for (let i = 0; i < ids.length; i++) {
        const [start, end] = [encoding.starts[i]!, encoding.ends[i]!]
        expect(start).toBeLessThanOrEqual(end)
        expect(end).toBeLessThanOrEqual(text.length)
      }
      if (!equalOffsets.has(name)) continue
      const found = ids.map((_, i) => [encoding.starts[i], encoding.ends[i]])
      expect({ text, offsets: found }).toEqual({ text, offsets })
    }
  })
})

import { Document, type DocumentStage } from '@shardmill/core'
import { describe, expect, test } from 'vitest'
import { languageId } from '../src/language/language-id.ts'

const context = {
  signal: new AbortController().signal,
  seed: 1,
  scratch: '',
  count: () => {},
  beat: () => {},
  path: (path: string) => path,
}

async function run(options: object, texts: readonly string[]): Promise<Document[]> {
  const stage = languageId as DocumentStage<unknown>
  const transform = await stage.create(stage.options.parse(options), context)
  const documents = texts.map((text, i) => new Document({ id: String(i), text }))
  await transform.process(documents)
  return documents
}

describe('language-id', () => {
  test('names a language and keeps what is asked for', async () => {
    const [zh, en, de] = await run({ keep: ['zh', 'en'] }, [
      '今天我们去公园散步，天气很好，孩子们都很高兴。',
      'The quick brown fox jumps over the lazy dog near the river bank.',
      'Der schnelle braune Fuchs springt über den faulen Hund am Flussufer.',
    ])
    expect(zh!.lang).toMatch(/^zh/)
    expect(zh!.isKept).toBe(true)
    expect(en).toMatchObject({ lang: 'en', dropped: undefined })
    expect(de!.dropped).toEqual({ stage: 'language-id', reason: 'lang-not-kept' })
  })

  test('drops low scores and survives odd text', async () => {
    const documents = await run({ minScore: 0.5 }, ['', '\ud800', '   ', '1234 5678'])
    expect(documents[0]!.dropped?.reason).toBe('low-lang-score')
    expect(documents.every((document) => document.quarantined === undefined)).toBe(true)
  })
})

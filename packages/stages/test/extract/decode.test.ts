import { createMultibyteEncoder } from '@exodus/bytes/multi-byte.js'
import * as fc from 'fast-check'
import { Document } from '@shardmill/core/document'
import { describe, expect, test } from 'vitest'
import { decode, decodeBytes, replacementRatio } from '@shardmill/stages/extract/decode'
import { testContext } from '../run-fixture.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const latin1 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'))

const texts = {
  gb18030:
    '<p>月亮对靠近它的海水引力更大，对地球另一侧的海水引力更小，于是海面上形成了两个隆起。</p>',
  big5: '<p>月亮對靠近它的海水引力更大，對地球另一側的海水引力更小，於是海面上形成了兩個隆起。</p>',
  shift_jis:
    '<p>月の引力は、月に近い側の海水をより強く引きつけるため、海面が二つ盛り上がります。</p>',
  'euc-jp':
    '<p>月の引力は、月に近い側の海水をより強く引きつけるため、海面が二つ盛り上がります。</p>',
  'euc-kr':
    '<p>달의 인력은 달에 가까운 쪽의 바닷물을 더 강하게 끌어당기므로 바다가 두 곳에서 솟아오릅니다.</p>',
}

describe('decodeBytes', () => {
  test.each(Object.entries(texts))('guesses undeclared %s', (charset, text) => {
    const encoded = createMultibyteEncoder(charset)(text)
    expect(decodeBytes(encoded)).toEqual({ html: text, charset, source: 'guess' })
  })
  test.each(Object.entries(texts))('believes a right header of %s', (charset, text) => {
    const encoded = createMultibyteEncoder(charset)(text)
    const decoded = decodeBytes(encoded, `text/html; charset="${charset.toUpperCase()}"`)
    expect(decoded).toEqual({ html: text, charset, source: 'header' })
  })
  test.each(Object.entries(texts))('overrules a wrong declaration of %s', (charset, text) => {
    for (const wrong of ['utf-8', 'iso-8859-1', 'windows-1251']) {
      const page = `<meta charset="${wrong}">${text}`
      const decoded = decodeBytes(createMultibyteEncoder(charset)(page))
      expect([decoded.html, decoded.charset]).toEqual([page, charset])
    }
  })
  test('a byte order mark wins over everything and is removed', () => {
    expect(decodeBytes(bytes('\ufeffé'), 'text/html; charset=gbk')).toEqual({
      html: 'é',
      charset: 'utf-8',
      source: 'bom',
    })
    const utf16 = Uint8Array.from([0xff, 0xfe, 0x2d, 0x4e, 0x87, 0x65])
    expect(decodeBytes(utf16)).toEqual({ html: '中文', charset: 'utf-16le', source: 'bom' })
    expect(decodeBytes(Uint8Array.from([0xfe, 0xff, 0x4e, 0x2d])).html).toBe('中')
  })
  test('valid UTF-8 wins over header and meta', () => {
    const page = '<meta charset="gb2312"><p>中文</p>'
    expect(decodeBytes(bytes(page), 'text/html; charset=iso-8859-1')).toEqual({
      html: page,
      charset: 'utf-8',
      source: 'utf8',
    })
  })
  test('UTF-8 cut in the middle of a character stays UTF-8', () => {
    const whole = bytes('中文'.repeat(100))
    expect(decodeBytes(whole.subarray(0, whole.length - 1))).toMatchObject({ charset: 'utf-8' })
  })
  test('a meta after 50,000 bytes counts, one in a comment does not', () => {
    const late = `<!-- <meta charset="koi8-r"> -->${' '.repeat(50_000)}<meta charset="windows-1250">\x9d`
    expect(decodeBytes(latin1(late))).toMatchObject({ charset: 'windows-1250', source: 'meta' })
  })
  test('curly quotes and the euro sign of windows-1252 survive', () => {
    expect(
      decodeBytes(latin1('\x93caf\xe9\x94 \x80 5'), 'text/html; charset=iso-8859-1').html,
    ).toBe('“café” € 5')
  })
  test('GBK pages may hold four-byte characters', () => {
    const text = '㐀'.repeat(3) + texts.gb18030
    const encoded = createMultibyteEncoder('gb18030')(text)
    expect(decodeBytes(encoded, 'text/html; charset=gbk').html).toBe(text)
  })
  test('ISO-2022-JP is found by its declaration', () => {
    const encoded = createMultibyteEncoder('iso-2022-jp')('日本')
    expect(decodeBytes(encoded, 'text/html; charset=iso-2022-jp').html).toBe('日本')
  })
  test('an unknown label is passed over', () => {
    expect(decodeBytes(latin1('caf\xe9'), 'text/html; charset=klingon').html).toBe('café')
  })
  test('never throws and is the same twice, whatever the bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom('', 'text/html; charset=big5', 'charset=utf-16'),
        (content, type) => {
          expect(decodeBytes(content, type)).toEqual(decodeBytes(content, type))
        },
      ),
      { numRuns: 300, seed: 2 },
    )
  })
})

describe('the stage', () => {
  async function run(document: Document): Promise<Document> {
    const options = decode.options.parse({})
    const transform = await decode.create(options, testContext('.'))
    await transform.process([document])
    return document
  }
  test('records charset and source and leaves the bytes', async () => {
    const content = bytes('<p>é</p>')
    const doc = await run(new Document({ id: '1', content }))
    expect([doc.html, doc.meta, doc.content]).toEqual([
      '<p>é</p>',
      { charset: 'utf-8', charset_source: 'utf8' },
      content,
    ])
  })
  test('leaves documents that are text already', async () => {
    const doc = await run(new Document({ id: '1', text: 'x' }))
    expect([doc.html, doc.text, doc.meta]).toEqual([undefined, 'x', {}])
  })
  test('drops what cannot be decoded', async () => {
    const noise = Uint8Array.from({ length: 4000 }, (_, i) => (i % 3 === 0 ? 0xff : i % 251))
    const doc = await run(
      new Document({ id: '1', content: noise, contentType: 'text/html; charset=utf-8' }),
    )
    expect(doc.dropped ?? doc.meta.charset).toBeDefined()
    expect(replacementRatio('a\ufffd\ufffdb')).toBe(0.5)
  })
})

// line-dedup and paragraph-dedup: which parts go, by a plain count, and what is left alone.
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Document } from '@shardmill/core/document'
import type { Stage } from '@shardmill/core/stage'
import { lineDedup } from '@shardmill/stages/dedup/line-dedup'
import { paragraphDedup } from '@shardmill/stages/dedup/paragraph-dedup'
import { foldPart, isCode } from '@shardmill/stages/dedup/repeated-parts'
import { siteOf } from '@shardmill/stages/url/registered-domain'
import { applyVerdicts, runCorpus } from './run-corpus.ts'

const lines = lineDedup as unknown as Stage
const paragraphs = paragraphDedup as unknown as Stage

/** Texts after the stage; undefined for dropped documents. */
async function textsAfter(
  stage: Stage,
  options: object,
  rows: readonly { url?: string; text: string; quality?: number }[],
): Promise<(string | undefined)[]> {
  const documents = rows.map((row, i) => new Document({ id: String(i), ...row }))
  applyVerdicts(stage, await runCorpus(stage, options, documents), documents)
  return documents.map((document) => (document.isKept ? document.text : undefined))
}

const footer = 'Share this post with your friends'

/** A number in letters, so that `ignoreNumbers` does not make all pages one. */
const word = (number: number): string =>
  number.toString(26).replaceAll(/\d/g, (digit) => 'qrstuvwxyz'[Number(digit)]!)

/** A page of sixteen lines of its own, with something at the end. */
function page(number: number, end = footer, site = 'a.example.com'): { url: string; text: string } {
  const own = Array.from(
    { length: 16 },
    (_, i) => `Sentence ${word(i)} of page number ${word(number)} alone.`,
  )
  return { url: `https://${site}/${number}`, text: [...own, end].join('\n') }
}

describe('line-dedup', () => {
  test('boilerplate of a site goes from all its pages, and from no other site', async () => {
    const other = page(9, footer, 'other.org')
    const texts = await textsAfter(
      lines,
      { documents: 0 },
      [1, 2, 3, 4].map((n) => page(n)).concat(other),
    )
    expect(texts.slice(0, 4).filter((text) => text!.includes(footer))).toEqual([])
    expect(texts[4]).toBe(other.text)
    expect(texts[0]!.split('\n')).toHaveLength(16)
  })

  test('siteDocuments and siteShare are both needed', async () => {
    const three = [1, 2, 3].map((n) => page(n))
    expect(await textsAfter(lines, { documents: 0 }, three)).toEqual(three.map(({ text }) => text))
    const rare = [1, 2, 3, 4].map((n) => page(n))
    const rest = Array.from({ length: 37 }, (_, i) => page(100 + i, `An end ${i} of its own here`))
    const texts = await textsAfter(lines, { documents: 0 }, [...rare, ...rest])
    // 4 of 41 pages are less than a tenth.
    expect(texts[0]).toBe(rare[0]!.text)
    expect(
      (await textsAfter(lines, { documents: 0, siteShare: 0.09 }, [...rare, ...rest]))[0],
    ).toBe(rare[0]!.text.replace(`\n${footer}`, ''))
  })

  test('what stands in the middle of pages is no boilerplate', async () => {
    const middle = [1, 2, 3, 4, 5].map((n) => {
      const { url, text } = page(n)
      const all = text.split('\n')
      return {
        url,
        text: [...all.slice(0, 8), 'The result looks like this:', ...all.slice(8, -1)].join('\n'),
      }
    })
    const whole = middle.map(({ text }) => text)
    expect(await textsAfter(lines, { documents: 0 }, middle)).toEqual(whole)
    const anywhere = await textsAfter(lines, { documents: 0, siteEdge: 0 }, middle)
    expect(anywhere.filter((text) => text!.includes('The result'))).toEqual([])
  })

  test('repeated text stays in the best document, else the first', async () => {
    const long = '一行很长的文字，在许多文章里都出现过，一个字也没有改动，读者早已经看过了。'
    const rows = [1, 2, 3, 4].map((n) => ({
      text: `第${n}篇文章开头的一段话，只属于这一篇文章自己。\n${long}\n　　第${n}篇文章的结尾，也只属于它自己而已。`,
      quality: n === 3 ? 0.5 : 0,
    }))
    const texts = await textsAfter(lines, {}, rows)
    expect(texts.map((text) => text!.includes(long))).toEqual([false, false, true, false])
    expect(texts[0]).toBe(rows[0]!.text.replace(`${long}\n`, ''))
    const none = await textsAfter(lines, { keep: 'none' }, rows)
    expect(none.map((text) => text!.includes(long))).toEqual([false, false, false, false])
  })

  test('a refrain within one document counts once', async () => {
    const refrain = 'Row, row, row your boat, gently down the stream, merrily, merrily, merrily.'
    const song = { text: `${refrain}\nLife is but a dream.\n${refrain}\n${refrain}\n${refrain}` }
    expect(await textsAfter(lines, {}, [song])).toEqual([song.text])
  })

  test('a document of which too little is left is dropped', async () => {
    const menu = 'Home About Archive Contact Imprint Privacy Terms Login Register Search Help Blog'
    const rows = [1, 2, 3, 4].map((n) => ({ text: `${menu}\nPage ${n}` }))
    expect(await textsAfter(lines, {}, rows)).toEqual([
      rows[0]!.text,
      undefined,
      undefined,
      undefined,
    ])
  })

  test('ignoreNumbers levels counters', async () => {
    const rows = [1, 2, 3, 4].map((n) => page(n, `本文共 ${n * 1024} 次阅读`))
    expect((await textsAfter(lines, {}, rows))[0]).toBe(rows[0]!.text)
    const level = await textsAfter(lines, { ignoreNumbers: true }, rows)
    expect(level[0]).not.toContain('阅读')
  })

  test('agrees with a plain count over random documents', async () => {
    const line = fc.constantFrom(
      'one line of words that is long enough to be compared at all, twelve',
      'ONE  line of words, that is long enough to be compared at all -- twelve',
      'another line of words that is quite long enough to be compared as well',
      '这一行的文字足够长所以会被拿来比较一共有二十多个字在这里呢',
      'short',
      '',
      '\ud83d 😀',
    )
    const text = fc.array(line, { maxLength: 6 }).map((list) => list.join('\n'))
    const least = fc.integer({ min: 2, max: 4 })
    await fc.assert(
      fc.asyncProperty(fc.array(text, { maxLength: 8 }), least, async (texts, documents) => {
        const options = { siteDocuments: 0, documents, minSize: 24, minRest: 0 }
        const found = await textsAfter(
          lines,
          options,
          texts.map((one) => ({ text: one })),
        )
        const keyOf = (one: string): string => one.toLowerCase().replaceAll(/[^a-z一-鿿]/g, '')
        const holders = new Map<string, Set<number>>()
        for (const [i, one] of texts.entries()) {
          for (const part of one.split('\n')) {
            if (part.length < 20) continue
            holders.set(keyOf(part), (holders.get(keyOf(part)) ?? new Set()).add(i))
          }
        }
        for (const [i, one] of texts.entries()) {
          const expected = one.split('\n').filter((part) => {
            const all = holders.get(keyOf(part))
            return !all || all.size < documents || Math.min(...all) === i
          })
          const solid = (parts: readonly string[]): string[] => parts.filter((part) => part !== '')
          expect(solid(found[i]!.split('\n'))).toEqual(solid(expected))
        }
      }),
      { seed: 11, numRuns: 200 },
    )
  })
})

describe('paragraph-dedup', () => {
  test('lines between blank lines go together or not at all', async () => {
    const shared = `This licence text has several lines of its own,
and each of them is nothing that anybody would compare,
yet together they are thirty words and more, which is a
paragraph that two documents have in common with each other.`
    const rows = [1, 2, 3].map((n) => ({
      text: `Document ${n} begins in words of its own, it really does.\n\n${n === 3 ? shared.replace('thirty', 'forty') : shared}\n\nDocument ${n} ends.`,
    }))
    const texts = await textsAfter(paragraphs, {}, rows)
    expect(texts[0]).toBe(rows[0]!.text)
    expect(texts[1]).toBe(
      'Document 2 begins in words of its own, it really does.\n\nDocument 2 ends.',
    )
    expect(texts[2]).toBe(rows[2]!.text)
  })
})

test.each([
  ['Ｈｅｌｌｏ,  World!', false, 'hello world'],
  ['「你好」——世界。', false, '你好 世界'],
  ['Page 3 of 10', true, 'page 0 of 0'],
  ['2020-01-02', true, '0'],
  ['----', false, ''],
])('folds %j (numbers ignored: %s) to %j', (text, ignoresNumbers, folded) => {
  expect(foldPart(text, ignoresNumbers)).toBe(folded)
})

test.each([
  ['    return 0;', true],
  ['int main() {', true],
  ['#include <stdio.h>', true],
  ['<html lang="en">', true],
  ['// a comment', true],
  ['r.interactive()', true],
  ['  * @author chain', true],
  ['Share this post', false],
  ['转载请注明出处。', false],
  ['— an em dash begins', false],
  ['(in brackets)', false],
])('%j is code: %s', (text, expected) => expect(isCode(text)).toBe(expected))

test.each([
  ['https://www.example.co.uk/a', 'example.co.uk'],
  ['http://blog.user.github.io:80/x', 'user.github.io'],
  ['https://github.io/', 'github.io'],
  ['https://a.b.example.com', 'example.com'],
  ['http://10.0.0.1/x', '10.0.0.1'],
  ['file:page.html', ''],
  ['', ''],
])('site of %j is %j', (url, site) => expect(siteOf(url)).toBe(site))

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Document } from '@shardmill/core/document'
import { ConfigError } from '@shardmill/core/errors'
import { splitUrl } from '@shardmill/stages/url/url-parts'
import { urlFilter } from '@shardmill/stages/url/url-filter'
import { testContext } from './run-fixture.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'url-filter-'))
  const category = join(folder, 'ut1', 'adult')
  mkdirSync(category, { recursive: true })
  writeFileSync(join(category, 'domains'), 'Bad.com\nsub.mixed.org\n10.0.0.1\ngithub.io\nco.uk\n')
  writeFileSync(join(category, 'urls'), 'fine.com/bad/\nwww.fine.com/other?x=1\n')
  writeFileSync(join(category, 'expressions'), '(^|[-./])casino([-./]|$)\n')
  writeFileSync(join(category, 'usage'), 'black\n')
  writeFileSync(
    join(folder, 'plain.txt'),
    '\ufeff# comment\n! adblock\n\n0.0.0.0 hosts.net # why\r\n127.0.0.1\tlocal.net\n||ads.net^$third-party\n*.wild.net\nhttps://one.net/Page/\n例子.cn\n0.0.0.0.bad line\nlast.net',
  )
})
afterAll(() => rmSync(folder, { recursive: true }))

async function reasonOf(url: string, options: object): Promise<string | undefined> {
  const doc = new Document({ id: '1', url })
  const transform = await urlFilter.create(urlFilter.options.parse(options), testContext(folder))
  await transform.process([doc])
  return doc.quarantined?.error ?? doc.dropped?.reason
}

describe('a UT1 folder', () => {
  test.each([
    ['http://bad.com/', 'blocked-domain'],
    ['HTTP://WWW.BAD.COM:8080/x', 'blocked-domain'],
    ['http://deep.er.bad.com.', 'blocked-domain'],
    ['http://notbad.com/', undefined],
    ['http://bad.com.evil.net/', undefined],
    ['http://sub.mixed.org/', 'blocked-domain'],
    ['http://mixed.org/', undefined],
    ['http://10.0.0.1/x', 'blocked-domain'],
    ['http://user:pw@bad.com/', 'blocked-domain'],
    ['http://fine.com/bad', 'blocked-url'],
    ['https://www.fine.com/bad/below', 'blocked-url'],
    ['http://fine.com/BAD?x', 'blocked-url'],
    ['http://fine.com/b%61d', 'blocked-url'],
    ['http://fine.com/badly', undefined],
    ['http://fine.com/other?x=1&y=2', 'blocked-url'],
    ['http://fine.com/best-Casino-x', 'blocked-path'],
    ['http://github.io/', 'blocked-domain'],
    ['http://somebody.github.io/', undefined],
    ['http://shop.co.uk/', undefined],
  ])('%s: %s', async (url, reason) => {
    expect(await reasonOf(url, { lists: ['ut1'] })).toBe(reason)
  })
})

describe('a plain list', () => {
  test.each([
    ['http://hosts.net/', 'blocked-domain'],
    ['http://local.net/', 'blocked-domain'],
    ['http://x.ads.net/', 'blocked-domain'],
    ['http://any.wild.net/', 'blocked-domain'],
    ['http://one.net/page', 'blocked-url'],
    ['http://one.net/', undefined],
    ['http://例子.cn/中文', 'blocked-domain'],
    ['http://xn--fsqu00a.cn/', 'blocked-domain'],
    ['http://last.net/', 'blocked-domain'],
    ['http://comment/', undefined],
  ])('%s: %s', async (url, reason) => {
    expect(await reasonOf(url, { lists: ['plain.txt'] })).toBe(reason)
  })
})

test('exact addresses block nothing below them', async () => {
  const options = { lists: ['ut1'], addresses: 'exact' }
  expect(await reasonOf('http://fine.com/bad/', options)).toBe('blocked-url')
  expect(await reasonOf('http://fine.com/bad/below', options)).toBeUndefined()
})

describe('words', () => {
  const options = { hardWords: ['Porn', '色情'], softWords: ['adult', 'sex', 'teen'] }
  test.each([
    ['http://e.com/Porn', 'hard-word'],
    ['http://e.com/p%6Frn/x', 'hard-word'],
    ['http://porn.e.com/', 'hard-word'],
    ['http://e.com/popcorn-pornography', undefined],
    ['http://e.com/wo-%E8%89%B2%E6%83%85.html', 'hard-word'],
    ['http://e.com/sex-education', undefined],
    ['http://e.com/sex-sex', undefined],
    ['http://e.com/adult_TEEN', 'soft-words'],
    ['http://essex.e.com/adultery', undefined],
  ])('%s: %s', async (url, reason) => {
    expect(await reasonOf(url, options)).toBe(reason)
  })
})

describe('odd URLs', () => {
  test.each([
    ['', {}, undefined],
    ['', { withoutUrl: 'drop' }, 'no-url'],
    ['file:///home/a.html', {}, undefined],
    ['file:///home/a.html', { withoutUrl: 'drop' }, 'no-url'],
    ['http://', {}, 'bad-url'],
    ['http://exa mple.com/', {}, 'bad-url'],
    ['nonsense', {}, 'bad-url'],
    ['nonsense', { badUrl: 'keep' }, undefined],
    ['e.com/a', { block: ['e.com'] }, 'blocked-domain'],
    ['http://[::1]/a', {}, undefined],
    ['http://e.com/\ud800', { block: ['e.com'] }, 'blocked-domain'],
    ['http://e.com/a', { block: ['e.com'], allow: ['e.com/a'] }, undefined],
    ['http://e.com/x/y', { paths: ['/x/\\w$'] }, 'blocked-path'],
  ])('%j %j: %s', async (url, options, reason) => {
    expect(await reasonOf(url, options)).toBe(reason)
  })
})

test('a plain URL is cut as the URL parser cuts it', () => {
  const urls = [
    'http://E.com',
    'http://e.com/A/b?C=d#f',
    'http://www.e.com:81/a/',
    'https://e.com?x=1',
    'http://e.com/a//b/',
    'http://a_b.e.com/',
    'http://e.com/a?b=c/',
    'http://e.com./',
  ]
  for (const url of urls) {
    // A tab is dropped by the parser and sends the URL the slow way.
    expect(splitUrl(url), url).toEqual(splitUrl(`${url.slice(0, 9)}\t${url.slice(9)}`))
  }
})

test('a missing list and a faulty pattern are told before any document', async () => {
  await expect(reasonOf('', { lists: ['none.txt'] })).rejects.toThrow(ConfigError)
  await expect(reasonOf('', { paths: ['('] })).rejects.toThrow(/`paths` has a faulty pattern/)
})

test('its lists belong to the cache key', () => {
  const options = urlFilter.options.parse({ lists: ['a'], allowLists: ['b'] })
  expect(urlFilter.files?.(options)).toEqual(['a', 'b'])
})

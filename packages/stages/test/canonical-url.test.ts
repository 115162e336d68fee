import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createCanonicalUrl, trackingParameters } from '@shardmill/stages/url/canonical-url'

const all = {
  dropParameters: trackingParameters,
  dropFragment: true,
  sortQuery: true,
  dropTrailingSlash: true,
  dropIndexFile: true,
  ignoreScheme: true,
  dropWww: true,
}
const canonical = createCanonicalUrl(all)

describe('one spelling', () => {
  test.each([
    ['HTTP://Example.COM/a', 'http://example.com/a'],
    ['https://example.com:443/a', 'http://example.com/a'],
    ['http://example.com:80/a', 'http://example.com/a'],
    ['http://example.com:8080/a', 'http://example.com:8080/a'],
    ['https://example.com:80/a', 'https://example.com:80/a'],
    ['http://www.example.com./a/', 'http://example.com/a'],
    ['http://www.com/', 'http://www.com/'],
    ['http://example.com', 'http://example.com/'],
    ['http://example.com/index.html', 'http://example.com/'],
    ['http://example.com/a/Index.PHP?x=1#top', 'http://example.com/a?x=1'],
    ['http://example.com/reindex.html', 'http://example.com/reindex.html'],
    ['http://example.com/a/../b/./c', 'http://example.com/b/c'],
    ['http://example.com/%7euser/%e4%b8%ad', 'http://example.com/~user/%E4%B8%AD'],
    ['http://example.com/中', 'http://example.com/%E4%B8%AD'],
    ['http://例子.测试/', 'http://xn--fsqu00a.xn--0zwm56d/'],
    ['http://e.com/p?b=2&a=1&utm_source=x&UTM_Medium=y', 'http://e.com/p?a=1&b=2'],
    ['http://e.com/p?gclid=1&fbclid=2&spm=a.b.c', 'http://e.com/p'],
    ['http://e.com/p?a=2&b=0&a=1', 'http://e.com/p?a=2&a=1&b=0'],
    ['http://e.com/p;jsessionid=ABC?q=1', 'http://e.com/p?q=1'],
    ['http://e.com/Path?Q=Case', 'http://e.com/Path?Q=Case'],
    ['http://e.com/?q=a+b%20c', 'http://e.com/?q=a+b%20c'],
    [' http://e.com/a ', 'http://e.com/a'],
    ['not a url', 'not a url'],
    ['', ''],
  ])('%s', (url, expected) => {
    expect(canonical(url)).toBe(expected)
  })

  test('each option can be turned off', () => {
    const url = 'https://www.e.com/a/index.html?b=1&a=2&utm_source=z#top'
    const off = { ...all, dropParameters: [], dropFragment: false, sortQuery: false }
    expect(createCanonicalUrl({ ...off, dropIndexFile: false, ignoreScheme: false })(url)).toBe(
      'https://e.com/a/index.html?b=1&a=2&utm_source=z#top',
    )
    expect(createCanonicalUrl({ ...all, dropTrailingSlash: false, dropWww: false })(url)).toBe(
      'http://www.e.com/a/?a=2&b=1',
    )
  })
})

const piece = fc.stringMatching(/^[a-zA-Z0-9%.~;=&?#/_ 中é-]{0,12}$/)
const escape = fc.constantFrom(
  '%41',
  '%2f',
  '%e4',
  '%',
  '%25',
  '%%34%31',
  '%7E',
  'index.html',
  '//',
)
const anyUrl = fc
  .tuple(
    fc.constantFrom('http://', 'HTTPS://', 'http://user:pw@', 'ftp://'),
    fc.constantFrom('e.com', 'WWW.Ex.org', 'www.www.de', '中文.cn', '1.2.3.4', '[::1]'),
    fc.constantFrom('', ':80', ':443', ':8080'),
    fc.array(fc.oneof(piece, escape), { maxLength: 6 }),
  )
  .map(([scheme, host, port, rest]) => `${scheme}${host}${port}/${rest.join('')}`)

test('canonicalising twice changes nothing', () => {
  fc.assert(
    fc.property(anyUrl, (url) => {
      const once = canonical(url)
      expect(canonical(once)).toBe(once)
    }),
    { seed: 7, numRuns: 3000 },
  )
})

test('tracking parameters, parameter order and case of the host never matter', () => {
  const pair = fc.stringMatching(/^[a-d]=[0-9]$/)
  fc.assert(
    fc.property(fc.uniqueArray(pair, { selector: (p) => p[0], maxLength: 4 }), (pairs) => {
      const plain = canonical(`http://e.com/p?${pairs.join('&')}`)
      const tracked = ['gclid=5', ...pairs.toReversed(), 'utm_campaign=x'].join('&')
      expect(canonical(`https://WWW.E.com:443/p?${tracked}#f`)).toBe(plain)
    }),
    { seed: 7 },
  )
})

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Document } from '@shardmill/core/document'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { html } from '@shardmill/stages/extract/html'
import { toCheerio } from '@shardmill/stages/extract/html/cheerio-view'
import { scan } from '@shardmill/stages/extract/html/scan'
import { testContext } from '../run-fixture.ts'

describe('the cheerio view', () => {
  test('has the elements, attributes and text of the page', () => {
    const $ = toCheerio(
      scan('<div id="a" class="x y"><p>1 &amp; 2<p>3<script>a<b</script></div><x-y>z'),
    )
    expect(
      $('#a.y > p')
        .map((_, p) => $(p).text())
        .get(),
    ).toEqual(['1 & 2', '3a<b'])
    expect($('x-y').text()).toBe('z')
    expect($('p').first().next().prev().text()).toBe('1 & 2')
  })
  test('can be of one element only', () => {
    const $ = toCheerio(scan('<p>1</p><div><p>2</p></div>'), 2)
    expect($('p').text()).toBe('2')
  })
  test('does not recurse into deep pages', () => {
    const $ = toCheerio(scan(`${'<i>'.repeat(50_000)}x`))
    expect($('i').length).toBe(50_000)
  })
})

describe('site rules', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'shardmill-rules-'))
    writeFileSync(
      join(folder, 'blog.mjs'),
      `export const hosts = ['example.org']\nexport default ($) => { $('.ad').remove(); return $('.post, .note') }\n`,
    )
    writeFileSync(
      join(folder, 'drop.mjs'),
      `export default ($) => $('.login').length > 0 ? null : undefined\n`,
    )
    writeFileSync(join(folder, 'bad.mjs'), `export const rule = 1\n`)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  async function run(url: string, page: string): Promise<Document> {
    const options = html.options.parse({ rules: ['blog.mjs', 'drop.mjs'], minChars: 0 })
    const transform = await html.create(options, testContext(folder))
    const doc = new Document({ id: '1', url })
    doc.html = page
    await transform.process([doc])
    return doc
  }
  test('choose the content of their hosts', async () => {
    const doc = await run(
      'https://www.example.org/1',
      '<p>x</p><div class="post"><h2>a</h2><p class="ad">b</p><p>c</p></div><p class="note">d</p>',
    )
    expect(doc.text).toBe('a\n\nc\n\nd')
  })
  test('leave other hosts alone', async () => {
    const doc = await run(
      'https://example.com/1',
      '<article><p>The tide rises twice a day, and every harbour keeps a table of it, with heights and hours.</p></article>',
    )
    expect(doc.text).toContain('The tide rises')
  })
  test('may drop a page', async () => {
    const doc = await run('https://example.com/1', '<form class="login">x</form>')
    expect(doc.dropped).toEqual({ stage: 'html', reason: 'site-rule' })
  })
  test('say what is wrong with them', async () => {
    const options = html.options.parse({ rules: ['bad.mjs'] })
    await expect(async () => html.create(options, testContext(folder))).rejects.toThrow(
      /bad\.mjs has no default export/,
    )
    const missing = html.options.parse({ rules: ['none.mjs'] })
    await expect(async () => html.create(missing, testContext(folder))).rejects.toThrow(
      /cannot load the site rule .*none\.mjs/,
    )
  })
})

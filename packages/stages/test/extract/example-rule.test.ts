import { Document } from '@shardmill/core/document'
import { expect, test } from 'vitest'
import { html } from '@shardmill/stages/extract/html'
import { testContext } from '../run-fixture.ts'

test('the example rule under pipelines/ works', async () => {
  const root = new URL('../../../..', import.meta.url).pathname
  const options = html.options.parse({ rules: ['pipelines/rules/tide-notes.mjs'] })
  const transform = await html.create(options, testContext(root))
  const doc = new Document({ id: '1', url: 'https://www.tide-notes.example/2024/moon' })
  doc.html =
    '<article><h1>x</h1><div class="post-body"><p>The moon pulls on the sea.</p><p class="share">Share</p></div></article>'
  await transform.process([doc])
  expect(doc.text).toBe('The moon pulls on the sea.')
})

// Makes the tiny language models of the perplexity tests from the articles in corpora/written:
//   node packages/stages/scripts/ngram-fixtures.mjs
// Running it again gives the same bytes.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../..', import.meta.url))
for (const lang of ['zh', 'en']) {
  const output = `packages/stages/test/models/${lang}.ngram`
  const options = ['--order', '2', '--quantize', '8', '--hold-out', '0.3', '--discount-fallback']
  const inputs = [`corpora/written/${lang}`, '--documents', 'paragraph', '--output', output]
  const command = ['packages/cli/bin/shardmill.js', 'pipeline', 'ngram', 'train']
  execFileSync('node', [...command, ...inputs, ...options], { cwd: root, stdio: 'inherit' })
}

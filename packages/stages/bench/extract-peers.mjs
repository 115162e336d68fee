// Runs JavaScript extractors over a development set; one row per page with its CPU time.
//   node packages/stages/bench/extract-peers.mjs ROWS.jsonl OUT.jsonl readability|dom-smoothie MODULES
// MODULES is a folder with @mozilla/readability, linkedom@0.18.12 and dom-smoothie-js installed: they
// are no dependencies of this project.
import { createReadStream, createWriteStream } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { buildStale } from '../../cli/build.js'

await buildStale()
const { htmlToText } = await import('../dist/extract/html/html-to-text.js')
const [source, target, name, modules] = process.argv.slice(2)
const require = createRequire(join(resolve(modules), 'index.js'))
const load = (id) => import(pathToFileURL(require.resolve(id)))

async function extractor() {
  if (name === 'readability') {
    const { Readability } = (await load('@mozilla/readability')).default
    const { parseHTML } = await load('linkedom')
    return (html) => new Readability(parseHTML(html).document).parse()?.content ?? ''
  }
  const smoothie = await load('dom-smoothie-js')
  const { Readability } = smoothie.default ?? smoothie
  return (html) => new Readability(html, 'https://example.org/').parse().content
}

const extract = await extractor()
const out = createWriteStream(target)
for await (const line of createInterface({ input: createReadStream(source) })) {
  const row = JSON.parse(line)
  let content = ''
  let error
  const start = process.cpuUsage()
  try {
    content = extract(row.html)
  } catch (cause) {
    error = String(cause)
  }
  const { user, system } = process.cpuUsage(start)
  const text = htmlToText(content)
  out.write(
    `${JSON.stringify({ id: row.id, text, ms: (user + system) / 1000, chars: row.html.length, error })}\n`,
  )
}
out.end()

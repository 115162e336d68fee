// Languages per site after extraction and repair, for folders of saved HTML pages.
//   node packages/stages/bench/blog-languages.mjs --sites DIR [--pages 150]
// Every folder of DIR with a `+` in its name is a site; pages are taken evenly spread over its files.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildStale } from '../../cli/build.js'

await buildStale()
const { stages } = await import('@shardmill/stages')
const { Document } = await import('@shardmill/core')
const { values } = parseArgs({
  options: { sites: { type: 'string' }, pages: { type: 'string', default: '150' } },
})
if (!values.sites) throw new Error('blog languages: give --sites')
const context = {
  count() {},
  beat() {},
  path: (path) => path,
  signal: new AbortController().signal,
  seed: 1,
  scratch: '',
}
const chain = []
for (const name of ['decode', 'html', 'repair', 'language-id', 'chinese-spam']) {
  const stage = await stages[name]()
  const options = name === 'chinese-spam' ? { maxScore: 1 } : {}
  chain.push(await stage.create(stage.options.parse(options), context))
}

for (const site of readdirSync(values.sites)
  .filter((name) => name.includes('+'))
  .toSorted()) {
  const files = readdirSync(join(values.sites, site), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.html'))
    .toSorted((a, b) => (a < b ? -1 : 1))
  const step = Math.max(1, Math.floor(files.length / Number(values.pages)))
  const shares = {}
  const examples = {}
  const notes = {}
  let pages = 0
  for (let i = 0; i < files.length && pages < Number(values.pages); i += step) {
    const content = readFileSync(join(values.sites, site, files[i]))
    const doc = new Document({ id: files[i], content, contentType: 'text/html' })
    for (const stage of chain) if (doc.isKept) await stage.process([doc])
    pages++
    const lang = doc.quarantined
      ? 'quarantined'
      : doc.dropped
        ? `dropped:${doc.dropped.reason}`
        : doc.lang
    shares[lang] = (shares[lang] ?? 0) + 1
    if (!lang.startsWith('zh-Hans'))
      examples[lang] ??=
        `${files[i].slice(-50)}: ${doc.text.slice(0, 70).replaceAll('\n', ' ')} (${doc.langScore} ${doc.meta.lang_mix ?? ''})`
    for (const key of ['mojibake', 'readings'])
      if (doc.meta[key] !== undefined)
        notes[`${key} ${doc.meta[key]}`] = (notes[`${key} ${doc.meta[key]}`] ?? 0) + 1
    if (doc.meta.zh_spam > 0.4) notes.spam = (notes.spam ?? 0) + 1
  }
  const line = Object.entries(shares)
    .toSorted((a, b) => b[1] - a[1])
    .map(([lang, n]) => `${lang} ${((100 * n) / pages).toFixed(0)} %`)
    .join(', ')
  console.log(
    `${site.split('+')[1]}: ${pages} pages: ${line} ${Object.keys(notes).length > 0 ? JSON.stringify(notes) : ''}`,
  )
  for (const [lang, example] of Object.entries(examples)) console.log(`    ${lang}  ${example}`)
}

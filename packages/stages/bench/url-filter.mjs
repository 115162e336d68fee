// url-filter on real block lists: time and memory to read them, whether every entry blocks itself,
// and time per URL.
//
//   node packages/stages/bench/url-filter.mjs LISTS URLS
//
// LISTS: a UT1 folder (or any list). URLS: JSON lines with a `url` each, e.g. a crawl's truth.jsonl.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Document } from '../../core/dist/document.js'
import { createCanonicalUrl } from '../dist/url/canonical-url.js'
import { urlDedup } from '../dist/url/url-dedup.js'
import { urlFilter } from '../dist/url/url-filter.js'
import { readUrlLists } from '../dist/url/url-lists.js'

const [lists, urlsPath] = process.argv.slice(2)
if (urlsPath === undefined) {
  console.log('usage: node packages/stages/bench/url-filter.mjs LISTS URLS')
} else {
  const context = {
    signal: new AbortController().signal,
    seed: 1,
    scratch: '',
    count() {},
    beat() {},
    path: (path) => path,
  }
  const filterBy = (options) => urlFilter.create(urlFilter.options.parse(options), context)
  let start = cpuSeconds()
  const { domains, addresses, expressions } = readUrlLists([lists])
  console.log(
    `${domains.count} domains, ${addresses.count} addresses, ${expressions.length} expressions: read in ${(cpuSeconds() - start).toFixed(2)} s, ${((domains.byteLength + addresses.byteLength) / (domains.count + addresses.count)).toFixed(1)} bytes per entry`,
  )

  const entries = listEntries(lists)
  const own = entries.map((entry) => new Document({ id: entry, url: `http://${entry}` }))
  await (await filterBy({ lists: [lists] })).process(own)
  console.log(
    `${own.filter(({ isKept }) => !isKept).length} of ${own.length} entries block themselves`,
  )

  const urls = readFileSync(urlsPath, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).url)
  const cases = {
    'no lists': {},
    'all lists': { lists: [lists] },
    'words too': {
      lists: [lists],
      hardWords: ['porn', 'xxx'],
      softWords: ['adult', 'sex', 'teen'],
    },
  }
  for (const [name, options] of Object.entries(cases)) {
    const filter = await filterBy(options)
    await perUrl(urls, (batch) => filter.process(batch))
    console.log(
      `${name}: ${(await perUrl(urls, (batch) => filter.process(batch))).toFixed(2)} us per URL`,
    )
  }
  const canonical = createCanonicalUrl(urlDedup.options.parse({}))
  start = cpuSeconds()
  for (let round = 0; round < 20; round++) for (const url of urls) canonical(url)
  console.log(
    `canonical URL: ${(((cpuSeconds() - start) / 20 / urls.length) * 1e6).toFixed(2)} us per URL`,
  )
}

function listEntries(folder) {
  return readdirSync(folder)
    .flatMap((category) => ['domains', 'urls'].map((file) => join(folder, category, file)))
    .filter((path) => existsSync(path))
    .flatMap((path) => readFileSync(path, 'utf8').split('\n').filter(Boolean))
}

async function perUrl(urls, handle) {
  let seconds = 0
  for (let round = 0; round < 20; round++) {
    const batch = urls.map((url) => new Document({ id: '', url }))
    const start = cpuSeconds()
    await handle(batch)
    seconds += cpuSeconds() - start
  }
  return (seconds / 20 / urls.length) * 1e6
}

function cpuSeconds() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

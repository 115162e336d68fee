// Pages made to break extractors, and pages broken at random.
//   node packages/stages/bench/extract-hostile.mjs [--fuzz ROWS.jsonl] [--mutations 100000] [--seed 11]
// First table: CPU time of one page each; limit 1 s. With --fuzz only pages of ROWS cut to 4-40 kB and
// damaged by 1 to 20 random edits (bytes flipped, ranges deleted, repeated, swapped, tags inserted);
// limits: no throw, valid Unicode, at most 20 ms of CPU per 100 kB (pages under 20 kB count as 20 kB).
// Pages over the limit are timed three times more at the end and the least counts, so that compiling the
// code, garbage of other pages or a busy machine do not, and a page that is slow by itself does.
import { parseArgs } from 'node:util'
import { buildStale } from '../../cli/build.js'
import { readRows } from './extract-rows.mjs'

await buildStale()
const { extractPage } = await import('../dist/extract/html/extract-page.js')
const { seeded } = await import('@shardmill/core/random')
const { values } = parseArgs({
  options: {
    fuzz: { type: 'string' },
    mutations: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '11' },
  },
})

const sentence = 'The tide rises twice a day, and every harbour keeps a table of it. '
const article = `<h1>Tides</h1>${`<p>${sentence.repeat(4)}</p>`.repeat(10)}`
const hostile = {
  '100k nested div': '<div>'.repeat(100_000) + article,
  '100k nested div, closed': '<div>'.repeat(100_000) + article + '</div>'.repeat(100_000),
  '100k nested b': '<b>'.repeat(100_000) + article,
  '100k nested table': '<table><tr><td>'.repeat(100_000) + article,
  '100k nested ul li': '<ul><li>x'.repeat(100_000) + article,
  '100k attributes': `<div ${Array.from({ length: 100_000 }, (_, i) => `a${i}="v${i}"`).join(' ')}>${article}</div>`,
  '100k class words': `<div class="${Array.from({ length: 100_000 }, (_, i) => `word${i}`).join(' ')}">${article}</div>`,
  '50 MB of English in one p': `<p>${sentence.repeat(780_000)}</p>`,
  '45 MB of Chinese in one p': `<p>${'潮汐每天涨落两次，港口都有潮汐表。'.repeat(2_800_000)}</p>`,
  '5k misnested b i p': '<b><i><p>text </b></i>'.repeat(5000) + article,
  '100k misnested': '<b><i><p>text </b></i></p>'.repeat(100_000) + article,
  'unclosed script': `${article}<script>var x = "${'y'.repeat(1_000_000)}`,
  '100k unclosed scripts': '<script>x'.repeat(100_000) + article,
  '100k unclosed comments': '<!-- x '.repeat(100_000) + article,
  '100k unclosed quotes': '<a href="x>link'.repeat(100_000) + article,
  '1 M stray end tags': '</div></p></td></b>'.repeat(250_000) + article,
  '1 M less-than signs': '< '.repeat(1_000_000) + article,
  '2 M bare less-than signs': '<'.repeat(2_000_000) + article,
  '5 MB of NUL': '\0'.repeat(5_000_000) + article,
  '10 MB of entities': `<p>${'&amp;&#x4e2d;&notit;&CounterClockwiseContourIntegral;'.repeat(200_000)}</p>`,
  '10 MB of ampersands': `<p>${'&'.repeat(10_000_000)}</p>`,
  '2 M lone surrogates': `<p>${'\ud800x'.repeat(1_000_000)}</p>`,
  '500k blocks': '<p>a</p>'.repeat(500_000),
  '200k linked blocks': '<li><a href="/x">Menu item</a></li>'.repeat(200_000) + article,
  '1 M breaks': 'word<br>'.repeat(500_000),
  '100k meta': '<meta name="a" content="b">'.repeat(100_000) + article,
  '20k JSON-LD':
    `<script type="application/ld+json">${'['.repeat(20_000)}</script>`.repeat(20) + article,
  '100k data table rows': `<table>${'<tr><td>a</td><td>b</td></tr>'.repeat(100_000)}</table>`,
  '100k ordered items': `<ol>${'<li>item text here'.repeat(100_000)}</ol>`,
  '20k pre lines': `<pre>${'code line<br>'.repeat(100_000)}</pre>`,
  '10k nested noscript': '<noscript>'.repeat(10_000) + article,
  '40k equal posts, quoted': `${'<div class="post">'.repeat(200)}${`<div class="quote"><p>${sentence}</p></div>`.repeat(40_000)}`,
  '20k second headlines': `<title>${sentence}</title><h1>${sentence}</h1>${article}${'<div><h1>Another</h1>'.repeat(20_000)}`,
  '30k short lists': `<article>${`<p>${sentence}</p><ul><li>${sentence}<li>x</ul>`.repeat(30_000)}`,
}

const cpu = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
for (let i = 0; i < 20; i++) extractPage(article)
if (values.fuzz) await fuzz(values.fuzz, Number(values.mutations), Number(values.seed))
else timeHostile()

function timeHostile() {
  let worst = 0
  for (const [name, page] of Object.entries(hostile)) {
    const start = cpu()
    const { text } = extractPage(page)
    const ms = cpu() - start
    worst = Math.max(worst, ms)
    const memory = (process.memoryUsage().rss / 2 ** 20).toFixed(0)
    process.stdout.write(
      `${ms > 1000 ? 'SLOW' : 'ok  '} ${ms.toFixed(0).padStart(6)} ms  ${name.padEnd(28)} ${(page.length / 1e6).toFixed(1).padStart(5)} MB  text ${text.length}  rss ${memory} MB\n`,
    )
  }
  process.stdout.write(`slowest ${worst.toFixed(0)} ms\n`)
}

async function fuzz(path, mutations, seed) {
  const sources = []
  for await (const row of readRows(path)) if (sources.length < 400) sources.push(row.html)
  const random = seeded(seed)
  const tags = [
    '<div>',
    '</div>',
    '<p',
    '<script>',
    '</script',
    '<!--',
    '-->',
    '<table><td>',
    '"',
    "'",
    '<',
    '>',
    '&#',
    '\0',
    '\ud800',
    '<svg>',
    '<noscript>',
    '<ul><li>',
    '</li>',
    '<a href=',
  ]
  const time = (page) => {
    const start = cpu()
    const { text } = extractPage(page)
    return { ms: cpu() - start, text }
  }
  const limitOf = (page) => (Math.max(20_000, page.length) / 100_000) * 20
  const msPer100kB = (ms, page) => (ms * 100_000) / Math.max(20_000, page.length)
  const suspects = []
  let slowest = 0
  let invalid = 0
  const began = cpu()
  let chars = 0
  for (let i = 0; i < mutations; i++) {
    const source = sources[random.below(sources.length)]
    const length = 4000 + random.below(36_000)
    const from = random.below(Math.max(1, source.length - length))
    let page = source.slice(from, from + length)
    for (let edit = random.below(20); edit >= 0; edit--) {
      const at = random.below(page.length + 1)
      const to = at + random.below(500)
      const kind = random.below(5)
      if (kind === 0) page = page.slice(0, at) + page.slice(to)
      else if (kind === 1)
        page = page.slice(0, at) + page.slice(at, to).repeat(1 + random.below(4)) + page.slice(at)
      else if (kind === 2)
        page = page.slice(0, at) + String.fromCharCode(random.below(65_536)) + page.slice(at + 1)
      else
        page =
          page.slice(0, at) +
          tags[random.below(tags.length)].repeat(1 + random.below(10)) +
          page.slice(at)
    }
    chars += page.length
    const { ms, text } = time(page)
    if (ms > limitOf(page)) suspects.push({ i, page })
    else slowest = Math.max(slowest, msPer100kB(ms, page))
    if (
      !text.isWellFormed?.() &&
      /[\ud800-\udfff]/.test(text.replace(/[\ud800-\udbff][\udc00-\udfff]/g, ''))
    )
      invalid++
  }
  const seconds = (cpu() - began) / 1000
  const slow = []
  let slowestAgain = 0
  for (const { i, page } of suspects) {
    const ms = Math.min(...Array.from({ length: 3 }, () => time(page).ms))
    slowestAgain = Math.max(slowestAgain, msPer100kB(ms, page))
    if (ms > limitOf(page)) slow.push({ i, ms, length: page.length })
  }
  process.stdout.write(
    `seed ${seed}: ${mutations} mutated pages: no throw, ${invalid} invalid, ${suspects.length} over the limit at first, ${slow.length} by themselves, slowest ${slowestAgain.toFixed(1)} ms per 100 kB by itself and ${slowest.toFixed(1)} of the others at first, ${(chars / 1e6 / seconds).toFixed(1)} MB/s with mutating\n`,
  )
  for (const each of slow.slice(0, 5)) process.stdout.write(`  ${JSON.stringify(each)}\n`)
}

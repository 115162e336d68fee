// Builds a benchmark crawl of a wanted size from Debian documentation packages: real pages in many
// languages, some of them again as exact copies, edited copies, other addresses, legacy charsets and
// damaged records, with a truth line for each (fields as in corpora/sample/README.md).
// Seeded: same packages, size and seed give the same records. Memory: one page at a time and the
// list of files.
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { encodeLegacy } from '../../../corpora/build/legacy-encode.mjs'
import { createRandom } from '../../../corpora/build/random.mjs'
import { malformedRecords, requestRecord } from '../../../corpora/build/raw-records.mjs'
import { crawlPages, readPage } from './crawl-pages.mjs'
import { CrawlWriter } from './crawl-writer.mjs'
import { editedCopy } from './edited-copy.mjs'

const help = `usage: node test/bench/crawl/build-crawl.mjs --output FOLDER [options]

  --size MB            uncompressed page bytes to reach, 1 to 1000 (default 50)
  --files N            WARC files to spread the records over (default 4)
  --seed N             default 1
  --chinese-share P    share of pages drawn from Chinese sources, 0 to 1 (default 0.3)
  --edited P           share of pages that are edited copies of earlier ones (default 0.05)
  --copies P           the same for exact copies at another host (default 0.03)
  --addresses P        the same for other spellings of the address (default 0.03)
  --cache FOLDER       where packages are kept (default .bench; about 2 GB)

Needs Debian 12: packages come by apt-get download and are unpacked by dpkg -x. Writes
crawl-00.warc.gz …, truth.jsonl and crawl.json (what it was made from).
`

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h' },
    output: { type: 'string' },
    size: { type: 'string', default: '50' },
    files: { type: 'string', default: '4' },
    seed: { type: 'string', default: '1' },
    'chinese-share': { type: 'string', default: '0.3' },
    edited: { type: 'string', default: '0.05' },
    copies: { type: 'string', default: '0.03' },
    addresses: { type: 'string', default: '0.03' },
    cache: { type: 'string', default: '.bench' },
  },
})
if (values.help || values.output === undefined) {
  console.log(help)
  process.exitCode = values.help ? 0 : 2
} else {
  await build(values)
}

async function build(options) {
  const wanted = Number(options.size) * 1e6
  const random = createRandom(Number(options.seed))
  const { pools, packages } = crawlPages(resolve(options.cache), random)
  const output = new CrawlWriter(options.output, Number(options.files))
  // Earlier pages that copies are made of; a bounded window keeps memory flat.
  const recent = []
  const next = pageSource(pools, Number(options['chinese-share']), random)
  let malformed = 0
  while (output.pageBytes < wanted) {
    const draw = random.next()
    const shares = [Number(options.edited), Number(options.copies), Number(options.addresses)]
    const original = recent.length > 0 ? recent[random.below(recent.length)] : undefined
    if (original !== undefined && draw < shares[0]) {
      await output.response(editedCopy(original, output.count, random))
    } else if (original !== undefined && draw < shares[0] + shares[1]) {
      await output.response(exactCopy(original, output.count))
    } else if (original !== undefined && draw < shares[0] + shares[1] + shares[2]) {
      await output.response(otherAddress(original, output.count, random))
    } else if (draw > 0.99 && original !== undefined) {
      const page = { ...original, url: `${original.url}?broken=${malformed}` }
      const damaged = malformedRecords([page], output.count)
      await output.record(damaged[malformed++ % damaged.length])
    } else {
      const page = dress(next(), random)
      await output.response(page)
      if (draw > 0.95) await output.record(requestRecord(page, output.count))
      if (recent.length < 400) recent.push(page)
      else recent[random.below(recent.length)] = page
    }
  }
  await output.close()
  const summary = { ...options, cache: undefined, packages, ...output.summary() }
  writeFileSync(join(options.output, 'crawl.json'), `${JSON.stringify(summary, undefined, 2)}\n`)
  console.log(JSON.stringify(output.summary()))
}

/** A function that gives the next page: from the Chinese pool with probability `share`. */
function pageSource(pools, share, random) {
  const at = { chinese: 0, other: 0 }
  return () => {
    const name = random.next() < share && pools.chinese.length > 0 ? 'chinese' : 'other'
    const pool = pools[name]
    const index = at[name]++
    const page = readPage(pool[index % pool.length])
    const round = Math.floor(index / pool.length)
    // Every page was used once: the next round is another edition of it, which the truth tells.
    return round === 0 ? page : editedCopy(page, round, random)
  }
}

/** How a page is served: its charset, label, coding and framing. */
function dress(page, random) {
  const coding = ['identity', 'identity', 'identity', 'gzip', 'gzip', 'br', 'deflate'][
    random.below(7)
  ]
  const dressed = { ...page, coding, chunked: random.next() < 0.2 }
  const isUtf8 = page.charset === 'utf-8' && page.body.length < 400_000
  const draw = random.next()
  if (!isUtf8 || draw > 0.08) return dressed
  const charset = { zh: 'gb18030', ja: 'shift_jis', ko: 'euc-kr' }[page.lang] ?? 'windows-1252'
  const html = page.body.toString('utf8').replaceAll(/charset=("?)utf-8/gi, `charset=$1${charset}`)
  const isLabelled = draw < 0.06
  return {
    ...dressed,
    body: encodeLegacy(html, charset),
    charset,
    kind: isLabelled ? page.kind : 'wrong-charset',
    contentType: isLabelled ? `text/html; charset=${charset}` : 'text/html; charset=utf-8',
  }
}

function exactCopy(page, number) {
  const { pathname, search } = new URL(page.url)
  return copyOf(
    page,
    `http://copy${number % 97}.example${pathname}${search}`,
    'exact-copy',
    'duplicate-text',
  )
}

function otherAddress(page, number, random) {
  const joiner = page.url.includes('?') ? '&' : '?'
  const url = [
    `${page.url}${joiner}utm_source=feed&utm_id=${number}`,
    `${page.url}#section-${number}`,
    `${page.url}${joiner}gclid=${number}`,
  ][random.below(3)]
  return copyOf(page, url, 'duplicate-url', 'duplicate-url')
}

function copyOf(page, url, kind, reason) {
  return {
    ...page,
    url,
    kind,
    reason,
    expect: 'drop',
    duplicateOf: page.duplicateOf ?? page.id,
    id: undefined,
  }
}

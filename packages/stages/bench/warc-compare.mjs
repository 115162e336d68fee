// Reads every archive below a folder with our reader and with warcio (PyPI), side by side.
//
//   node packages/stages/bench/warc-compare.mjs FOLDER PYTHON [PAGES]
//
// FOLDER  archives of any kind; PYTHON  an interpreter that has warcio and brotli
// PAGES   a folder of HTML files, packed into a .warc.gz for the speed table (optional)
//
// Prints one line per file whose records or page contents differ, a summary, and speeds in MB per
// CPU second. A record of ours is an item that is not mere damage between records.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { buildStale } from '../../cli/build.js'

const [folder, python, pages] = process.argv.slice(2)
if (!folder || !python) {
  console.error('usage: warc-compare.mjs FOLDER PYTHON [PAGES]')
  process.exit(2)
}
await buildStale()
const { warc } = await import('@shardmill/stages/read/warc')
const { wacz } = await import('@shardmill/stages/read/wacz')
const script = fileURLToPath(new URL('warc-compare.py', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'warc-compare-'))
const context = {
  signal: new AbortController().signal,
  seed: 0,
  scratch,
  count() {},
  beat() {},
  path: (path) => path,
}
/** Not records: what lies between them, or a file's end. */
const damage = new Set([
  'no-record-header',
  'cut-member',
  'bad-member',
  'bad-member-checksum',
  'not-gzip',
])

async function readOurs(path) {
  const format = path.endsWith('.wacz') ? wacz : warc
  const result = { records: 0, reasons: {}, pages: [], error: null }
  const fileBytes = statSync(path).size
  const options = format.options.parse({})
  try {
    for await (const batch of format.read(
      { path, start: 0, end: fileBytes, fileBytes },
      options,
      context,
    )) {
      for (const item of batch) {
        const reason = 'skipped' in item ? item.skipped : 'document'
        result.reasons[reason] = (result.reasons[reason] ?? 0) + 1
        if (!damage.has(reason)) result.records++
        if (reason !== 'document') continue
        const content = item.content ?? Buffer.from(item.text)
        const md5 = createHash('md5').update(content).digest('hex')
        result.pages.push([item.id, content.length, md5])
      }
    }
  } catch (error) {
    result.error = `${error.name}: ${error.message}`
  }
  return result
}

function readTheirs(paths) {
  const out = execFileSync(python, [script, ...paths], { encoding: 'utf8', maxBuffer: 1 << 28 })
  return out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

/** Pages of one side that the other has not, by content. */
function missing(of, from) {
  const counts = new Map()
  for (const [, , md5] of from) counts.set(md5, (counts.get(md5) ?? 0) + 1)
  return of.filter(([, , md5]) => {
    const left = counts.get(md5) ?? 0
    counts.set(md5, left - 1)
    return left <= 0
  })
}

const isArchive = /\.(?:w?arc)(?:\.wet|\.wat|\.txt)?(?:\.gz|\.lz4)?(?:\.bad)?$|\.wacz$/
const files = readdirSync(folder, { recursive: true })
  .map((name) => join(folder, name))
  .filter((path) => isArchive.test(path) && statSync(path).isFile())
  .toSorted()
const theirs = readTheirs(files)
const totals = { files: files.length, equal: 0, records: 0, theirs: 0, pages: 0, equalPages: 0 }
for (const [i, path] of files.entries()) {
  const ours = await readOurs(path)
  const other = theirs[i]
  totals.records += ours.records
  totals.theirs += other.records
  totals.pages += other.pages.filter(([, bytes]) => bytes > 0).length
  const lost = missing(
    other.pages.filter(([, bytes]) => bytes > 0), // ours are skipped as empty-body
    ours.pages,
  )
  const extra = missing(ours.pages, other.pages)
  totals.equalPages += other.pages.filter(([, bytes]) => bytes > 0).length - lost.length
  if (ours.records === other.records && !other.error && !ours.error && lost.length === 0) {
    totals.equal++
    if (extra.length === 0) continue
  }
  const [repository] = path.slice(folder.length).replace(/^\//, '').split('/')
  console.log(`${repository} … ${path.split('/').at(-1)}`)
  console.log(
    `   records ${ours.records} : ${other.records}   pages lost ${lost.length}, extra ${extra.length}`,
  )
  console.log(`   ours   ${ours.error ?? JSON.stringify(ours.reasons)}`)
  console.log(`   warcio ${JSON.stringify(other.types)} ${other.error ?? ''}`)
  for (const [name, bytes] of lost) console.log(`   lost   ${name} ${bytes} bytes`)
  for (const [name, bytes] of extra) console.log(`   extra  ${name} ${bytes} bytes`)
}
console.log(JSON.stringify(totals))

async function speed(label, paths, rounds) {
  const compressed = (paths.reduce((sum, path) => sum + statSync(path).size, 0) * rounds) / 1e6
  const start = process.cpuUsage()
  let payload = 0
  for (let round = 0; round < rounds; round++) {
    for (const path of paths) {
      const fileBytes = statSync(path).size
      const segment = { path, start: 0, end: fileBytes, fileBytes }
      for await (const batch of warc.read(segment, warc.options.parse({}), context)) {
        for (const item of batch) if (!('skipped' in item)) payload += item.content?.length ?? 0
      }
    }
  }
  const { user, system } = process.cpuUsage(start)
  const ours = (user + system) / 1e6
  const out = execFileSync(python, [script, '--rounds', String(rounds), ...paths], {
    encoding: 'utf8',
  })
  const other = JSON.parse(out)
  const row = (name, seconds, bytes) =>
    `${label} ${name}: ${(compressed / seconds).toFixed(0)} MB/s compressed, ${(bytes / 1e6 / seconds).toFixed(0)} MB/s payload`
  console.log(row('ours', ours, payload))
  console.log(row('warcio', other.seconds, other.payload))
  console.log(`${label} ratio: ${(other.seconds / ours).toFixed(1)}`)
}

/** Packs HTML files into a WARC compressed by record. */
function packPages(root, target, maxBytes) {
  const out = openSync(target, 'w')
  let total = 0
  for (const name of readdirSync(root, { recursive: true }).toSorted((a, b) => (a < b ? -1 : 1))) {
    if (!/\.html?$/.test(name) || total > maxBytes) continue
    const path = join(root, name)
    if (!statSync(path).isFile()) continue
    const body = readFileSync(path)
    const block = Buffer.concat([
      Buffer.from('HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n'),
      body,
    ])
    const header = `WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:${total}>\r\nWARC-Target-URI: http://a.example/${encodeURI(name)}\r\nWARC-Date: 2024-01-01T00:00:00Z\r\nContent-Type: application/http; msgtype=response\r\nContent-Length: ${block.length}\r\n\r\n`
    writeSync(out, gzipSync(Buffer.concat([Buffer.from(header), block, Buffer.from('\r\n\r\n')])))
    total += body.length
  }
  closeSync(out)
}

const sound = files.filter((path, i) => path.endsWith('warc.gz') && !theirs[i].error)
await speed('folder', sound, 3)
if (pages) {
  const packed = join(scratch, 'pages.warc.gz')
  packPages(pages, packed, 150e6)
  await speed('pages', [packed], 2)
}
rmSync(scratch, { recursive: true })

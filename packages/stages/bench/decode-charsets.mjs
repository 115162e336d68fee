// How many re-encoded pages `decode` recovers exactly.
//   node packages/stages/bench/decode-charsets.mjs zh.txt ja.txt ko.txt de.txt
// Each file has a sentence a line (zh: paragraphs of simplified Chinese). Pages of 3 to 40 sentences in an
// English template are encoded in each charset and declared right in <meta>, right in the header,
// wrong (as UTF-8, as Latin-1, as another set of the region), right but after 20,000 bytes, or not at all.
import { readFileSync } from 'node:fs'
import { createMultibyteEncoder } from '@exodus/bytes/multi-byte.js'
import { createSinglebyteEncoder } from '@exodus/bytes/single-byte.js'
import { buildStale } from '../../cli/build.js'

await buildStale()
const { decodeBytes } = await import('../dist/extract/decode.js')
const { seeded } = await import('@shardmill/core/random')
const { convertVariant } = await import('@shardmill/tokenizer/language/convert')

const pagesPerCell = 200
const [zh, ja, ko, de] = process.argv.slice(2, 6).map((path) =>
  readFileSync(path, 'utf8')
    .split('\n')
    .map((line) => line.trim().slice(0, 400))
    .filter((line) => line.length > 10)
    .slice(0, 20_000),
)
const hant = zh.slice(0, 4000).map((line) => convertVariant(line, 's2tw'))

const charsets = [
  ['gb18030', zh, 'multi', 'big5'],
  ['gbk', zh, 'multi', 'big5'],
  ['big5', hant, 'multi', 'gbk'],
  ['shift_jis', ja, 'multi', 'euc-jp'],
  ['euc-jp', ja, 'multi', 'shift_jis'],
  ['euc-kr', ko, 'multi', 'gbk'],
  ['windows-1252', de, 'single', 'windows-1251'],
]

function pageOf(sentences, random, meta, padding) {
  const count = 3 + random.below(38)
  const paragraphs = Array.from(
    { length: count },
    () => `<p>${sentences[random.below(sentences.length)]}</p>`,
  )
  return `<!doctype html><html><head>${padding}${meta}<title>${sentences[random.below(sentences.length)].slice(0, 20)}</title></head><body><nav><a href="/">Home</a> <a href="/about">About</a></nav>\n${paragraphs.join('\n')}\n<footer>Copyright 2020</footer></body></html>`
}

const cells = (charset, other) => ({
  meta: { meta: `<meta charset="${charset}">` },
  header: { header: `text/html; charset=${charset}` },
  'wrong utf-8': { meta: '<meta charset="utf-8">' },
  'wrong latin-1': { header: 'text/html; charset=ISO-8859-1' },
  'wrong region': { meta: `<meta charset="${other}">` },
  late: {
    meta: `<meta http-equiv="Content-Type" content="text/html; charset=${charset}">`,
    padding: `<script>${'var x = 1;'.repeat(2000)}</script>`,
  },
  undeclared: {},
})

let all = 0
let right = 0
for (const [charset, sentences, kind, other] of charsets) {
  const encode =
    kind === 'multi'
      ? createMultibyteEncoder(charset)
      : createSinglebyteEncoder(charset, { mode: 'fatal' })
  const encodable = sentences.filter((line) => {
    try {
      return encode(line).some((byte) => byte > 127)
    } catch {
      return false
    }
  })
  const line = []
  for (const [cell, { meta = '', header = '', padding = '' }] of Object.entries(
    cells(charset, other),
  )) {
    const random = seeded(7)
    let hits = 0
    for (let i = 0; i < pagesPerCell; i++) {
      const page = pageOf(encodable, random, meta, padding)
      if (decodeBytes(encode(page), header).html === page) hits++
    }
    all += pagesPerCell
    right += hits
    line.push(`${cell} ${((100 * hits) / pagesPerCell).toFixed(1)}`)
  }
  process.stdout.write(
    `${charset.padEnd(13)} ${String(encodable.length).padStart(6)} sentences  ${line.join('  ')}\n`,
  )
}
process.stdout.write(`all ${((100 * right) / all).toFixed(2)} % of ${all} pages\n`)

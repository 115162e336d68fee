// Builds corpora/sample from pinned packages and the hand-written pages of corpora/written.
// Same versions, same bytes: no clock, no locale, one seed. Needs Debian 12 (apt, dpkg), npm, tar.
//
//   node corpora/build-sample.mjs [--cache .bench] [--output corpora/sample]
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readArticles } from './build/articles.mjs'
import { oddPages } from './build/odd-pages.mjs'
import { packagePages, pins } from './build/package-pages.mjs'
import { unpackPackage } from './build/packages.mjs'
import {
  conversionRecord,
  malformedRecords,
  metadataRecord,
  requestRecord,
  resourceRecord,
  revisitRecord,
} from './build/raw-records.mjs'
import { createRandom, shuffle } from './build/random.mjs'
import { articlePage, exactCopy, reEncoded, takenOver, urlVariants } from './build/variants.mjs'
import {
  gzipMember,
  httpResponse,
  recordBytes,
  recordDate,
  recordHeaders,
  recordId,
} from './build/warc-records.mjs'

const root = new URL('..', import.meta.url).pathname
const { values } = parseArgs({
  options: {
    cache: { type: 'string', default: join(root, '.bench') },
    output: { type: 'string', default: join(root, 'corpora/sample') },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (values.help) {
  console.log('usage: node corpora/build-sample.mjs [--cache FOLDER] [--output FOLDER]')
} else {
  const folders = Object.fromEntries(
    pins.map((pin) => [pin.name, unpackPackage(pin, values.cache)]),
  )
  const records = sampleRecords(folders)
  mkdirSync(values.output, { recursive: true })
  const warc = Buffer.concat(records.map(({ bytes }) => gzipMember(bytes)))
  writeFileSync(join(values.output, 'sample.warc.gz'), warc)
  const truths = records.flatMap(({ truth }) => (truth === undefined ? [] : [truthLine(truth)]))
  writeFileSync(join(values.output, 'truth.jsonl'), truths.join(''))
  const plain = createHash('sha256')
  for (const { bytes } of records) plain.update(bytes)
  console.log(
    `${records.length} records, ${warc.length} bytes, SHA-256 of the records ${plain.digest('hex')}`,
  )
}

/** All records in file order: originals and other records shuffled, copies after their originals. */
function sampleRecords(folders) {
  const random = createRandom(20260301)
  const { originals, copies } = samplePages(folders, random)
  const ordered = shuffle(originals, random)
  for (const copy of copies) {
    const after = ordered.findIndex(({ url }) => url === copy.duplicateOf) + 1
    ordered.splice(after + random.below(ordered.length - after + 1), 0, copy)
  }
  const seen = new Map()
  for (const page of ordered) {
    const nth = seen.get(page.url) ?? 0
    seen.set(page.url, nth + 1)
    page.id = recordId(`response ${page.url} ${nth}`)
  }
  const ids = new Map(ordered.toReversed().map(({ url, id }) => [url, id]))
  for (const page of ordered)
    if (page.duplicateOf !== undefined)
      page.duplicateOf = ids.get(page.duplicateOf).replace('urn:uuid:', '')
  return withOtherRecords(ordered)
}

function samplePages(folders, random) {
  const articles = readArticles(join(root, 'corpora/written'))
  const pages = [...packagePages(folders, random), ...oddPages()]
  const originals = pages.filter(({ duplicateOf }) => duplicateOf === undefined)
  const copies = pages.filter(({ duplicateOf }) => duplicateOf !== undefined)
  const written = articles.map((article, i) => {
    const inLang = articles.filter(({ lang }) => lang === article.lang)
    const siteKey = article.lang === 'en' ? `en-${article.site}` : article.site
    const options = articleCharset(article, i)
    const page = {
      ...articlePage(article, siteKey, inLang, random, options),
      ...(options.kind === undefined ? {} : { kind: options.kind }),
      ...transport(i),
    }
    if (options.contentType !== undefined) page.contentType = options.contentType
    return { article, siteKey, inLang, page }
  })
  originals.push(...written.map(({ page }) => page))
  const plain = shuffle(
    written.filter(({ page }) => page.charset === 'utf-8' && page.kind !== 'wrong-charset'),
    random,
  )
  plain.slice(0, 12).forEach(({ page }, i) => {
    const han = page.script === 'Hant' ? 'big5' : 'gb18030'
    const latin = i % 2 === 0 ? 'windows-1252' : 'utf-16le'
    const charset = { zh: han, ja: 'shift_jis', en: latin }[page.lang]
    copies.push(reEncoded(page, page.body.toString(), charset, `mirror${i + 1}.example`))
  })
  plain.slice(12, 16).forEach(({ page }) => copies.push(...urlVariants(page).slice(0, 4)))
  plain.slice(16, 22).forEach(({ page }, i) => copies.push(exactCopy(page, `copy${i + 1}.example`)))
  const isTaken = ({ article, page }) => page.lang !== 'ja' && article.lang !== 'zh-hant'
  written
    .filter(isTaken)
    .slice(3, 23)
    .forEach(({ article, inLang, page }, i) => {
      if (i % 2 === 1) return
      const edits =
        article.lang === 'en'
          ? [
              ['about', 'roughly'],
              ['However', 'But'],
              ['people', 'folk'],
            ]
          : [
              ['但是', '不过'],
              ['非常', '十分'],
              ['已经', '早已'],
            ]
      copies.push(
        takenOver(
          page,
          article,
          article.lang === 'en' ? 'en-culture' : 'culture',
          inLang,
          random,
          edits,
        ),
      )
    })
  return { originals, copies }
}

/** Charset and label of article number `i`: most are UTF-8, some legacy, some mislabelled. */
function articleCharset(article, i) {
  if (article.lang === 'zh-hant') return i % 2 === 0 ? { charset: 'big5' } : {}
  if (article.lang === 'ja') return i % 2 === 0 ? { charset: 'shift_jis', header: 'none' } : {}
  if (article.site === 'culture' && article.lang === 'zh')
    return { charset: 'gb18030', header: 'none' }
  if (article.site === 'finance' && article.lang === 'zh') return { charset: 'gbk' }
  if (article.lang === 'zh' && i % 6 === 2)
    return { charset: 'gb18030', kind: 'wrong-charset', contentType: 'text/html; charset=utf-8' }
  if (article.lang === 'zh' && i % 6 === 4)
    return { kind: 'wrong-charset', contentType: 'text/html; charset=ISO-8859-1' }
  return {}
}

/** How article number `i` came over the wire. */
function transport(i) {
  return [
    {},
    { coding: 'gzip' },
    { chunked: true },
    { coding: 'gzip', chunked: true },
    { coding: 'br' },
    { coding: 'deflate' },
  ][i % 6]
}

function withOtherRecords(pages) {
  const good = pages.filter(({ kind }) => kind === 'article')
  const broken = malformedRecords(good, 5000)
  const records = [infoRecord()]
  pages.forEach((page, i) => {
    records.push(responseRecord(page, i))
    if (i % 24 === 3) records.push(requestRecord(page, i))
    if (i % 48 === 5) records.push(metadataRecord(page, i))
    if (i % 90 === 7) records.push(revisitRecord(page, i))
    if (i % 30 === 11 && broken.length > 0) records.push(broken.shift())
  })
  records.push(...broken)
  records.push(
    ...extraDocuments().map((page, i) =>
      (page.contentType === 'text/plain' ? conversionRecord : resourceRecord)(page, 6000 + i),
    ),
  )
  return records
}

/** The two document types that are not HTTP responses. */
function extraDocuments() {
  const fields = { kind: 'article', charset: 'utf-8', expect: 'keep' }
  const html =
    '<html lang="en"><head><title>Notes on a stone wall</title></head><body><p>A dry stone wall has no mortar in it, and so it has to be built in such a way that every stone would rather stay where it is. The wall behind our house was built in the eighteenth century and fell down, in one place, in the winter of 2019. I was told that it would take a week to repair. It took me two summers, because I had to learn how.</p><p>The first rule is that you should never pick up a stone twice. If you have chosen it, find a place for it, because otherwise you will spend the whole day carrying the same forty stones about. The second is that the joints must be crossed: one stone over two, and two stones over one. The third is that the middle of the wall, which nobody will ever see, matters more than the face.</p></body></html>'
  const text =
    '一条河的名字\n\n我们村口的那条河，地图上叫三号排水渠，村里人叫它饮马河。据老人说，从前有一支队伍路过这里，在河边饮过马，名字就这样留了下来。至于是哪一朝的队伍，要去哪里，打赢了没有，谁也说不清楚。\n\n前年修路，河改了道，从村东绕到了村西，河床用水泥抹得平平整整。孩子们不再下河摸鱼，因为已经没有鱼了。可是大人们约见面的地方，还是说“饮马河边上”，新来的快递员找了半天，最后停在一条干涸的沟旁边，打电话问：你们说的河在哪里？\n'
  return [
    {
      ...fields,
      url: 'file:///notes/stone-wall.html',
      body: Buffer.from(html),
      contentType: 'text/html',
      lang: 'en',
    },
    {
      ...fields,
      url: 'http://wenji.example/he.html',
      body: Buffer.from(text),
      contentType: 'text/plain',
      lang: 'zh',
    },
  ].map((page) => ({ ...page, id: recordId(page.url) }))
}

function infoRecord() {
  const block = Buffer.from(
    'software: corpora/build-sample.mjs\r\nformat: WARC File Format 1.0\r\ndescription: sample corpus of Shardmill, origins in README.md\r\n',
  )
  const headers = recordHeaders({
    type: 'warcinfo',
    id: recordId('warcinfo'),
    date: recordDate(0),
    contentType: 'application/warc-fields',
    block,
    extra: [['WARC-Filename', 'sample.warc.gz']],
  })
  return { bytes: recordBytes({ headers, block }) }
}

function responseRecord(page, index) {
  const block = httpResponse(page)
  const headers = recordHeaders({
    type: 'response',
    id: page.id,
    date: recordDate(index),
    url: page.url,
    contentType: 'application/http; msgtype=response',
    block,
    payload: page.body,
  })
  return { bytes: recordBytes({ headers, block }), truth: page }
}

function truthLine({
  id,
  url,
  kind,
  lang,
  script,
  charset,
  expect,
  reason,
  duplicateOf,
  similarity,
  damage,
  personal,
  source,
}) {
  return `${JSON.stringify({ id: id.replace('urn:uuid:', ''), url, kind, lang, script, charset, expect, reason, duplicateOf, similarity, damage, personal, source })}\n`
}

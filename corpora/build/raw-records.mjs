// Records around and between the responses: requests, metadata, revisits, other document types, and
// records that are damaged in the ways readers must survive.
import {
  gzipMember,
  httpResponse,
  recordBytes,
  recordDate,
  recordHeaders,
  recordId,
} from './warc-records.mjs'

/** { bytes, truth? } of the request that led to `page`. */
export function requestRecord(page, index) {
  const { host, pathname, search } = new URL(page.url)
  const block = Buffer.from(
    `GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: samplebot\r\nAccept: */*\r\n\r\n`,
  )
  return plain('request', page.url, index, block, 'application/http; msgtype=request', [
    ['WARC-Concurrent-To', `<${page.id}>`],
  ])
}

export function metadataRecord(page, index) {
  const block = Buffer.from(
    `fetchTimeMs: ${100 + (index % 400)}\r\ncharset-detected: ${page.charset}\r\n\r\n`,
  )
  return plain('metadata', page.url, index, block, 'application/warc-fields', [
    ['WARC-Concurrent-To', `<${page.id}>`],
  ])
}

export function revisitRecord(page, index) {
  const block = Buffer.from('HTTP/1.1 304 Not Modified\r\nServer: nginx\r\n\r\n')
  return plain('revisit', page.url, index, block, 'application/http; msgtype=response', [
    ['WARC-Profile', 'http://netpreserve.org/warc/1.0/revisit/identical-payload-digest'],
    ['WARC-Refers-To', `<${page.id}>`],
  ])
}

/** A page stored without HTTP headers. */
export function resourceRecord(page, index) {
  return plain('resource', page.url, index, page.body, page.contentType, [], page)
}

/** A page stored as the text another tool made of it (WET). */
export function conversionRecord(page, index) {
  return plain('conversion', page.url, index, page.body, 'text/plain', [], page)
}

function plain(type, url, index, block, contentType, extra, page) {
  const id = page?.id ?? recordId(`${type} ${url} ${index}`)
  const headers = recordHeaders({
    type,
    id,
    date: recordDate(index),
    url,
    contentType,
    block,
    extra,
  })
  const truth = page ?? {
    id,
    url,
    kind: type,
    lang: '',
    charset: '',
    expect: 'drop',
    reason: `skipped:${type}`,
  }
  return { bytes: recordBytes({ headers, block }), truth }
}

// What can be wrong with a record; each gets { headers, block } and returns the bytes.
const recordDamages = {
  'length-not-a-number': (record) => recordBytes({ ...record, declaredLength: 'many' }),
  'length-missing': (record) => replaceOnce(recordBytes(record), /\r\nContent-Length: \d+/, ''),
  'length-too-long': (record) =>
    recordBytes({ ...record, declaredLength: String(record.block.length + 5000) }),
  'length-too-short': (record) =>
    recordBytes({ ...record, declaredLength: String(record.block.length - 300) }),
  'no-version-line': (record) => recordBytes({ ...record, version: 'WRAC/1.0' }),
  'headers-are-noise': ({ block }) =>
    Buffer.concat([
      Buffer.from('WARC/1.0\r\n\0\x01 no colon\r\n\xff\xfe\r\n\r\n', 'latin1'),
      block,
    ]),
  'record-cut': (record) => recordBytes(record).subarray(0, 700),
  'http-status-line-broken': ({ headers, block }) =>
    recordBytes({ headers, block: replaceOnce(block, 'HTTP/1.1 200 OK', 'HTTQ 200') }),
}

// What can be wrong with a response inside a sound record; each gets a page.
const responseDamages = {
  'chunk-size-broken': (page) =>
    replaceOnce(httpResponse({ ...page, chunked: true }), '\r\n\r\n1000\r\n', '\r\n\r\nzzzz\r\n'),
  'chunked-but-not': (page) =>
    replaceOnce(httpResponse(page), /Content-Length: \d+/, 'Transfer-Encoding: chunked'),
  'gzip-cut': (page) => coded(page, gzipMember(page.body).subarray(0, 900), 'gzip'),
  'gzip-but-plain': (page) => coded(page, page.body, 'gzip'),
  'br-but-noise': (page) => coded(page, Buffer.from(page.body.map((byte) => byte ^ 0x5a)), 'br'),
  'unknown-coding': (page) => coded(page, page.body, 'x-snappy-framed'),
}

function coded(page, body, coding) {
  return httpResponse({ ...page, body, extra: [['Content-Encoding', coding]] })
}

/** Damaged records about good pages; what is wrong is the truth's `damage`. */
export function malformedRecords(pages, startIndex) {
  const names = [...Object.keys(recordDamages), ...Object.keys(responseDamages)]
  return names.map((damage, i) => {
    const page = { ...pages[i % pages.length], coding: 'identity', chunked: false }
    const url = page.url.replace(/^https?:\/\/[^/]+/, `http://broken${i + 1}.example`)
    const id = recordId(`malformed ${damage} ${url}`)
    const block = (responseDamages[damage] ?? httpResponse)(page)
    const headers = recordHeaders({
      type: 'response',
      id,
      date: recordDate(startIndex + i),
      url,
      contentType: 'application/http; msgtype=response',
      block,
    })
    const { lang, charset } = page
    return {
      bytes: (recordDamages[damage] ?? recordBytes)({ headers, block }),
      // Whether a reader can mend it is the reader's business.
      truth: { id, url, kind: 'malformed', lang, charset, expect: 'either', damage },
    }
  })
}

function replaceOnce(bytes, from, to) {
  return Buffer.from(bytes.toString('latin1').replace(from, to), 'latin1')
}

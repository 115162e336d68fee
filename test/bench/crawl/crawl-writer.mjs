// Writes the records of a crawl over several WARC files, one gzip member each, and their truth.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import {
  httpResponse,
  recordBytes,
  recordDate,
  recordHeaders,
  recordId,
} from '../../../corpora/build/warc-records.mjs'

export class CrawlWriter {
  count = 0
  pageBytes = 0
  #files
  #truth
  #kinds = {}
  #digest = createHash('sha256')

  constructor(folder, files) {
    mkdirSync(folder, { recursive: true })
    const name = (i) => join(folder, `crawl-${String(i).padStart(2, '0')}.warc.gz`)
    this.#files = Array.from({ length: files }, (_, i) => createWriteStream(name(i)))
    this.#truth = createWriteStream(join(folder, 'truth.jsonl'))
  }

  async response(page) {
    page.id ??= recordId(`response ${page.url} ${this.count}`)
    const block = httpResponse(page)
    const headers = recordHeaders({
      type: 'response',
      id: page.id,
      date: recordDate(this.count),
      url: page.url,
      contentType: 'application/http; msgtype=response',
      block,
      payload: page.body,
    })
    this.pageBytes += page.body.length
    await this.record({ bytes: recordBytes({ headers, block }), truth: page })
  }

  async record({ bytes, truth }) {
    const file = this.#files[this.count % this.#files.length]
    this.#digest.update(bytes)
    await write(file, gzipSync(bytes))
    await write(this.#truth, truthLine(truth))
    this.#kinds[truth.kind] = (this.#kinds[truth.kind] ?? 0) + 1
    this.count++
  }

  async close() {
    for (const stream of [...this.#files, this.#truth]) {
      stream.end()
      await once(stream, 'finish')
    }
  }

  summary() {
    const digest = this.#digest.copy().digest('hex')
    return { records: this.count, pageBytes: this.pageBytes, kinds: this.#kinds, digest }
  }
}

async function write(stream, bytes) {
  if (!stream.write(bytes)) await once(stream, 'drain')
}

function truthLine(truth) {
  const bare = (id) => id?.replace('urn:uuid:', '')
  const { url, kind, lang, charset, expect, reason, similarity, damage } = truth
  const ids = { id: bare(truth.id), duplicateOf: bare(truth.duplicateOf) }
  return `${JSON.stringify({ id: ids.id, url, kind, lang, charset, expect, reason, duplicateOf: ids.duplicateOf, similarity, damage })}\n`
}

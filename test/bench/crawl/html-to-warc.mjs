// Turns folders of HTML files (a mirrored site, a static blog) into one WARC file, a gzip member per
// page, with addresses made of a prefix and the paths. Same files, same bytes.
import { createWriteStream, readFileSync } from 'node:fs'
import { once } from 'node:events'
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { htmlFiles } from '../../../corpora/build/package-pages.mjs'
import {
  gzipMember,
  httpResponse,
  recordBytes,
  recordDate,
  recordHeaders,
  recordId,
} from '../../../corpora/build/warc-records.mjs'

const help = `usage: node test/bench/crawl/html-to-warc.mjs FOLDER... --output FILE.warc.gz [options]

  --origin URL     prefix of all addresses; default http://<folder name>/
  --charset NAME   put into the HTTP header; default none, so that pages speak for themselves
  --max-mb MB      stop after so many bytes of pages
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    help: { type: 'boolean', short: 'h' },
    output: { type: 'string' },
    origin: { type: 'string' },
    charset: { type: 'string' },
    'max-mb': { type: 'string', default: 'Infinity' },
  },
})
if (values.help || values.output === undefined || positionals.length === 0) {
  console.log(help)
  process.exitCode = values.help ? 0 : 2
} else {
  await convert(positionals, values)
}

async function convert(folders, options) {
  const output = createWriteStream(options.output)
  const contentType =
    options.charset === undefined ? 'text/html' : `text/html; charset=${options.charset}`
  let [count, bytes] = [0, 0]
  for (const folder of folders) {
    const origin =
      options.origin ??
      `http://${basename(resolve(folder))
        .toLowerCase()
        .replaceAll(/[^a-z0-9.-]/g, '-')}/`
    for (const file of htmlFiles(folder, 1, Infinity)) {
      if (bytes >= Number(options['max-mb']) * 1e6) break
      const body = readFileSync(join(folder, file))
      const url = origin + file.split('/').map(encodeURIComponent).join('/')
      const block = httpResponse({ body, contentType })
      const headers = recordHeaders({
        type: 'response',
        id: recordId(url),
        date: recordDate(count),
        url,
        contentType: 'application/http; msgtype=response',
        block,
        payload: body,
      })
      if (!output.write(gzipMember(recordBytes({ headers, block })))) await once(output, 'drain')
      count++
      bytes += body.length
    }
  }
  output.end()
  await once(output, 'finish')
  console.log(`${count} pages, ${bytes} bytes`)
}

// `pipeline extract`: what the html stage makes of one page, and why. Prints text, page type and scores;
// --html writes a page that colours every block by its probability of being main content.
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { ConfigError, InputError, type Document } from '@shardmill/core'
import type { ExplainedPage } from '@shardmill/stages/extract/html/extract-page'
import { idleContext } from '../../idle-context.ts'

interface Source {
  readonly html: string
  readonly url: string
  /** Charset and where it was found. */
  readonly charset: string
}

/** Extracts one HTML file, or the record of a WARC file with the given URL. */
export async function extract(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      html: { type: 'string' },
      url: { type: 'string' },
      format: { type: 'string', default: 'text' },
      scores: { type: 'boolean', default: false },
    },
  })
  const [path, wanted] = positionals
  if (path === undefined || positionals.length > 2) {
    throw new ConfigError('extract: expected an HTML file, or a WARC file and a URL in it', {
      hint: 'see --help',
    })
  }
  const { format } = values
  if (format !== 'text' && format !== 'markdown') {
    throw new ConfigError(`extract: --format must be text or markdown, got \`${format}\``)
  }
  const source = await readSource(path, wanted, values.url)
  const { defaultSettings, explainPage } =
    await import('@shardmill/stages/extract/html/extract-page')
  const { explainHtml, scoreLines } = await import('@shardmill/stages/extract/html/explain')
  const page = explainPage(source.html, { ...defaultSettings, format }, source.url)
  if (values.html !== undefined) writeFileSync(values.html, explainHtml(page, source.url))
  process.stdout.write(`${summary(page, source)}\n\n${page.text}\n`)
  if (values.scores) process.stdout.write(`\n${scoreLines(page).join('\n')}\n`)
  return 0
}

function summary(page: ExplainedPage, source: Source): string {
  const { analysis, type, keep, reason, metadata } = page
  const kept = keep.reduce((sum, each) => sum + each, 0)
  const lines = [
    `url      ${source.url || '-'}`,
    `charset  ${source.charset}`,
    `type     ${type}${reason === undefined ? '' : `, dropped: ${reason}`}`,
    `blocks   ${kept} of ${analysis.blocks.count} kept`,
    ...Object.entries(metadata).map(([key, value]) => `${key.padEnd(8)} ${String(value)}`),
  ]
  return lines.join('\n')
}

async function readSource(path: string, wanted?: string, url = ''): Promise<Source> {
  const { decodeBytes } = await import('@shardmill/stages/extract/decode')
  if (!/\.warc(?:\.\w+)?$/i.test(path)) {
    const { html, charset, source } = decodeBytes(readFileSync(path))
    return { html, url: url || (wanted ?? ''), charset: `${charset} (${source})` }
  }
  if (wanted === undefined) {
    throw new ConfigError(`extract: ${path} is an archive; which page?`, {
      hint: 'pipeline extract FILE.warc.gz https://...',
    })
  }
  const document = await findRecord(path, wanted)
  const { html, charset, source } = decodeBytes(
    document.content ?? new Uint8Array(0),
    document.contentType,
  )
  return { html, url: document.url, charset: `${charset} (${source})` }
}

/** The first record of the archive with this URL. */
async function findRecord(path: string, url: string): Promise<Document> {
  const { warc } = await import('@shardmill/stages/read/warc')
  const { isDocument } = await import('@shardmill/stages/read/format')
  const fileBytes = statSync(path).size
  const segment = { path, start: 0, end: fileBytes, fileBytes }
  for await (const items of warc.read(segment, warc.options.parse({}), idleContext)) {
    for (const item of items) if (isDocument(item) && item.url === url) return item
  }
  throw new InputError(`extract: no record of ${url} in ${path}`)
}

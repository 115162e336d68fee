// MediaWiki XML dumps (export format 0.3 to 0.11), one document per article: namespace 0, no
// redirects, the last revision, wikitext turned to plain text. Plain, .bz2, .gz or .zst.
//
// A dump is machine-made XML in which `<page>` occurs nowhere but at the start of a page (text is
// escaped), so pages are cut out by searching for it instead of parsing 100 GB of XML. Plain files
// are split at pages; .bz2 files at streams (Wikipedia's multistream dumps have one per 100 pages):
// a page belongs to the segment in which its stream begins.
// Memory: the largest page, at most `maxRecordBytes`. Cost: bzip2, then about 40 MB/s.
import { Document } from '@shardmill/core/document'
import { InputError } from '@shardmill/core/errors'
import { decodeXML } from 'entities'
import { z } from 'zod'
import { Batcher } from './batches.ts'
import { ByteWindow } from './byte-window.ts'
import { Bzip2Source, streamMark } from './bzip2-source.ts'
import { compressionOf, openDecoded, type DecodedSource } from './decoded-source.ts'
import { FileBytes } from './file-bytes.ts'
import type { Format, ReadItem, Segment } from './format.ts'
import { formatEndings } from './format-of.ts'
import { LookAhead } from './look-ahead.ts'
import { wikitextToText } from './wikitext.ts'

const mediawikiOptions = z.strictObject({
  namespaces: z
    .array(z.int())
    .default([0])
    .describe('Namespaces that become documents; 0 holds the articles.'),
  variants: z
    .array(z.string())
    .default(['zh-hans', 'zh-cn', 'zh', 'zh-hant', 'zh-tw', 'zh-hk'])
    .describe('Forms of `-{…}-` in Chinese wikis, in order of preference.'),
  maxRecordBytes: z
    .int()
    .min(1024)
    .default(32_000_000)
    .describe('Larger pages are skipped as `too-large`.'),
})

export type MediawikiOptions = z.infer<typeof mediawikiOptions>

export const mediawiki: Format<MediawikiOptions> = {
  name: 'mediawiki',
  summary: 'MediaWiki XML dumps, articles as plain text; split at pages or bzip2 streams.',
  extensions: formatEndings['mediawiki'] ?? [],
  options: mediawikiOptions,
  isSplittable(path) {
    const file = new FileBytes(path)
    try {
      return ['none', 'bzip2'].includes(compressionOf(file))
    } finally {
      file.close()
    }
  },
  async *read(segment, options, context) {
    const file = new FileBytes(segment.path)
    try {
      const site = await readSite(file)
      const batcher = new Batcher()
      const source = await openSegment(file, segment)
      if (source === undefined) return
      for await (const { page, origin } of readPages(source, options.maxRecordBytes)) {
        if (origin >= segment.end) break
        context.beat()
        const where = `${segment.path}:${origin}`
        const item =
          page === undefined
            ? { skipped: 'too-large', where }
            : pageItem(page, site, options, where)
        if (batcher.add(item, page?.length ?? 0)) yield batcher.take()
      }
      const { problem } = source.decoded
      if (problem !== undefined) batcher.add({ skipped: problem, where: segment.path }, 0)
      if (!batcher.isEmpty) yield batcher.take()
    } finally {
      file.close()
    }
  },
}

interface Site {
  /** What titles are appended to: 'https://zh.wikipedia.org/wiki/'. */
  readonly base: string
  readonly name: string
  readonly lang: string
  /** Names of the file and category namespaces, in lower case. */
  readonly hiddenNamespaces: ReadonlySet<string>
}

/** The document of one page, or the reason why it is none. */
function pageItem(
  xml: string,
  { base, name, lang, hiddenNamespaces }: Site,
  options: MediawikiOptions,
  where: string,
): ReadItem {
  const skip = (skipped: string) => ({ skipped, where })
  const title = decodeXML(between(xml, '<title>', '</title>') ?? '')
  const namespace = Number(between(xml, '<ns>', '</ns>') ?? '0')
  if (!options.namespaces.includes(namespace)) return skip(`namespace:${namespace}`)
  if (xml.includes('<redirect')) return skip('redirect')
  const revision = xml.slice(Math.max(0, xml.lastIndexOf('<revision>')))
  const model = between(revision, '<model>', '</model>') ?? 'wikitext'
  if (model !== 'wikitext') return skip(`not-a-document:${model}`)
  const wikitext = textOf(revision)
  if (/^\s*#(?:redirect|重定向|重新導向)/i.test(wikitext)) return skip('redirect')
  const text = wikitextToText(wikitext, { variants: options.variants, hiddenNamespaces })
  if (text === '') return skip('empty-body')
  const date = between(revision, '<timestamp>', '</timestamp>')
  return new Document({
    id: `${name}:${between(xml, '<id>', '</id>') ?? title}`,
    url: `${base}${encodeURI(title.replaceAll(' ', '_')).replaceAll('?', '%3F')}`,
    text,
    lang,
    langScore: lang === '' ? 0 : 1,
    meta: date === undefined ? { title } : { title, date },
  })
}

/** What the head of the file says of the wiki. Throws `InputError` when it is no dump. */
async function readSite(file: FileBytes): Promise<Site> {
  const source = await openDecoded(file)
  const window = new ByteWindow(source)
  await window.fill(1 << 16)
  const head = window.bytes.toString('utf8', window.from, Math.min(window.to, 1 << 16))
  const root = /<mediawiki\b[^>]*>/.exec(head)?.[0]
  if (root === undefined) {
    throw new InputError(
      `${file.path}: expected a MediaWiki XML dump, found no <mediawiki> element`,
    )
  }
  const page = decodeXML(between(head, '<base>', '</base>') ?? '')
  return {
    base: page.slice(0, page.lastIndexOf('/') + 1),
    name: between(head, '<dbname>', '</dbname>') ?? 'page',
    lang: /xml:lang="([^"]*)"/.exec(root)?.[1] ?? '',
    hiddenNamespaces: new Set(
      ['6', '14'].flatMap((key) => {
        const found = new RegExp(`<namespace key="${key}"[^>]*>([^<]*)<`).exec(head)?.[1]
        return found === undefined ? [] : [decodeXML(found).toLowerCase()]
      }),
    ),
  }
}

interface SegmentSource {
  readonly decoded: DecodedSource
  /** Offset of the first byte, and where in the file any offset behind it comes from. */
  readonly start: number
  originOf(position: number): number
}

/** Undefined when no page can begin in the segment. */
async function openSegment(file: FileBytes, segment: Segment): Promise<SegmentSource | undefined> {
  const compression = compressionOf(file)
  if (compression === 'bzip2') return openStreams(file, segment)
  if (compression === 'none') {
    file.seek(segment.start)
    const decoded = { pull: () => file.pull(), problem: undefined }
    return { decoded, start: segment.start, originOf: (position) => position }
  }
  return { decoded: await openDecoded(file), start: 0, originOf: () => 0 }
}

function openStreams(file: FileBytes, segment: Segment): SegmentSource | undefined {
  const first = segment.start === 0 ? 0 : findStream(file, segment.start, segment.end)
  if (first === undefined) return undefined
  const bzip2 = new Bzip2Source(file, first)
  /** Where in the decoded bytes each stream begins. */
  const marks: { readonly position: number; readonly stream: number }[] = []
  let position = 0
  return {
    decoded: {
      pull() {
        const block = bzip2.pull()
        if (marks.at(-1)?.stream !== bzip2.streamStart) {
          marks.push({ position, stream: bzip2.streamStart })
        }
        position += block?.length ?? 0
        return block
      },
      get problem() {
        return bzip2.problem
      },
    },
    start: 0,
    originOf(wanted) {
      while (marks.length > 1 && (marks[1]?.position ?? Infinity) <= wanted) marks.shift()
      return marks[0]?.stream ?? first
    },
  }
}

function findStream(file: FileBytes, start: number, end: number): number | undefined {
  const input = new LookAhead(file)
  for (let at = start; at < end;) {
    const view = input.look(at, 16)
    for (let found = view.indexOf('BZh'); found >= 0; found = view.indexOf('BZh', found + 1)) {
      if (at + found >= end) return undefined
      if (streamMark.test(view.toString('latin1', found, found + 10))) return at + found
    }
    if (view.length < 16) return undefined
    at += view.length - 15
  }
  return undefined
}

interface PageText {
  /** From `<page>` to `</page>`; undefined when too large. */
  readonly page: string | undefined
  readonly origin: number
}

async function* readPages(source: SegmentSource, maxBytes: number): AsyncGenerator<PageText> {
  const window = new ByteWindow(source.decoded, source.start)
  while (await passTo(window, '<page>')) {
    const origin = source.originOf(window.position)
    let searched = 0
    let end = -1
    for (;;) {
      const view = window.bytes.subarray(window.from, window.to)
      end = view.indexOf('</page>', searched)
      if (end >= 0 || view.length > maxBytes) break
      searched = Math.max(0, view.length - 6)
      if (!(await window.fill(view.length + 1))) break
    }
    if (end >= 0 && end <= maxBytes) {
      yield { page: window.bytes.toString('utf8', window.from, window.from + end), origin }
      window.advance(end)
    } else if (end >= 0 || window.length > maxBytes) {
      yield { page: undefined, origin }
      window.advance(6)
      if (!(await passTo(window, '</page>'))) return
    } else {
      return // cut: the source says so
    }
  }
}

/** Moves to the next `mark` without holding what lies before it. */
async function passTo(window: ByteWindow, mark: string): Promise<boolean> {
  for (;;) {
    const found = window.bytes.subarray(window.from, window.to).indexOf(mark)
    if (found >= 0) {
      window.advance(found)
      return true
    }
    window.advance(Math.max(0, window.length - mark.length + 1))
    if (!(await window.fill(window.length + 1))) return false
  }
}

function between(text: string, open: string, close: string): string | undefined {
  const start = text.indexOf(open)
  const end = start < 0 ? -1 : text.indexOf(close, start + open.length)
  return end < 0 ? undefined : text.slice(start + open.length, end)
}

function textOf(revision: string): string {
  const open = /<text\b[^>]*>/.exec(revision)
  if (open === null || open[0].endsWith('/>')) return ''
  const start = open.index + open[0].length
  const end = revision.indexOf('</text>', start)
  return decodeXML(revision.slice(start, end < 0 ? revision.length : end))
}

// Title, author, date and the like, from <meta>, OpenGraph, JSON-LD, microdata and <time>. Each field
// has its sources in order of trust; the first that says something wins.
import { attributeOf } from './attribute-values.ts'
import { attributeBit } from './hints.ts'
import type { Page } from './scan.ts'
import { readJsonLd, type JsonLd } from './json-ld.ts'
import { cleanText, sourceText } from './inline-text.ts'
import { tagNumber } from './tags.ts'

export interface Metadata {
  title?: string
  author?: string
  date?: string
  site_name?: string
  canonical_url?: string
  html_lang?: string
  description?: string
}

const T = {
  html: tagNumber('html'),
  link: tagNumber('link'),
  meta: tagNumber('meta'),
  title: tagNumber('title'),
  time: tagNumber('time'),
  h1: tagNumber('h1'),
  script: tagNumber('script'),
  a: tagNumber('a'),
} as const

/** What <head> and JSON-LD say, gathered in one pass over the nodes. */
export interface HeadFacts {
  readonly metas: ReadonlyMap<string, string>
  readonly jsonLd: JsonLd
  readonly title: string
  readonly h1: string
  readonly lang: string
  readonly canonical: string
  readonly time: string
  readonly relAuthor: string
  readonly hasScripts: boolean
  /** First value of each itemprop. */
  readonly properties: ReadonlyMap<string, string>
}

type Gathered = Omit<{ -readonly [Key in keyof HeadFacts]: HeadFacts[Key] }, 'jsonLd'> & {
  metas: Map<string, string>
  properties: Map<string, string>
  scripts: string[]
}

/** Elements that say something about the page. */
const isTelling = new Uint8Array(256)
for (const number of Object.values(T)) isTelling[number] = 1

export function readHead(page: Page): HeadFacts {
  const found: Gathered = {
    metas: new Map(),
    title: '',
    h1: '',
    lang: '',
    canonical: '',
    time: '',
    relAuthor: '',
    hasScripts: false,
    properties: new Map(),
    scripts: [],
  }
  for (let node = 0; node < page.count; node++) {
    const number = page.tag[node] as number
    if (number === 0) continue
    if (
      ((page.bits[node] as number) & attributeBit.isProperty) !== 0 &&
      found.properties.size < 100
    )
      readProperty(page, node, found.properties)
    if (isTelling[number] === 1) readElement(page, node, number, found)
  }
  const { scripts, ...facts } = found
  return { ...facts, jsonLd: readJsonLd(scripts) }
}

function readElement(page: Page, node: number, number: number, found: Gathered): void {
  if (number === T.a) {
    if (found.relAuthor === '' && relAuthor.test(page.html.slice(page.from[node], page.to[node])))
      found.relAuthor = squash(textOf(page, node))
  } else if (number === T.meta) readMeta(page, node, found.metas)
  else if (number === T.html) {
    found.lang ||= attributeOf(page, node, 'lang') ?? attributeOf(page, node, 'xml:lang') ?? ''
  } else if (number === T.link) {
    if (found.canonical === '') found.canonical = canonicalOf(page, node)
  } else if (number === T.title) found.title ||= squash(textOf(page, node))
  else if (number === T.h1) found.h1 ||= squash(textOf(page, node))
  else if (number === T.script) readScript(page, node, found)
  else if (number === T.time && found.time === '')
    found.time = attributeOf(page, node, 'datetime') ?? ''
}

const relAuthor = /rel\s*=\s*["']?author/i

function readMeta(page: Page, node: number, metas: Map<string, string>): void {
  const key = (
    attributeOf(page, node, 'property') ??
    attributeOf(page, node, 'name') ??
    attributeOf(page, node, 'itemprop') ??
    ''
  ).toLowerCase()
  if (key === '' || metas.has(key)) return
  const content = squash(attributeOf(page, node, 'content') ?? '')
  if (content !== '') metas.set(key, content)
}

function canonicalOf(page: Page, node: number): string {
  if ((attributeOf(page, node, 'rel') ?? '').toLowerCase() !== 'canonical') return ''
  return (attributeOf(page, node, 'href') ?? '').trim()
}

function readScript(page: Page, node: number, found: Gathered): void {
  found.hasScripts = true
  const child = node + 1
  if (page.end[node] !== child + 1) return
  const attributes = page.html.slice(page.from[node], page.to[node])
  if (attributes.includes('ld+json'))
    found.scripts.push(page.html.slice(page.from[child], page.to[child]))
}

/** Microdata: the value is in `content`, `datetime` or the text. */
function readProperty(page: Page, node: number, properties: Map<string, string>): void {
  const name = (attributeOf(page, node, 'itemprop') ?? '').toLowerCase()
  if (name === '' || properties.has(name) || name.startsWith('articlebody')) return
  const value =
    attributeOf(page, node, 'content') ?? attributeOf(page, node, 'datetime') ?? textOf(page, node)
  if (squash(value) !== '') properties.set(name, squash(value).slice(0, 500))
}

/** Chooses each field's first good source. */
export function readMetadata(head: HeadFacts): Metadata {
  const { metas, jsonLd } = head
  const meta = (...keys: string[]): string => {
    for (const key of keys) {
      const value = metas.get(key)
      if (value) return value
    }
    return ''
  }
  const author =
    jsonLd.author ||
    meta(
      'author',
      'article:author',
      'dc.creator',
      'dcterms.creator',
      'byl',
      'parsely-author',
      'sailthru.author',
    ) ||
    head.relAuthor ||
    (head.properties.get('author') ?? '')
  return compact({
    title:
      jsonLd.headline || meta('og:title', 'twitter:title', 'dc.title') || head.h1 || head.title,
    author: /^https?:/.test(author) ? '' : author,
    date: isoDate(
      jsonLd.date ||
        meta(
          'article:published_time',
          'og:published_time',
          'datepublished',
          'date',
          'pubdate',
          'publishdate',
          'dc.date',
          'dcterms.created',
          'parsely-pub-date',
          'publication_date',
          'weibo:article:create_at',
        ) ||
        (head.properties.get('datepublished') ?? '') ||
        head.time,
    ),
    site_name: meta('og:site_name', 'application-name') || jsonLd.siteName,
    canonical_url: head.canonical || meta('og:url'),
    html_lang: head.lang.trim(),
    description:
      meta('og:description', 'description', 'twitter:description', 'dc.description') ||
      jsonLd.description,
  })
}

function compact(fields: Record<keyof Metadata, string>): Metadata {
  const metadata: Metadata = {}
  for (const [key, value] of Object.entries(fields)) {
    const cleaned = cleanText(value.slice(0, 2000))
    if (cleaned !== '') metadata[key as keyof Metadata] = cleaned
  }
  return metadata
}

/** `2024-03-01` or `2024-03-01T08:00:00+08:00` as given; other forms become a date when they hold one. */
export function isoDate(value: string): string {
  const text = value.trim()
  const iso =
    /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?/.exec(text)
  if (iso) return isDay(iso[0].slice(5, 7), iso[0].slice(8, 10)) ? iso[0] : ''
  const parts = /(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})/.exec(text)
  if (!parts) return ''
  const [, year = '', month = '', day = ''] = parts
  return isDay(month, day) ? `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}` : ''
}

const isDay = (month: string, day: string): boolean =>
  Number(month) >= 1 && Number(month) <= 12 && Number(day) >= 1 && Number(day) <= 31

/** White space that is no single blank: testing for it costs less than replacing. */
const uneven = /[^\S ]| {2}/

const squash = (text: string): string =>
  (uneven.test(text) ? text.replace(/\s+/g, ' ') : text).trim()

function textOf(page: Page, node: number): string {
  let text = ''
  for (let inner = node; inner < (page.end[node] ?? 0); inner++) {
    if (page.tag[inner] === 0)
      text += sourceText(page.html, page.from[inner] ?? 0, page.to[inner] ?? 0)
    if (text.length > 2000) break
  }
  return text
}

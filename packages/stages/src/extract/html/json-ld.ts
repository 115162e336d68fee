// What schema.org JSON-LD says about a page: type, headline, author, date, body. Walks every object
// of every script with a budget, so a hostile script costs no more than its length.

export interface JsonLd {
  readonly types: readonly string[]
  readonly headline: string
  readonly author: string
  readonly date: string
  readonly siteName: string
  readonly description: string
  readonly articleBody: string
}

const maxObjects = 5000
const maxScriptChars = 2_000_000
const articleTypes = /article|posting|report|review|recipe|howto|webpage|product|book|question/i

type Found = { -readonly [Key in keyof JsonLd]: JsonLd[Key] } & { types: string[] }

/** Reads all scripts; ones that are not JSON are passed over. */
export function readJsonLd(scripts: readonly string[]): JsonLd {
  const found: Found = {
    types: [],
    headline: '',
    author: '',
    date: '',
    siteName: '',
    description: '',
    articleBody: '',
  }
  for (const script of scripts) if (script.length <= maxScriptChars) walk(parse(script), found)
  return found
}

/** Reads every object of a value, the outer before the inner. */
function walk(root: unknown, found: Found): void {
  const queue: unknown[] = [root]
  for (let i = 0; i < queue.length && i < maxObjects; i++) {
    const value = queue[i]
    if (Array.isArray(value)) {
      queue.push(...value.slice(0, 200))
    } else if (isObject(value)) {
      readObject(value, found)
      for (const key in value) {
        const inner = value[key]
        if (typeof inner === 'object' && inner) queue.push(inner)
      }
    }
  }
}

function readObject(object: Readonly<Record<string, unknown>>, found: Found): void {
  const type = [object['@type']]
    .flat()
    .filter((each) => typeof each === 'string')
    .join(' ')
  if (type && found.types.length < 50) found.types.push(type)
  const body = stringOf(object.articleBody) || (/comment/i.test(type) ? '' : stringOf(object.text))
  if (body.length > found.articleBody.length) found.articleBody = body
  if (/organization|website/i.test(type) && !found.siteName) found.siteName = stringOf(object.name)
  if (!articleTypes.test(type)) return
  found.headline ||= stringOf(object.headline)
  found.author ||= nameOf(object.author)
  found.date ||= stringOf(object.datePublished) || stringOf(object.dateCreated)
  found.siteName ||= nameOf(object.publisher)
  found.description ||= stringOf(object.description)
}

function parse(script: string): unknown {
  const trimmed = unwrapped(script.trim())
  try {
    return JSON.parse(trimmed)
  } catch {
    try {
      // Raw line breaks inside strings are the commonest fault.
      return JSON.parse(trimmed.replace(/[\n\r\t]+/g, ' '))
    } catch {
      return undefined
    }
  }
}

/** Without the comment or CDATA section that old pages put around scripts. */
function unwrapped(script: string): string {
  const start = ['<!--', '//<![CDATA[', '<![CDATA['].find((mark) => script.startsWith(mark)) ?? ''
  const stop = ['-->', '//]]>', ']]>'].find((mark) => script.endsWith(mark)) ?? ''
  return script.slice(start.length, script.length - stop.length)
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const stringOf = (value: unknown): string => (typeof value === 'string' ? value.trim() : '')

/** A person or organisation: a string, an object with a name, or a list of either. */
function nameOf(value: unknown): string {
  if (Array.isArray(value)) return value.slice(0, 10).map(nameOf).filter(Boolean).join(', ')
  return isObject(value) ? stringOf(value.name) : stringOf(value)
}
